"""Which elements a path names, for reading, for assignment, for deletion and in functions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dicomedit.headers import changes, edited
from uploader.dicomedit import parse
from uploader.domain.errors import BadScript, ScriptFailed

NESTED: dict[str, Any] = {
    "PatientName": "n0",
    "PatientID": "i0",
    "OperatorsName": "o0",
    "RequestAttributesSequence": [
        {"PatientName": "n1", "ScheduledProtocolCodeSequence": [{"PatientName": "n2", "PatientID": "i2"}]},
        {"PatientName": "n3"},
    ],
    "ReferencedStudySequence": [],
}
NAMES = {
    "n0": "PatientName",
    "n1": "RequestAttributesSequence[0]/PatientName",
    "n2": "RequestAttributesSequence[0]/ScheduledProtocolCodeSequence[0]/PatientName",
    "n3": "RequestAttributesSequence[1]/PatientName",
    "i0": "PatientID",
    "i2": "RequestAttributesSequence[0]/ScheduledProtocolCodeSequence[0]/PatientID",
    "o0": "OperatorsName",
}
INSIDE = "RequestAttributesSequence[0]/ScheduledProtocolCodeSequence"


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("(0010,0010)", "n0"),
        ("(0010,001X)", "n0"),
        ("(0010,00X0)", "n0 i0"),
        ("(0010,00x0)", "n0 i0"),
        ("(0010,XXXX)", "n0 i0"),
        ("(0010,00@0)", "i0"),
        ("(0010,00#0)", "n0"),
        ("(001@,0010)", "n0"),
        ("(00X@,XXXX)", "n0 i0 o0"),
        ("(@@@@,XXXX)", "o0"),
        ("(00#@,XXXX)", "n0 i0"),
        ("(XXX@,XX7X)", "o0"),
        ("(0010,####)", ""),
        ("*", "n0 n1 n2 n3 i0 i2 o0"),
        ("*/(0010,0010)", "n0 n1 n2 n3"),
        ("*/(0010,00@0)", "i0 i2"),
        ("*/(0010,0020)", "i0 i2"),
        ("*/(0040,0275)/(0010,0010)", "n1 n3"),
        ("*/(0040,0008)/(0010,0010)", "n2"),
        ("*/(0040,0008)/*", "n2 i2"),
        ("+/(0010,0010)", "n1 n2 n3"),
        ("+/(0010,0020)", "i2"),
        ("+/*", "n1 n2 n3 i2"),
        ("./(0010,0010)", "n1 n3"),
        ("././(0010,0010)", "n2"),
        ("./././(0010,0010)", ""),
        ("./+/(0010,0010)", "n1 n2 n3"),
        ("./*/(0010,0020)", "i2"),
        ("*/./(0010,0010)", "n1 n2 n3"),
        ("*/*/(0010,0010)", "n0 n1 n2 n3"),
        ("(0040,0275)/(0010,0010)", "n1 n3"),
        ("(0040,0275)[%]/(0010,0010)", "n1 n3"),
        ("(0040,0275)[0]/(0010,0010)", "n1"),
        ("(0040,0275)[1]/(0010,0010)", "n3"),
        ("(0040,0275)[2]/(0010,0010)", ""),
        ("(0040,027X)[1]/(0010,0010)", "n3"),
        ("(0040,0275)/(0010,XXXX)", "n1 n3"),
        ("(0040,0275)/(0040,0008)/(0010,0010)", "n2"),
        ("(0040,0275)[0]/(0040,0008)[0]/(0010,00X0)", "n2 i2"),
        ("(0040,0275)[1]/(0040,0008)/(0010,0010)", ""),
        ("(0040,0275)/./(0010,0010)", "n2"),
        ("(0040,0275)/*/(0010,0010)", "n1 n2 n3"),
        ("(0040,0275)[0]/*/(0010,0010)", "n1 n2"),
        ("(0040,0275)/+/(0010,0010)", "n1 n2 n3"),
        ("(0040,0275)/*", "n1 n2 n3 i2"),
        ("(0040,0275)[1]/*", "n3"),
        ("(0040,0008)/(0010,0010)", ""),
        ("(0008,1110)/(0010,0010)", ""),
        ("(0010,0010)/(0010,0020)", ""),
        ("(0010,0010)[0]/*", ""),
        ("(0040 , 0275) [0] / (0010 , 0010)", "n1"),
        ("* / (0010,0020)", "i0 i2"),
        (". / (0010,0010)", "n1 n3"),
        ("(0040,0275)", ""),
        ("*/(0040,0008)", ""),
        ("(0040,0275)[0]", ""),
    ],
)
class TestLeaves:
    def test_an_assignment_where_present_sets_them(self, path: str, named: str) -> None:
        assert changes(f'{path} ?= "z"', NESTED) == {NAMES[each]: "z" for each in named.split()}

    def test_a_value_from_elsewhere_sets_the_same(self, path: str, named: str) -> None:
        assert changes(f'v := "z"\n{path} ?= v', NESTED) == {NAMES[each]: "z" for each in named.split()}

    def test_functions_find_the_same(self, path: str, named: str) -> None:
        said = edited(f"(0020,4000) := collectValues[{path}]", NESTED).ImageComments
        assert sorted(said[1:-1].replace(" ", "").split(",")) == (sorted(named.split()) or [""])


@pytest.mark.parametrize("form", ["-{0}", "removeTags[{0}]", 'removeTags["{0}"]', "l := {{{0}}}\nremoveTags[l]"])
@pytest.mark.parametrize(
    ("path", "gone"),
    [
        ("(0010,0010)", ["PatientName"]),
        ("(0010,XXXX)", ["PatientName", "PatientID"]),
        ("(0010,0040)", []),
        ("*/(0010,0020)", ["PatientID", NAMES["i2"]]),
        ("(0008,1110)", ["ReferencedStudySequence"]),
        ("*/(0040,0008)", [INSIDE, NAMES["n2"], NAMES["i2"]]),
        ("./(0040,0008)", [INSIDE, NAMES["n2"], NAMES["i2"]]),
        ("+/(0040,0008)", [INSIDE, NAMES["n2"], NAMES["i2"]]),
        ("(0040,0275)/(0040,0008)", [INSIDE, NAMES["n2"], NAMES["i2"]]),
        ("(0040,0275)[0]/(0040,0008)", [INSIDE, NAMES["n2"], NAMES["i2"]]),
        ("(0040,0275)[0]/(0040,000X)", [INSIDE, NAMES["n2"], NAMES["i2"]]),
        ("*/(0040,0008)[%]", [INSIDE, NAMES["n2"], NAMES["i2"]]),
        ("*/(0040,0008)[0]", [NAMES["n2"], NAMES["i2"]]),
        ("(0040,0275)[1]", [NAMES["n3"]]),
        ("(0040,0275)[0]", [NAMES["n1"], NAMES["n2"], NAMES["i2"]]),
        ("(0040,0275)[2]", []),
        ("(0010,0010)[0]", []),
        ("(0040,0275)[1]/*", [NAMES["n3"]]),
        ("(0040,0275)[%]", ["RequestAttributesSequence", INSIDE, *(NAMES[n] for n in ("n1", "n2", "n3", "i2"))]),
        ("(0040,XXXX)", ["RequestAttributesSequence", INSIDE, *(NAMES[n] for n in ("n1", "n2", "n3", "i2"))]),
    ],
)
def test_a_deletion_removes_sequences_whole_and_empties_single_items(path: str, gone: list[str], form: str) -> None:
    assert changes(form.format(path), NESTED) == dict.fromkeys(gone)


def test_a_deletion_of_everything_leaves_nothing() -> None:
    assert list(edited("-*", NESTED).keys()) == []


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        ("(0010,0010)", {"PatientName": "z"}),
        ("(0010,0040)", {"PatientSex": "z"}),
        ("(0040,0275)[1]/(0010,0010)", {NAMES["n3"]: "z"}),
        ("(0040,0275)[1]/(0010,0020)", {"RequestAttributesSequence[1]/PatientID": "z"}),
        (
            "(0040,0275)[2]/(0010,0010)",
            {"RequestAttributesSequence": "3 items", "RequestAttributesSequence[2]/PatientName": "z"},
        ),
        (
            "(0040,0275)[4]/(0010,0010)",
            {"RequestAttributesSequence": "5 items", "RequestAttributesSequence[4]/PatientName": "z"},
        ),
        (
            "(0008,1110)[0]/(0008,1150)",
            {"ReferencedStudySequence": "1 items", "ReferencedStudySequence[0]/ReferencedSOPClassUID": "z"},
        ),
        (
            "(0008,1115)[1]/(0008,1199)[0]/(0008,1155)",
            {
                "ReferencedSeriesSequence": "2 items",
                "ReferencedSeriesSequence[1]/ReferencedSOPSequence": "1 items",
                "ReferencedSeriesSequence[1]/ReferencedSOPSequence[0]/ReferencedSOPInstanceUID": "z",
            },
        ),
    ],
)
def test_an_assignment_makes_what_is_missing_on_the_way(path: str, changed: dict[str, str | None]) -> None:
    assert changes(f'{path} := "z"', NESTED) == changed


@pytest.mark.parametrize("source", ["(0010,1010)", "(0040,0275)[9]/(0010,0010)", "(0008,1110)[0]/(0008,1155)"])
@pytest.mark.parametrize("target", ["(0010,0010)", "(0010,0040)", "(0008,1115)[3]/(0008,1199)[1]/(0008,1155)"])
def test_what_is_missing_changes_and_makes_nothing(source: str, target: str) -> None:
    assert changes(f"{target} := {source}", NESTED) == {}


@pytest.mark.parametrize("source", ["(0010,1010)", "(0029,{NOBODY}10)", "(0040,0275)[1]/(0040,0008)[0]/(0010,0010)"])
def test_reading_what_is_missing_leaves_no_trace(source: str) -> None:
    assert changes(f"v := {source}\necho {source}\n{source} = {source} ? -(0010,0010)", NESTED) == {}


@pytest.mark.parametrize(
    "path",
    [
        "(0010,001X)", "(0010,00X0)", "(X010,0010)", "(001@,0010)", "(0010,00#0)", "*/(0010,0010)", "+/(0010,0010)",
        "./(0010,0010)", "*", "(0040,0275)/(0010,0010)", "(0040,0275)[%]/(0010,0010)", "(0040,0275)[0]",
        "(0040,0275)[0]/(0040,0008)/(0010,0010)", "(0029,{A}XX)", "(002#,{A}10)",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "form",
    [
        '{0} := "z"', "(0010,0010) := {0}", "(0010,0010) ?= {0}", "v := {0}", "echo {0}", '{0} = "z" ? -(0010,0010)',
        '"z" !~ {0} ? -(0010,0010)', "(0010,0010) := lowercase[{0}]", "(0010,0010) := valueAt[{0}]",
        "(0010,0010) := hashUID[{0}]", '(0010,0010) := format["{{0}}", {0}]', "(0010,0010) := concatenate[{0}]",
        '(0010,0010) := lookup["a", {0}]', "(0010,0010) := shiftDateByIncrement[{0}, 1]",
        '(0010,0010) := substring[{0}, 0, 1]', '(0010,0010) := ismatch[{0}, ".*"]',
    ],
)  # fmt: skip
def test_one_element_is_wanted_and_many_could_be_named(form: str, path: str) -> None:
    with pytest.raises(BadScript, match="exactly one element"):
        parse(f'version "6.6"\n{form.format(path)}')


@pytest.mark.parametrize("statement", ['(0040,0275) := "z"', "(0010,0010) := (0040,0275)", "echo (0008,1110)"])
def test_a_sequence_is_neither_read_nor_assigned(statement: str) -> None:
    with pytest.raises(ScriptFailed, match="sequence"):
        edited(statement, NESTED)


@pytest.mark.parametrize(
    "path",
    [
        "(0010,0010", "0010,0010", "00100010", "(0010:0010)", "(0010,0010)/", "/(0010,0010)",
        "(0010,0010)[]", "(0010,0010)[-1]", "(0010,0010)[01]", "(0010,0010)[x]", "(0010,0010)[*]", "(0010,0010)[1.5]",
        "(0010,0010)(0010,0020)[0]/", "(0010,0010)/+", "(0010,0010)/.", "+", ".", "**/(0010,0010)", "?/(0010,0010)",
        "(0011,0010)", "(001#,0010)", "(001X,0010)", "(00X,0010)", "(00100,0010)", "(0010,001)", "(0010,00100)",
        "( 0010,0010)", "(0010,0010 )", "(00 10,0010)", "(0010,00 10)", "(001G,0010)", "(0010,*)", "(0010,0010)*",
        "(0010,{A}10)", "(001@,{A}10)", "(0011,{}10)", "(0011,{A})", "(0011,{A}1)", "(0011,{A}010)", "(0011,A10)",
        "(0011,{1A}10)", "(0011,{A/B}10)", "(0011,{A[1]}10)", "(0011,{A,B}10)", "(0011,{A} 10)", "(0011,{A}10 )",
        "(0011,{ A}10)", "(0011,{_A}10)", "(0011,{Ä}10)", '(0011,{"A"}10)', "(001X,{A}10)",
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["-{0}", '{0} ?= "z"', "removeTags[{0}]"])
def test_what_is_no_path_is_refused(path: str, form: str) -> None:
    with pytest.raises(BadScript):
        parse(f'version "6.6"\n{form.format(path)}')
