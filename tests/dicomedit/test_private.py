"""Private elements: addressed by their creator, whatever the number of its block."""

from __future__ import annotations

from typing import Any

import pytest
from pydicom.uid import ImplicitVRLittleEndian

from tests.dicomedit.headers import changes, edited, filed, header, told
from uploader.dicomedit import apply, parse
from uploader.dicomedit.functions.uids import hashed_uid
from uploader.domain.errors import BadScript, ScriptFailed

BLOCKS: dict[str, Any] = {
    "PatientName": "n0",
    "(0019,0010) LO": "GEMS 1",
    "(0019,0011) LO": "SIEMENS MR",
    "(0019,0020) LO": "GEMS 1",
    "(0019,1008) LO": "g8",
    "(0019,1009) DS": "1.50",
    "(0019,1108) SH": "s8",
    "(0019,1110) SQ": [{"PatientName": "p1", "(0021,0010) LO": "DEEP", "(0021,1001) LO": "d1"}, {"PatientName": "p2"}],
    "(0019,2008) LO": "h8",
    "(0019,4501) LO": "orphan",
    "(0029,0010) LO": "GEMS 1",
    "(0029,1001) OB": b"\x00\xff\x10\x00",
    "RequestAttributesSequence": [{"PatientName": "n1", "(0029,0010) LO": "SIEMENS MR", "(0029,1020) LO": "t"}],
}
ITEM = "RequestAttributesSequence[0]/"


@pytest.mark.parametrize(
    ("statement", "changed"),
    [
        ('(0019,{SIEMENS MR}08) := "z"', {"(0019,1108)": "z"}),
        ('(0019, {SIEMENS MR}08) := "z"', {"(0019,1108)": "z"}),
        ('(0019,{GEMS 1}08) := "z"', {"(0019,1008)": "z"}),
        ('(0019,{GEMS 1}aF) := "z"', {"(0019,10AF)": "z"}),
        ('(0019,{SIEMENS MR}77) := "z"', {"(0019,1177)": "z"}),
        ('(0019,{siemens mr}08) := "z"', {"(0019,0012)": "siemens mr", "(0019,1208)": "z"}),
        ('(0019,{NEW:a-b_c.d}08) := "z"', {"(0019,0012)": "NEW:a-b_c.d", "(0019,1208)": "z"}),
        ('(0021,{SIEMENS MR}08) := "z"', {"(0021,0010)": "SIEMENS MR", "(0021,1008)": "z"}),
        ('(0040,0275)[0]/(0029,{SIEMENS MR}20) := "z"', {f"{ITEM}(0029,1020)": "z"}),
        ('(0040,0275)[0]/(0029,{NEW}20) := "z"', {f"{ITEM}(0029,0011)": "NEW", f"{ITEM}(0029,1120)": "z"}),
        ('(0019,{SIEMENS MR}10)[1]/(0010,0010) := "z"', {"(0019,1110)[1]/PatientName": "z"}),
        ('(0019,{SIEMENS MR}10)[0]/(0021,{DEEP}01) := "z"', {"(0019,1110)[0]/(0021,1001)": "z"}),
        ("(0019,{NOBODY}08) := (0010,1010)", {}),
        ("(0010,0010) := (0019,{SIEMENS MR}08)", {"PatientName": "s8"}),
        ("(0010,0010) := (0019,{GEMS 1}09)", {"PatientName": "1.50"}),
        ("(0010,0010) := (0019,{GEMS 1}77)", {}),
        ("(0010,0010) := (0019,{NOBODY}08)", {}),
        ("(0010,0010) := (0019,{SIEMENS MR}10)[1]/(0010,0010)", {"PatientName": "p2"}),
        ('(0019,{SIEMENS MR}08) = "s8" ? -(0010,0010)', {"PatientName": None}),
        ('(0019,{NOBODY}08) != "s8" ? -(0010,0010)', {"PatientName": None}),
        ('(0019,{SIEMENS MR}08) ?= "z"', {"(0019,1108)": "z"}),
        ('(0019,{GEMS 1}08) ?= "z"', {"(0019,1008)": "z", "(0019,2008)": "z"}),
        ('(0019,{GEMS 1}0X) ?= "5"', {"(0019,1008)": "5", "(0019,1009)": "5", "(0019,2008)": "5"}),
        ('(0019,{GEMS 1}0#) ?= "5"', {"(0019,1009)": "5"}),
        ('(0019,{GEMS 1}77) ?= "z"', {}),
        ('(0019,{NOBODY}08) ?= "z"', {}),
        ('(0019,{gems 1}08) ?= "z"', {}),
        ('(00##,{GEMS 1}08) ?= "z"', {"(0019,1008)": "z", "(0019,2008)": "z"}),
        ('*/(002#,{SIEMENS MR}XX) ?= "z"', {f"{ITEM}(0029,1020)": "z"}),
        ('*/(0021,{DEEP}01) ?= "z"', {"(0019,1110)[0]/(0021,1001)": "z"}),
        ('(0019,{SIEMENS MR}10)/(0010,0010) ?= "z"', {f"(0019,1110)[{n}]/PatientName": "z" for n in (0, 1)}),
        ('(0019,{GEMS 1}10) ?= "z"', {}),
        ("-(0019,{SIEMENS MR}08)", {"(0019,1108)": None}),
        ("-(0019,{GEMS 1}08)", {"(0019,1008)": None, "(0019,2008)": None}),
        ("-(0019,{GEMS 1}XX)", {"(0019,1008)": None, "(0019,1009)": None, "(0019,2008)": None}),
        ("-(0019,{SIEMENS MR}10)[%]/(0010,0010)", {f"(0019,1110)[{n}]/PatientName": None for n in (0, 1)}),
        ("-(0019,{SIEMENS MR}10)[1]", {"(0019,1110)[1]/PatientName": None}),
        ("-*/(0029,{SIEMENS MR}XX)", {f"{ITEM}(0029,1020)": None}),
        ("-(0029,{SIEMENS MR}XX)", {}),
        ("-(0019,{NOBODY}08)", {}),
        ("-(0019,{GEMS 1}10)", {}),
        ('set["(0019,1108)", "z"]', {"(0019,1108)": "z"}),
        ('set["(0019,0011)", "OTHER"]', {"(0019,0011)": "OTHER"}),
        ('set["(0019,1110)[1]/(0010,0010)", "z"]', {"(0019,1110)[1]/PatientName": "z"}),
        ('delete["(0019,4501)"]', {"(0019,4501)": None}),
        ('delete["(0019,0020)"]', {"(0019,0020)": None}),
        ('delete["(0019,1110)[0]/(0021,1001)"]', {"(0019,1110)[0]/(0021,1001)": None}),
        ("(0010,0010) := isPresent[(0019,{SIEMENS MR}08)]", {"PatientName": "true"}),
        ("(0010,0010) := isPresent[(0019,{SIEMENS MR}09)]", {"PatientName": "false"}),
        ("(0010,0010) := isPresent[(0019,{NOBODY}08)]", {"PatientName": "false"}),
        ("(0010,0010) := isPresent[(0019,{SIEMENS MR}10)[1]]", {"PatientName": "true"}),
        ("(0010,0010) := isPresent[(0019,{SIEMENS MR}10)[2]]", {"PatientName": "false"}),
        ("(0010,0010) := isPresent[(0019,{SIEMENS MR}10)[0]/(0021,{DEEP}01)]", {"PatientName": "true"}),
        ("hashUIDList[(0019,{SIEMENS MR}08)]", {"(0019,1108)": hashed_uid("s8")}),
    ],
)
def test_a_private_element_belongs_to_its_creator(statement: str, changed: dict[str, str | None]) -> None:
    assert changes(statement, BLOCKS) == changed


