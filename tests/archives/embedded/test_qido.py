"""Which attributes fit a question of QIDO-RS."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import BadRequest

from uploader.archives.embedded import qido

NAME, DATE, TIME, UID, MODALITIES, NUMBER, TEXT = (
    *("00100010", "00080020", "00080030", "0020000D", "00080061", "00200013", "00081030"),
)


def fits(tag: str, values: list[Any], wanted: str) -> bool:
    return qido.fits({tag: {"vr": "XX", "Value": values}}, {tag: wanted})


@pytest.mark.parametrize(
    ("tag", "value", "wanted", "expected"),
    [
        (NAME, {"Alphabetic": "Doe^Jane"}, "doe^*", True),
        (NAME, {"Alphabetic": "Doe^Jane", "Ideographic": "山田^花子"}, "山田*", True),
        (NAME, {"Alphabetic": "Doe^Jane"}, "Do", False),
        (TEXT, "Thorax planning", "Thorax*", True),
        (TEXT, "Thorax planning", "thorax*", False),
        (TEXT, "Thorax planning", "T?orax*ing", True),
        (TEXT, "Thorax planning", "*", True),
        (TEXT, "a.c", "abc", False),
        (TEXT, "a[b]c", "a[b]c", True),
        (DATE, "20260131", "20260131", True),
        (DATE, "20260131", "20260101-20260131", True),
        (DATE, "20260131", "20260201-", False),
        (DATE, "20260131", "-20260130", False),
        (TIME, "101530.5", "1000-1015", True),
        (TIME, "101630", "1000-1015", False),
        (UID, "1.2.3", "1.2.4,1.2.3", True),
        (UID, "1.2.3", "1.2.4\\1.2.3", True),
        (UID, "1.2.3", "1.2.*", False),
        (NUMBER, 7, "7", True),
        (NUMBER, 7, "07", True),
        (NUMBER, 7, "seven", False),
    ],
)
def test_a_value_fits_by_the_rules_of_its_kind(tag: str, value: Any, wanted: str, expected: bool) -> None:
    assert fits(tag, [value], wanted) is expected


def test_one_of_several_values_is_enough() -> None:
    assert fits(MODALITIES, ["CT", "RTSTRUCT"], "RTSTRUCT")
    assert not fits(MODALITIES, ["CT", "RTSTRUCT"], "MR")


def test_what_is_missing_fits_a_star_only() -> None:
    assert qido.fits({}, {TEXT: "*"})
    assert not qido.fits({}, {TEXT: "Thorax"})


@given(st.text(alphabet="ab*?.[", max_size=12), st.text(alphabet="ab.[", max_size=12))
def test_stars_and_question_marks_mean_what_they_mean(pattern: str, value: str) -> None:
    assert fits(TEXT, [value], pattern) == _plainly(pattern, value) if pattern else True


def _plainly(pattern: str, value: str) -> bool:
    if not pattern:
        return not value
    if pattern[0] == "*":
        return any(_plainly(pattern[1:], value[n:]) for n in range(len(value) + 1))
    return bool(value) and pattern[0] in ("?", value[0]) and _plainly(pattern[1:], value[1:])


def test_many_stars_do_not_take_for_ever() -> None:
    assert not fits(TEXT, ["a" * 5000], "*a" * 2000 + "b")


def test_attributes_are_named_by_keyword_or_tag() -> None:
    assert qido.asked([("PatientID", "1"), ("0020000d", "2")]).filters == {"00100020": "1", UID: "2"}


def test_what_is_not_heeded_is_said() -> None:
    asked = qido.asked([("fuzzymatching", "true"), ("NoSuchThing", "1"), ("PatientID", "")])
    assert asked.filters == {}
    assert qido.NO_FUZZY in asked.warnings
    assert len(asked.warnings) == 2


def test_fields_are_asked_for_one_by_one_or_all() -> None:
    assert qido.asked([("includefield", "StudyDescription,00280010")]).include == {TEXT, "00280010"}
    assert qido.asked([("includefield", "all")]).include is None


@pytest.mark.parametrize("value", ["-1", "x", "1.5", "", "99999999999", "１"])
def test_numbers_of_a_page_are_whole(value: str) -> None:
    with pytest.raises(BadRequest):
        qido.asked([("limit", value)])


def test_a_page_is_a_part_of_all() -> None:
    asked = qido.asked([("limit", "2"), ("offset", "1")])
    assert asked.page("abcd") == "bc"
