"""Dates inside texts: the quick question before the long search never overlooks one."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploader.passes.textdates import MONTH_FORMS, dates_in, names_month, with_months

FORMS = [with_months(form, plain=False) for form in MONTH_FORMS]
MONTHS = ["mar", "March", "MÄRZ", "Ma\u0308rz", "août", "de", "of", "del", "Dez", "décembre", "maggio", "Sept"]
PIECES = st.sampled_from(
    [*MONTHS, "k", "st", " ", ".", ", ", "-", "/", "_", "3", "09", "21", "2021", "٣", "of ", "de "]
)


@given(st.lists(PIECES, max_size=9).map("".join))
def test_where_a_spelling_fits_the_quick_question_says_so(text: str) -> None:
    fits = any(form.search(text) for form in FORMS)
    assert names_month(text) or not fits


@given(st.lists(PIECES, max_size=9).map("".join).filter(str.isascii))
def test_plain_text_is_searched_with_the_same_result(text: str) -> None:
    for form, full in zip(MONTH_FORMS, FORMS, strict=True):
        plain = with_months(form, plain=True)
        assert [m.groups() for m in plain.finditer(text)] == [m.groups() for m in full.finditer(text)]


@pytest.mark.parametrize(
    "text", ["9 March 2021", "March 9, 2021", "2021 mars 9", "den 9. März 2021", "9del marzo de 2021"]
)
def test_a_month_in_letters_is_met(text: str) -> None:
    assert names_month(text)
    assert [each.day.replace(day=9) for each in dates_in(text, frozenset())] == [date(2021, 3, 9)]


@pytest.mark.parametrize("text", ["Marker 3", "mammography 2 views", "ROI 12 decayed", "", "2021"])
def test_a_word_that_only_begins_like_one_is_not_searched(text: str) -> None:
    assert not names_month(text)
