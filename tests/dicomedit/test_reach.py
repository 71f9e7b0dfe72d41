"""A script that sees only what it reaches, with the rest swept by tag, does the same as one that sees everything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dicomedit.headers import filed, told
from tests.scripted import Untouched
from uploader.dicomedit import parse
from uploader.domain.errors import ScriptFailed, ScriptRejected
from uploader.recipes import Scripted
from uploader.stages.anonymise import Recipe, Work

HEADER: dict[str, Any] = {
    "SpecificCharacterSet": "ISO_IR 100",
    "ImageType": ["ORIGINAL", "PRIMARY"],
    "SOPClassUID": "1.2.840.10008.5.1.4.1.1.7",
    "SOPInstanceUID": "1.2.3",
    "StudyDate": "20240115",
    "InstitutionName": "Größe",
    "PatientName": "Peña^Zoë",
    "PatientID": "MRN-77",
    "PatientBirthDate": "19200101",
    "PatientAge": "101Y",
    "PatientComments": "MRN-77",
    "(0029,0010) LO": "ACME",
    "(0029,1001) LO": "a1",
    "(0029,1002) LO": "a2",
    "StudyInstanceUID": "1.2.9",
    "RequestAttributesSequence": [
        {
            "PatientName": "Peña^Zoë",
            "PatientID": "x",
            "StudyDate": "20240115",
            "(0029,0010) LO": "B",
            "(0029,1001) LO": "b",
        },
        {"PatientID": "MRN-77", "PatientBirthDate": "19200101"},
    ],
    "RequestedProcedureComments": "Ä",
}
SCRIPTS = [
    ["-(0010,0010)"],
    ['-*/(0010,0010)\n(0010,0010) := "subject"'],
    ['(0010,0010) := "subject"\n-*/(0010,0010)'],
    ["-(0010,0010)\nif (isPresent[(0010,0010)]) { (0010,4000) := (0010,0010) }"],
    ['(0010,4000) := (0010,0010)\n*/(0010,4000) ?= "x"\n*/(0010,0020) ?= ""'],
    ['*/(0010,0010) ?= ""', '(0010,0010) := "subject"\n(0010,4000) := format["S:{0}", (0010,0020)]'],
    ["-*/(0010,0010)", "(0010,4000) := (0010,0010)"],
    ['*/(0010,0010) ?= "A"', "(0010,4000) := (0010,0010)", "-(0010,0010)"],
    ['-*/(0010,0020)\n(0040,0275)[0]/(0010,0020) := "new"'],
    ["-*/(0010,00XX)", '(0040,0275)[1]/(0010,0020) := "new"'],
    ["removeAllPrivateTags"],
    ["-(0029,{ACME}01)"],
    ['removeAllPrivateTags\n(0029,{ACME}01) := "n"'],
    ['(0029,{NEW}01) := "n"'],
    ['set["(0029,1001)", "n"]'],
    ['delete["(0029,1001)"]'],
    ['set["(0040,0275)[0]/(0010,0020)", "n"]\nset["(0010,1080)", "n"]'],
    ['p := "(0010,0020)"\ndelete[p]'],
    ["scalePatientAgeAndDobFromStudyDate[]"],
    ['shiftDateTimeListByIncrement[{"(0008,0020)"}, 1, "days"]'],
    ['l := {"*/(0008,0020)"}\nshiftDateTimeListByIncrement[l, 1, "days"]'],
    ['shiftDateTimeSequenceByIncrement[86400, "*/(0008,0020)"]'],
    ["(0008,0020) := shiftDateByIncrement[(0008,0020), 1]"],
    ['hashUIDList[{"(0020,000D)"}]'],
    ["v := collectValues[*/(0010,0020)]\nblankValues[v]"],
    ["blankValues[(0010,0020)]"],
    ["retainPrivateTags[(0029,{ACME}02)]"],
    ['removeTags[*/(0010,0010), {"(0010,0020)"}]'],
    ['(0010,0020) := lookup["id", (0010,0020)]\n(0010,0010) := valueAt["(0010,0020)"]'],
    ['(0008,0005) := "ISO_IR 192"\n(0010,0010) := "Łódź"'],
    ['(0008,0005) ?= "ISO_IR 192"'],
    ['*/(0008,0005) ?= "ISO_IR 192"\n-(0010,0010)'],
    ['(0010,0010) := "Größe"'],
    ['(0008,0008) ?= "DERIVED"\n(0008,0090) := "new"'],
    ['if ((0008,0080) = "Größe") { -*/(0010,0010) } else { -(0010,0020) }'],
    ['(0040,0275)[0] ?= "x"\n-(0040,0275)[1]'],
    ['+/(0010,0020) ?= "x"\n-./(0010,0010)'],
    ['(0040,0275)/* ?= "n"'],
    ['(0029,{ACME}0X) ?= "n"\n-(XXX#,{ACME}01)'],
]


def on_the_line(scripts: list[str], folder: Path) -> dict[str, str]:
    recipe = Recipe(tuple(Scripted(parse(f'version "6.6"\n{text}'), {}) for text in scripts), Untouched())
    filed(HEADER).save_as(folder / "before", enforce_file_format=True)
    Work(recipe).file(folder / "before", folder / "after")
    return told(pydicom.dcmread(folder / "after"))


def whole(scripts: list[str], folder: Path) -> dict[str, str]:
    dataset = filed(HEADER)
    for text in scripts:
        parse(f'version "6.6"\n{text}').apply(dataset)
    dataset.SOPClassUID, dataset.SOPInstanceUID = HEADER["SOPClassUID"], dataset.get("SOPInstanceUID", "1.2.3")
    dataset.save_as(folder / "whole", enforce_file_format=True)
    return told(pydicom.dcmread(folder / "whole"))


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("scripts", SCRIPTS, ids="; ".join)
def test_the_line_does_what_the_scripts_say(scripts: list[str], tmp_path: Path) -> None:
    line = on_the_line(scripts, tmp_path)
    assert line == whole(scripts, tmp_path)


POOL = [text for scripts in SCRIPTS for text in scripts if '01) := "n"' not in text and 'set["(0029' not in text]
"""Without new private elements: written anew, a file keeps none of unknown VR."""


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from(POOL), min_size=1, max_size=4).map("\n".join), min_size=1, max_size=3))
def test_the_line_does_what_any_scripts_say(scripts: list[str]) -> None:
    with TemporaryDirectory() as folder:
        assert outcome(on_the_line, scripts, Path(folder)) == outcome(whole, scripts, Path(folder))


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(POOL), min_size=2, max_size=6))
def test_statements_together_do_what_they_do_one_by_one(statements: list[str]) -> None:
    with TemporaryDirectory() as folder:
        assert outcome(whole, ["\n".join(statements)], Path(folder)) == outcome(whole, statements, Path(folder))


def outcome(way: Callable[[list[str], Path], dict[str, str]], scripts: list[str], folder: Path) -> object:
    try:
        return way(scripts, folder)
    except ScriptFailed:
        return "failed"


@pytest.mark.parametrize(
    "text", ["reject[]", '(0010,0020) ~ "MRN.*" ? reject[]', "isPresent[(0029,{ACME}01)] ? reject[]"]
)
def test_the_line_rejects_what_the_scripts_reject(text: str, tmp_path: Path) -> None:
    with pytest.raises(ScriptRejected):
        on_the_line([text], tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        *['blankValues["a"]', "retainPrivateTags[]", "scalePatientAgeAndDobFromStudyDate[]"],
        *["*/(0010,0010) ?= (0010,0020)", "(0010,0020) := (0008,0005)", "if (true[]) { removeAllPrivateTags }"],
        *['p := "(0010,0010)"\ndelete[p]', 'delete[lowercase["(0010,0010)"]]'],
    ],
)
def test_a_script_that_may_name_anything_sees_everything(text: str) -> None:
    assert parse(f'version "6.6"\n{text}').reach is None


def test_a_script_that_only_sweeps_reaches_nothing() -> None:
    reach = parse('version "6.6"\n-*/(0010,0010)\n(0010,0020) ?= ""\nremoveAllPrivateTags').reach
    assert reach is not None
    assert 0x00100010 not in reach
