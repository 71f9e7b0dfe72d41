"""An example that people wrote: what is wrong in it is told, and a change that would change nothing is wrong."""

from __future__ import annotations

import json

import pytest

from uploader.domain.errors import BadProtocol
from uploader.protocols import examples, variants

SCANS = [
    {
        "common": {"Modality": "CT", "PatientID": "text 1", "ImageType": ["ORIGINAL", "PRIMARY"]},
        "instances": {"0001.dcm": {"KVP": 120}, "0002.dcm": {}},
    },
    {
        "instances": {
            "0003.dcm": {"Modality": "RTSTRUCT", "StructureSetROISequence": [{"ROIName": "A"}, {"ROIName": "B"}]}
        }
    },
]


@pytest.fixture
def write(tmp_path):
    """Writes examples of a trial beside ``right``; the trial's folder."""

    def writing(**documents):
        folder = tmp_path / "T" / "examples"
        folder.mkdir(parents=True)
        for name, document in {"right": {"says": "x", "scans": SCANS, "protocol": "v1"}, **documents}.items():
            text = document if isinstance(document, str) else json.dumps(document, indent=1)
            (folder / f"{name}.json").write_text(text)
        return folder.parent

    return writing


@pytest.fixture
def told(write):
    """What is said of an example ``odd``."""

    def telling(document, **others):
        with pytest.raises(BadProtocol) as caught:
            variants.document(write(odd=document, **others), "odd")
        return str(caught.value)

    return telling


def based(*changes):
    return {"says": "x", "based_on": "right", "changes": list(changes)}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (
            {"says": "x", "based_on": "nope", "expected": {}},
            "line 3, at /based_on: there is no example nope; there are:",
        ),
        ({"says": "x", "based_on": "right"}, "line 3, at /based_on: expected changes beside it"),
        ({"says": "x", "based_on": "odd", "changes": []}, "line 3, at /based_on: leads back to odd"),
        ({"says": "x", "based_on": "other", "changes": []}, "at /based_on: other cannot be read"),
        ({"says": "x", "scans": [], "changes": []}, "at /changes: are of another example"),
        ('{"says": "x",\n "scans": [],}', "odd.json: line 2: is not JSON"),
        ("[]", "expected object; Example"),
        ({"scans": []}, "lacks 'says'"),
        ({"says": "x"}, "expected exactly one of: scans, based_on"),
        ({"says": "x", "scans": [{"instances": {"1": 5}}]}, "at /scans/0/instances/1: expected object"),
        (
            {"says": "x", "scans": [{"instances": {"1": {"Rows": None}}}]},
            "at /scans/0/instances/1/Rows: expected a text",
        ),
        (
            {"says": "x", "scans": [{"instances": {}}], "protocol": "2"},
            "at /protocol: is not right; expected: a version",
        ),
        (
            {"says": "x", "scans": [], "expected": {"worst": "bad"}},
            "at /expected/worst: expected one of: nothing, note",
        ),
        (
            {"says": "x", "scans": [], "pixels": {"1": {"shape": [9], "type": "O", "zlib": "!"}}},
            "at /pixels/1: is not what --record writes",
        ),
    ],
)
def test_what_is_wrong_in_an_example_is_told_with_file_line_and_place(told, document, words):
    other = {"says": "x", "based_on": "odd", "changes": []}
    says = told(document, other=other)
    assert says.startswith("T/examples/odd.json: line ")
    assert words in says


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"modality": "MR", "at": "/KVP", "value": 1},
            "at /changes/0/modality: no file is MR; there are: CT, RTSTRUCT",
        ),
        ({"entry": "9.dcm"}, "at /changes/0/entry: there is no file 9.dcm; there are 3: 0001.dcm, 0002.dcm"),
        ({"entry": "0001.dcm", "modality": "MR"}, "at /changes/0/modality: 0001.dcm is CT, not MR"),
        ({"at": "/PatientIDD"}, "PatientIDD is neither there nor in the DICOM dictionary; is PatientID meant?"),
        ({"modality": "CT", "at": "/PatientIDD", "value": "x"}, "at /changes/0/at: in 0001.dcm: PatientIDD is neither"),
        ({"modality": "CT", "at": "/PatientWeight"}, "at /changes/0/at: in 0001.dcm: PatientWeight is not there"),
        ({"modality": "CT", "at": "/KVP"}, "at /changes/0/at: in 0002.dcm: KVP is not there"),
        ({"modality": "CT", "at": "/PatientID", "valu": "x"}, "nothing is known of 'valu'; is 'value' meant?"),
        ({"modality": "CT", "at": "/PatientID", "value": "text 1"}, "at /changes/0/value: is what is there already"),
        ({"modality": "CT", "at": "/KVP", "value": [None]}, "at /changes/0/value: expected a text"),
        ({"modality": "CT", "value": 1}, "at /changes/0: has a value and does not say where"),
        ({}, "at /changes/0: would take every file away"),
        ({"modality": "CT", "at": "KVP", "value": 1}, "at /changes/0/at: is not right; expected: a place such as"),
        (
            {"modality": "RTSTRUCT", "at": "/StructureSetROISequence/99/ROIName", "value": "C"},
            "in 0003.dcm: /StructureSetROISequence has no item 99; it has 2, counted from 0",
        ),
        (
            {"modality": "RTSTRUCT", "at": "/StructureSetROISequence/a/ROIName", "value": "C"},
            "expected the number of an item, counted from 0, and not a",
        ),
        ({"modality": "CT", "at": "/PatientID/0", "value": "C"}, "/PatientID is a value, and there is no 0 in it"),
    ],
)
def test_a_change_that_cannot_be_made_or_changes_nothing_is_wrong(told, change, words):
    assert words in told(based(change))


def test_all_wrong_changes_are_told_at_once(told):
    says = told(based({"at": "/PatientIDD"}, {"modality": "MR"}))
    assert "/changes/0/at" in says
    assert "/changes/1/modality" in says


def test_a_change_is_made_in_the_files_that_it_names_and_in_no_other(write):
    changes = [
        {"modality": "CT", "at": "/PatientWeight", "value": 70},
        {"entry": "0001.dcm", "at": "/ImageType/0", "value": "DERIVED"},
        {"modality": "RTSTRUCT", "at": "/StructureSetROISequence/1"},
        {"entry": "0002.dcm", "at": "/PatientID"},
    ]
    case = examples.read(write(odd=based(*changes)), "odd").case
    assert {entry: header.get("PatientWeight") for entry, header in case.headers.items()} == {
        "0001.dcm": 70,
        "0002.dcm": 70,
        "0003.dcm": None,
    }
    assert [case.headers[entry]["ImageType"][0] for entry in ("0001.dcm", "0002.dcm")] == ["DERIVED", "ORIGINAL"]
    assert case.headers["0003.dcm"]["StructureSetROISequence"] == [{"ROIName": "A"}]
    assert "PatientID" not in case.headers["0002.dcm"]


def test_an_example_may_lean_on_one_that_leans_on_another(write):
    second = {"says": "y", "based_on": "first", "changes": [{"entry": "0001.dcm"}]}
    folder = write(first=based({"entry": "0003.dcm"}), second=second)
    assert list(examples.read(folder, "second").case.headers) == ["0002.dcm"]
