"""Every line of the table of differences in docs/dicomedit.md: what we do, and what --compatible does."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.dicomedit.headers import changes
from uploader.dicomedit import parse
from uploader.domain.errors import BadScript, ScriptFailed

PAGE = (Path(__file__).parents[2] / "docs" / "dicomedit.md").read_text("utf-8")
REFUSED, FAILS = BadScript, ScriptFailed

HEADER: dict[str, Any] = {
    "SOPClassUID": "1.2.840.10008.5.1.4.1.1.7",
    "PatientName": "Rivera^Ana",
    "PatientID": "MRN-77",
    "Rows": 5,
    "(0029,0010) LO": "ACME",
    "(0029,0011) LO": "ZETA",
    "(0029,1120) LO": "z20",
    "ReferencedImageSequence": [{"ReferencedImageSequence": [{"PatientID": "deep"}]}],
}
DEEP = "ReferencedImageSequence[0]/ReferencedImageSequence[0]/PatientID"
PIXELS = HEADER | {
    "BurnedInAnnotation": "YES",
    "SamplesPerPixel": 1,
    "PhotometricInterpretation": "MONOCHROME2",
    "Rows": 2,
    "Columns": 2,
    "BitsAllocated": 8,
    "BitsStored": 8,
    "HighBit": 7,
    "PixelRepresentation": 0,
    "(7FE0,0010) OB": b"abcd",
}
AGED = {"PatientAge": "101Y", "PatientBirthDate": "19210704"}
SAME: Any = object()
Outcome = dict[str, str | None] | type[Exception]


@dataclass(frozen=True)
class Line:
    """where: the line's first cell; theirs: None where it is not reproduced; head: before the statement"""

    where: str
    statement: str
    ours: Outcome
    theirs: Any = SAME
    elements: dict[str, Any] = field(default_factory=lambda: HEADER)


