"""The validators that come in `containers/validators`, as processes, and what XNAT is told of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from pydicom import dcmread

from tests.sandbox.commands import wrong
from tests.sandbox.hostile import SITE, session
from uploader.config import PluginSettings
from uploader.domain.finding import Finding, Outcome, Ruling, Severity
from uploader.ports import Case
from uploader.sandbox import plugins
from uploader.sandbox.process import digest_of

ROOT = Path(__file__).parent.parent.parent
SHIPPED = ROOT / "containers" / "validators"
PARAMS = {
    "sequences": [
        {"like": {"MRAcquisitionType": "3D"}, "expected": {"RepetitionTime": [1900, 2400], "FlipAngle": [8, 9]}},
        {"like": {"MRAcquisitionType": "2D"}, "expected": {"EchoTime": [80, 100]}},
    ]
}
IMAGE = {
    "Modality": "MR",
    "SeriesInstanceUID": "1.2.3",
    "MRAcquisitionType": "3D",
    "RepetitionTime": 2300.0,
    "FlipAngle": 9.0,
}

needs = {
    name: pytest.mark.skipif(not all(map(shutil.which, tools)), reason=f"not all installed here: {', '.join(tools)}")
    for name, tools in {"iod": ("bwrap", "jq", "dciodvfy"), "sequences": ("bwrap", "jq")}.items()
}


def shipped(name, diagnostics):
    folder = SHIPPED / name
    given = PluginSettings(manifest=folder / "validator.json", digest=digest_of(folder))
    return plugins([given], SITE, diagnostics, ())[name]


def sequences(tmp_path, *images, params=PARAMS):
    """What is said of MR images: findings and rulings."""
    asked = {"checks": [{"validator": "completeness"}, {"validator": "sequences", "params": params}]}
    case = Case({f"scans/1/DICOM/{n}.dcm": {**IMAGE, **image} for n, image in enumerate(images)}, asked)
    said = list(shipped("sequences", tmp_path)(case, params))
    return [s for s in said if isinstance(s, Finding)], {s.line: s.outcome for s in said if isinstance(s, Ruling)}


@pytest.mark.parametrize("name", ["iod", "sequences", "trial"])
def test_what_xnat_is_told_is_a_command_that_it_takes(name):
    command = json.loads((SHIPPED / name / "command.json").read_text())
    assert list(wrong(command)) == []


def test_a_command_that_xnat_would_not_take_is_noticed():
    command = json.loads((SHIPPED / "trial" / "command.json").read_text())
    command["inputs"][0]["default-value"] = "NONE"
    command["outputs"][0]["mount"] = "nowhere"
    command["image"] = "uploader"
    assert len(list(wrong(command))) == 3


def test_xnat_lets_a_trial_be_chosen_that_there_is():
    [given] = json.loads((SHIPPED / "trial" / "command.json").read_text())["inputs"]
    assert given["type"] == "select-one"
    assert [trial for trial in given["select-values"] if not (ROOT / "trial_protocols" / trial).is_dir()] == []


@needs["iod"]
def test_errors_against_the_standard_are_notes_that_say_where_and_in_how_many_files(tmp_path):
    case = session(tmp_path / "session")
    found = [each for each in shipped("iod", tmp_path)(case, {}) if isinstance(each, Finding)]
    laterality = next(each for each in found if each.where == "CT0001.dcm (0020,0060)")
    assert (laterality.code, laterality.severity, laterality.found) == ("iod.missing", Severity.NOTE, "3 file(s)")
    assert "Laterality" in laterality.evidence.reveal()
    assert "Laterality" not in laterality.says


@needs["iod"]
def test_a_protocol_may_ask_more_of_the_standard_or_leave_out_a_tag(tmp_path):
    case = session(tmp_path / "session")
    said = shipped("iod", tmp_path)(case, {"severity": "refusal", "ignore": ["(0020,0060)"]})
    found = [each for each in said if isinstance(each, Finding)]
    assert {(each.code, each.severity) for each in found} == {("iod.missing", Severity.REFUSAL)}
    assert not any("(0020,0060)" in each.where for each in found)


@needs["iod"]
def test_an_object_over_which_dciodvfy_breaks_is_named_and_the_others_are_judged(tmp_path):
    case = session(tmp_path / "session")
    path = case.folder / "RD0001.dcm"
    dose = dcmread(path)
    dose.BitsAllocated, dose.BitsStored, dose.HighBit = 32, 32, 31
    dose.PixelData = bytes(dose.Rows * dose.Columns * int(dose.NumberOfFrames) * 4)
    dose.save_as(path)
    said = shipped("iod", tmp_path)(case, {"ignore": ["(0020,0060)"]})
    found = {each.where: each.code for each in said if isinstance(each, Finding)}
    assert found["RD0001.dcm"] == "iod.not-judged"
    assert found["CT0001.dcm (0010,0022)"] == "iod.missing"


@needs["sequences"]
def test_scans_as_the_trial_wants_them_pass_and_sequences_that_are_not_there_do_not_apply(tmp_path):
    found, rulings = sequences(tmp_path, {}, {})
    assert found == []
    assert rulings == {
        "/checks/1/params/sequences/0": Outcome.PASSED,
        "/checks/1/params/sequences/1": Outcome.NOT_APPLICABLE,
        "/checks/1": Outcome.PASSED,
    }


@needs["sequences"]
def test_a_setting_outside_is_told_with_its_file_tag_number_and_range(tmp_path):
    [finding], rulings = sequences(tmp_path, {"RepetitionTime": 2500.0}, {"RepetitionTime": 2500.0})
    assert finding.code == "sequences.out-of-range"
    assert finding.where == "scans/1/DICOM/0.dcm (0018,0080)"
    assert (finding.line, finding.found, finding.expected) == ("/checks/1/params/sequences/0", "2500", "1900 to 2400")
    assert rulings["/checks/1"] is Outcome.FAILED


@needs["sequences"]
def test_a_setting_that_changes_within_a_scan_is_told(tmp_path):
    [finding], _ = sequences(tmp_path, {"FlipAngle": 8.0}, {"FlipAngle": 9.0})
    assert (finding.code, finding.found) == ("sequences.changing", "8 to 9")


@needs["sequences"]
def test_a_setting_that_is_not_said_cannot_be_judged(tmp_path):
    found, rulings = sequences(tmp_path, {"FlipAngle": None})
    assert found == []
    assert rulings["/checks/1/params/sequences/0"] is Outcome.NOT_EVALUABLE


@needs["sequences"]
def test_a_session_without_mr_is_not_its_business(tmp_path):
    found, rulings = sequences(tmp_path, {"Modality": "CT"})
    assert found == []
    assert rulings == {"/checks/1": Outcome.NOT_APPLICABLE}