def test_a_new_private_element_has_no_known_vr_and_its_creator_is_text() -> None:
    after = edited('(0019,{NEW}08) := "z"', BLOCKS)
    assert (after[0x00190012].VR, after[0x00191208].VR) == ("LO", "UN")


def test_an_element_that_is_there_keeps_its_vr() -> None:
    assert edited('(0019,{SIEMENS MR}08) := "z"', BLOCKS)[0x00191108].VR == "SH"


def test_a_block_is_not_reserved_where_elements_without_a_creator_lie() -> None:
    after = edited('(0019,{NEW}01) := "z"', {"(0019,1001) LO": "orphan"})
    assert (after[0x00190011].value, after[0x00191001].value) == ("NEW", "orphan")


def test_a_creator_with_blanks_around_it_in_the_file_is_the_same_creator() -> None:
    assert "(0019,1001)" in changes("-(0019,{ACME}01)", {"(0019,0010) LO": " ACME ", "(0019,1001) LO": "x"})


def test_a_private_element_written_without_its_vr_is_read_as_text() -> None:
    dataset = filed({"(0019,0010) LO": "ACME", "(0019,1001) LO": "seen "}, ImplicitVRLittleEndian)
    assert apply('version "6.6"\n(0010,0020) := (0019,{ACME}01)', dataset).PatientID == "seen"


@pytest.mark.parametrize("compatible", [False, True])
@pytest.mark.parametrize(
    "form", ["removeAllPrivateTags", "if (true[]) {{ removeAllPrivateTags }}", "retainPrivateTags[]"]
)
def test_all_private_elements_go_at_every_depth(form: str, compatible: bool) -> None:
    left = told(edited(form.replace("{{", "{").replace("}}", "}"), BLOCKS, compatible=compatible))
    assert sorted(left) == ["PatientName", "RequestAttributesSequence", f"{ITEM}PatientName"]