LINES = [
    Line(
        "version 6.7, where it differs (`isPresent`, `retainPrivateTags`)",
        'version "6.7"\n-(0010,0010)',
        {"PatientName": None},
        FAILS,
    ),
    Line("characters that belong to nothing, such as `;` or `'`", "-(0010,0010) ;", REFUSED, {"PatientName": None}),
    Line("a quotation mark in a comment", '-(0010,0010) // a " alone', {"PatientName": None}, REFUSED),
    Line("escapes in strings other than `\\\\`", r'(0010,4000) := "a\nb"', {"PatientComments": r"a\nb"}),
    Line("`\\\\` in lists", r'(0010,4000) := {"a\\b"}', {"PatientComments": r"[a\b]"}, {"PatientComments": r"[a\\b]"}),
    Line("numbers in lists", "(0010,4000) := {5}", {"PatientComments": "[5]"}, {"PatientComments": "[null]"}),
    Line(
        "several line breaks between the entries of a list",
        "removeTags[{(0010,0010),\n\n(0010,0020)}]",
        {"PatientName": None, "PatientID": None},
        REFUSED,
    ),
    Line("`(2024` and `1234)` in conditions", "if (2024 != 1) { -(0010,0010) }", {"PatientName": None}, REFUSED),
    Line("`(2024` and `1234)` in conditions", "if (1 != 1234) { -(0010,0010) }", {"PatientName": None}, REFUSED),
    Line(
        "`(2024` and `1234)` in conditions",
        'face := "1"\nif (1 = face) { -(0010,0010) }',
        {"PatientName": None},
        REFUSED,
    ),
    Line("a variable named `x`", 'x := "1"\n(0010,0020) := x', {"PatientID": "1"}, REFUSED),
    Line("creators with `/`, brackets or a leading digit", "-(0029,{A/B}01)", REFUSED),
    Line("creators with `/`, brackets or a leading digit", "-(0029,{A[1]}01)", REFUSED),
    Line("creators with `/`, brackets or a leading digit", "-(0029,{1A}01)", REFUSED),
    Line(
        "a path that may name many elements where one is wanted, such as `(0010,00X0)`",
        'if (false[]) { (0010,00X0) := "a" }',
        REFUSED,
        {},
    ),
    Line(
        "a wrong number of arguments, a wrong expression, prefix or unit that is written out",
        'if (false[]) { lowercase["a", "b"] }',
        REFUSED,
        {},
    ),
    Line(
        "a wrong number of arguments, a wrong expression, prefix or unit that is written out",
        'if (false[]) { mapUID["a", "9."] }',
        REFUSED,
        {},
    ),
    Line("`echo`", "echo (0010,0010)", {}, None),
    Line(
        "reading an element that is missing, or of an unknown creator",
        "v := (0029,{NEW}01)",
        {},
        {"(0029,0012)": "NEW"},
    ),
    Line(
        "reading an element that is missing, or of an unknown creator",
        "v := (0008,1115)[0]/(0008,1155)",
        {},
        {"ReferencedSeriesSequence": "1 items"},
    ),
    Line(
        "a new private element inside a sequence",
        '(0008,1140)[0]/(0029,{NEW}01) := "n"',
        {"ReferencedImageSequence[0]/(0029,0010)": "NEW", "ReferencedImageSequence[0]/(0029,1001)": "n"},
        None,
    ),
    Line(
        "creators behind a gap in the block numbers",
        'delete["(0029,0010)"]\n(0010,0020) := (0029,{ZETA}20)',
        {"(0029,0010)": None, "PatientID": "z20"},
        {"(0029,0010)": "ZETA"},
    ),
    Line(
        "a block of elements without a creator",
        '(0031,{NEW}01) := "n"',
        {"(0031,0011)": "NEW", "(0031,1101)": "n"},
        None,
        HEADER | {"(0031,1001) LO": "orphan"},
    ),
    Line("`isPresent` of private elements", "isPresent[(0029,{ZETA}20)] ? -(0010,0010)", {"PatientName": None}, None),
    Line("`?=` on a private path", '(0029,{ZETA}11) ?= "n"', {}, {"(0029,0011)": "n"}),
    Line(
        "a leading `+`",
        "-+/(0008,1140)",
        {"ReferencedImageSequence[0]/ReferencedImageSequence": None, DEEP: None},
        {},
    ),
    Line("a `+` in the middle of a path", '(0008,1140)/+/(0008,1140)/(0010,0020) ?= "n"', {DEEP: "n"}),
    Line(
        "paths without quotes in `mapReferencedUIDs` and `shiftDateTimeSequenceByIncrement`",
        "shiftDateTimeSequenceByIncrement[86400, (0008,0020)]",
        {"StudyDate": "20240102"},
        {},
        {"StudyDate": "20240101"},
    ),
    Line(
        "a path without quotes as the value of `set`",
        'set["(0010,4000)", (0010,0020)]',
        {"PatientComments": "MRN-77"},
        {"PatientComments": "00100020"},
    ),
    Line(
        "paths as arguments of `mapUID`, `replace`",
        '(0010,4000) := replace["MRN-77 x", (0010,0020), "S"]',
        {"PatientComments": "S x"},
        None,
    ),
    Line("paths as arguments of `equals`", 'equals[(0010,0020), "MRN-77"] ? -(0010,0010)', {}),
    Line(
        "the value of `removeTags` and `blankValues`",
        "(0010,0020) := removeTags[(0010,0010)]",
        REFUSED,
        {"PatientName": None, "PatientID": "VOID"},
    ),
    Line(
        "an age above 89 with a birth date and without a study date",
        "scalePatientAgeAndDobFromStudyDate[]",
        {"PatientAge": "089Y"},
        {},
        AGED,
    ),
    Line("integers that do not fit", "(0028,0010) := 70000", FAILS, {"Rows": "4464"}),
    Line("integers that do not fit", "(0028,0010) := -1", FAILS, {"Rows": "65535"}),
    Line("a number that is infinite or none, in FL and FD", '(0018,9182) := "NaN"', FAILS, None),
    Line(
        "a new character set (0008,0005)", '(0008,0005) := "ISO_IR 192"', {"SpecificCharacterSet": "ISO_IR 192"}, None
    ),
    Line(
        "`retainPrivateTags`",
        "retainPrivateTags[(0029,{B}01)]",
        {},
        None,
        {"(0029,0010) LO": "B", "(0029,1001) OB": b"\0\1"},
    ),
    Line("`-(sequence)[n]`", "-(0008,1140)[0]", {DEEP: None}),
    Line(
        "`alterPixels` beside the image",
        'alterPixels["rectangle", "l=5,t=5,r=9,b=9", "solid", "v=0"]',
        {},
        {"BurnedInAnnotation": None},
        PIXELS,
    ),
    Line("`getURL`", '(0010,4000) := getURL["http://127.0.0.1:9/"]', REFUSED, None),
]
ELSEWHERE = {
    "a missing or malformed version line": "test_a_script_without_a_version_line_is_read_only_there",
    "`echo` without a value": "test_what_cannot_be_read_is_refused_in_both",
    "variables used only inside functions": "test_the_host_is_asked_for_names_that_are_read_before_they_are_given",
    "`mapUID`, `mapReferencedUIDs`": "test_a_script_does_the_same_in_another_process",
    "`alterPixels` on compressed images": "test_exactly_the_rectangle_is_blank_in_every_frame",
    "`alterPixels` with a colour": "test_a_colour_is_filled_as_black_in_both",
    "XNAT's dispatch to the 4.x language, its record of scripts in (0012,0064)": "",
}
"""Lines that need more than one statement, and the test that has them; none for what no script can say."""


