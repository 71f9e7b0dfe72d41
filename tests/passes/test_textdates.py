"""Dates inside texts: the quick question before the long search never overlooks one."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploader.passes import textdates
from uploader.passes.textdates import dates_in, names_month

FORMS = [
    re.compile(form, re.IGNORECASE)
    for form in (textdates._DAY_NAMED, textdates._NAMED_DAY, textdates._YEAR_NAMED, textdates._MONTH_ONLY)
]
MONTHS = ["mar", "March", "MÄRZ", "Ma\u0308rz", "août", "de", "of", "del", "Dez", "décembre", "maggio", "Sept"]
PIECES = st.sampled_from(
    [*MONTHS, "k", "st", " ", ".", ", ", "-", "/", "_", "3", "09", "21", "2021", "٣", "of ", "de "]
)


@given(st.lists(PIECES, max_size=9).map("".join))
def test_where_a_spelling_fits_the_quick_question_says_so(text: str) -> None:
    fits = any(form.search(text) for form in FORMS)
    assert names_month(text) or not fits


@pytest.mark.parametrize(
    "text", ["9 March 2021", "March 9, 2021", "2021 mars 9", "den 9. März 2021", "9del marzo de 2021"]
)
def test_a_month_in_letters_is_met(text: str) -> None:
    assert names_month(text)
    assert [each.day.replace(day=9) for each in dates_in(text, frozenset())] == [date(2021, 3, 9)]


@pytest.mark.parametrize("text", ["Marker 3", "mammography 2 views", "ROI 12 decayed", "", "2021"])
def test_a_word_that_only_begins_like_one_is_not_searched(text: str) -> None:
    assert not names_month(text)
