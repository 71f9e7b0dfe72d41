"""Rows of elements that files have in common: whatever came before, a header is taken apart as it stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploader.elements import EXPLICIT, IMPLICIT, Element, Form, Irregular, Short, encoded, scan
from uploader.rows import Row, Series, value_in

TAGS = (0x00080005, 0x00080008, 0x00080018, 0x00100010, 0x00180050, 0x00200013, 0x00200032)
VALUES = st.sampled_from([b"", b"A ", b"BC", b"LONGER"])
HEADERS = st.dictionaries(st.sampled_from(TAGS), VALUES)
"""Few tags and few values, so that files have much in common, and differ anywhere."""
PIXELS = encoded(0x7FE00010, b"OW", b"\0\0", EXPLICIT)


def written(header: dict[int, bytes], form: Form) -> bytes:
    return b"".join(encoded(tag, b"LO", value, form) for tag, value in sorted(header.items()))


def pieces(rows: list[Row]) -> list[tuple[int, bytes]]:
    return [(tag, raw[at:]) for row in rows for tag, _, raw, at in row.pieces]


@given(st.lists(HEADERS, max_size=8), st.sampled_from([EXPLICIT, IMPLICIT]))
def test_every_header_is_taken_apart_as_if_it_were_the_first(headers: list[dict[int, bytes]], form: Form) -> None:
    series = Series()
    for header in headers:
        data = written(header, form)
        rows, end = series.rows(data, 0, len(data), form)
        assert (pieces(rows), end) == (sorted(header.items()), len(data))
        assert b"".join(row.raw for row in rows) == data


@given(st.lists(HEADERS, max_size=4), HEADERS)
def test_it_agrees_with_a_plain_scan_to_the_last_offset(
    before: list[dict[int, bytes]], header: dict[int, bytes]
) -> None:
    series = Series()
    for each in before:
        series.rows(written(each, EXPLICIT), 0, len(written(each, EXPLICIT)), EXPLICIT)
    data, found = written(header, EXPLICIT) + PIXELS, list[Element]()
    end = scan(data, found, 0, len(data), EXPLICIT)
    rows, stopped = series.rows(data, 0, len(data), EXPLICIT)
    assert stopped == end == len(data) - len(PIXELS)
    assert pieces(rows) == [(tag, data[begin:stop]) for tag, _, _, begin, stop in found]


@given(HEADERS.filter(bool), st.data())
def test_a_value_is_found_in_whatever_row_it_stands(header: dict[int, bytes], data: st.DataObject) -> None:
    series, tag = Series(), data.draw(st.sampled_from(TAGS))
    for _ in range(3):
        rows, _ = series.rows(written(header, EXPLICIT), 0, len(written(header, EXPLICIT)), EXPLICIT)
    assert value_in(rows, tag) == header.get(tag, b"").strip()


def test_what_files_have_in_common_is_one_row() -> None:
    series = Series()
    for number in (b"1 ", b"2 ", b"3 "):
        header = {tag: number if tag == 0x00200013 else b"SAME" for tag in TAGS}
        rows, _ = series.rows(written(header, EXPLICIT), 0, len(written(header, EXPLICIT)), EXPLICIT)
    assert [len(row.pieces) for row in rows] == [5, 1, 1]


def test_elements_that_go_back_are_irregular_however_often_they_were_seen() -> None:
    series = Series()
    one, other = (written(dict.fromkeys(tags, b"SAME"), EXPLICIT) for tags in (TAGS[:3], TAGS[3:]))
    for _ in range(3):
        series.rows(one + other, 0, len(one + other), EXPLICIT)
        with pytest.raises(Irregular):
            series.rows(other + one, 0, len(one + other), EXPLICIT)


def test_a_window_that_ends_within_an_element_is_short() -> None:
    series, data = Series(), written(dict.fromkeys(TAGS, b"SAME"), EXPLICIT)
    for _ in range(3):
        series.rows(data, 0, len(data), EXPLICIT)
    for end in range(1, len(data)):
        whole = end in {at for at, _ in _starts(data)}
        if not whole:
            with pytest.raises(Short):
                series.rows(data[:end], 0, len(data), EXPLICIT)


def _starts(data: bytes) -> list[tuple[int, int]]:
    found: list[Element] = []
    scan(data, found, 0, len(data), EXPLICIT)
    return [(element[2], element[4]) for element in found]