def outcome(line: Line, *, compatible: bool) -> Any:
    try:
        return changes(line.statement, line.elements, compatible=compatible)
    except (BadScript, ScriptFailed) as error:
        return type(error)


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.where}: {line.statement}")
def test_we_do_what_the_table_says(line: Line) -> None:
    assert outcome(line, compatible=False) == line.ours


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    "line", [each for each in LINES if each.theirs is not None], ids=lambda line: f"{line.where}: {line.statement}"
)
def test_compatible_does_what_the_reference_does(line: Line) -> None:
    assert outcome(line, compatible=True) == (line.ours if line.theirs is SAME else line.theirs)


def test_every_line_of_the_table_is_tested() -> None:
    table = PAGE.partition("| where | reference | here |\n| --- | --- | --- |\n")[2]
    rows = {row.split(" | ")[0].removeprefix("| ") for row in table.splitlines() if row.startswith("| ")}
    assert rows == {line.where for line in LINES} | ELSEWHERE.keys()


def test_the_tests_that_stand_elsewhere_are_there() -> None:
    written = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert [name for name in ELSEWHERE.values() if name and f"def {name}(" not in written] == []


@pytest.mark.parametrize("text", ["-(0010,0010)", " version 6.6\n-(0010,0010)", 'Version "6.6"\n-(0010,0010)'])
def test_a_script_without_a_version_line_is_read_only_there(text: str) -> None:
    with pytest.raises(BadScript):
        parse(text)
    if text.startswith("-"):
        parse(text, compatible=True)


@pytest.mark.parametrize("compatible", [False, True])
def test_what_cannot_be_read_is_refused_in_both(compatible: bool) -> None:
    with pytest.raises(BadScript):
        parse('version "6.6"\necho', compatible=compatible)


@pytest.mark.parametrize("compatible", [False, True])
def test_a_colour_is_filled_as_black_in_both(compatible: bool) -> None:
    statement = 'alterPixels["rectangle", "l=0,t=0,r=1,b=1", "solid", "v=200"]'
    changed = changes(statement, PIXELS, compatible=compatible)
    assert changed["PixelData"] == "\0bcd"