PUBLIC = {"PatientName", "RequestAttributesSequence", f"{ITEM}PatientName"}
SEQUENCE = {
    "(0019,0011)", "(0019,1110)", "(0019,1110)[0]/PatientName", "(0019,1110)[0]/(0021,0010)",
    "(0019,1110)[0]/(0021,1001)", "(0019,1110)[1]/PatientName",
}  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        ("(0019,{SIEMENS MR}08)", {"(0019,0011)", "(0019,1108)"}),
        ('"(0019,{SIEMENS MR}08)"', {"(0019,0011)", "(0019,1108)"}),
        ('{(0019,{SIEMENS MR}08), "(0019,{GEMS 1}09)"}', {"(0019,0011)", "(0019,1108)", "(0019,0010)", "(0019,1009)"}),
        ("(0019,{GEMS 1}08)", {"(0019,0010)", "(0019,1008)", "(0019,0020)", "(0019,2008)"}),
        ("(0019,{GEMS 1}0#)", {"(0019,0010)", "(0019,1009)"}),
        (
            "(00##,{GEMS 1}0@), (0019,{SIEMENS MR}08)",
            {"(0019,0010)", "(0019,1008)", "(0019,0020)", "(0019,2008)", "(0019,0011)", "(0019,1108)"},
        ),
        ("(0019,{NOBODY}08)", set()),
        ("(0019,{SIEMENS MR}10)", SEQUENCE),
        ("(0019,{SIEMENS MR}10)[%]", SEQUENCE),
        ("(0019,{SIEMENS MR}10)[0]", SEQUENCE - {"(0019,1110)[1]/PatientName"}),
        ("(0019,{SIEMENS MR}10)[1]", SEQUENCE - {p for p in SEQUENCE if p.startswith("(0019,1110)[0]")}),
        (
            "(0019,{SIEMENS MR}10)/(0021,{DEEP}01)",
            {"(0019,0011)", "(0019,1110)", "(0019,1110)[0]/(0021,0010)", "(0019,1110)[0]/(0021,1001)"},
        ),
        (
            "*/(0021,{DEEP}01)",
            {"(0019,0011)", "(0019,1110)", "(0019,1110)[0]/(0021,0010)", "(0019,1110)[0]/(0021,1001)"},
        ),
        ("(0040,0275)/(0029,{SIEMENS MR}20)", {f"{ITEM}(0029,0010)", f"{ITEM}(0029,1020)"}),
        ("(0040,0275)[1]/(0029,{SIEMENS MR}20)", set()),
        ("*/(0029,{SIEMENS MR}XX)", {f"{ITEM}(0029,0010)", f"{ITEM}(0029,1020)"}),
        ("(0029,{GEMS 1}01)", {"(0029,0010)", "(0029,1001)"}),
    ],
)  # fmt: skip
def test_only_the_named_private_elements_and_their_creators_are_kept(arguments: str, kept: set[str]) -> None:
    after = edited(f"retainPrivateTags[{arguments}]", BLOCKS)
    assert set(told(after)) == PUBLIC | kept


def test_an_item_of_a_private_sequence_that_is_left_empty_at_the_end_is_dropped() -> None:
    after = edited("retainPrivateTags[(0019,{SIEMENS MR}10)/(0021,{DEEP}01)]", BLOCKS)
    assert len(after[0x00191110].value) == 1


def test_kept_bytes_are_the_same_bytes() -> None:
    assert edited("retainPrivateTags[(0029,{GEMS 1}01)]", BLOCKS)[0x00291001].value == b"\x00\xff\x10\x00"


@pytest.mark.parametrize(
    "argument", ["(0010,0010)", '"(0010,0010)"', "*/(0010,0010)", '"nonsense"', "(0019,1008)", "*"]
)
def test_what_names_no_private_element_cannot_be_retained(argument: str) -> None:
    with pytest.raises((BadScript, ScriptFailed)):
        edited(f"retainPrivateTags[{argument}]", BLOCKS)


@pytest.mark.parametrize(
    "statement", ['(0019,{GEMS 1}XX) := "z"', '(001#,{GEMS 1}08) := "z"', "v := (0019,{GEMS 1}X8)"]
)
def test_one_private_element_is_wanted(statement: str) -> None:
    with pytest.raises(BadScript):
        parse(f'version "6.6"\n{statement}')


def test_no_group_has_more_blocks_than_there_are_numbers() -> None:
    full = header({f"(0019,00{block:02X}) LO": f"C{block}" for block in range(0x10, 0x100)})
    with pytest.raises(ScriptFailed, match="no free private block"):
        apply('version "6.6"\n(0019,{NEW}08) := "z"', full)
