"""Check characters: as published, and what they are for - to notice slips of the hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uploader.domain.checkdigit import RULES, check_character, is_right

FIGURES = st.text("0123456789", min_size=2, max_size=12)
STRICT = ("damm", "verhoeff")
"""Rules that notice every exchange of neighbours; Luhn takes 09 for 90, and MOD 37,36 notices nearly all."""


@pytest.mark.parametrize(
    ("rule", "body", "character"),
    [
        ("luhn", "7992739871", "3"),  # ISO/IEC 7812-1
        ("luhn", "123456781234567", "0"),
        ("damm", "572", "4"),  # Damm 2004
        ("damm", "11294", "6"),
        ("verhoeff", "236", "3"),  # Verhoeff 1969
        ("verhoeff", "12345", "1"),
        ("verhoeff", "142857", "0"),
        ("iso7064-mod-37-36", "A12425GABC1234002", "M"),  # Global Release Identifier
        ("iso7064-mod-37-36", "EA73-79D7-1B2B-B378-3A73", "M"),  # EIDR
    ],
)
def test_the_character_is_the_published_one(rule, body, character):
    assert check_character(rule, body) == character
    assert is_right(rule, body + character)


@pytest.mark.parametrize("rule", RULES)
@given(body=FIGURES, place=st.integers(0, 12), other=st.sampled_from("0123456789"))
@settings(max_examples=60)
def test_one_wrong_figure_is_always_noticed(rule, body, place, other):
    whole = body + check_character(rule, body)
    place %= len(whole) - 1
    wrong = whole[:place] + other + whole[place + 1 :]
    assert is_right(rule, wrong) == (wrong == whole)


@pytest.mark.parametrize("rule", STRICT)
@given(body=FIGURES, place=st.integers(0, 11))
@settings(max_examples=60)
def test_two_exchanged_neighbours_are_always_noticed(rule, body, place):
    whole = body + check_character(rule, body)
    place %= len(body) - 1
    wrong = whole[:place] + whole[place + 1] + whole[place] + whole[place + 2 :]
    assert is_right(rule, wrong) == (wrong == whole)


@pytest.mark.parametrize("rule", RULES)
def test_hyphens_do_not_count(rule):
    assert check_character(rule, "12-34_5") == check_character(rule, "12345")


def test_rules_of_figures_leave_letters_out_and_the_other_counts_them():
    assert check_character("damm", "DEMO-572") == "4"
    assert check_character("iso7064-mod-37-36", "DEMO-572") != check_character("iso7064-mod-37-36", "572")


@pytest.mark.parametrize("subject", ["", "4", "DEMO", "DEMO-"])
def test_an_id_without_figures_is_not_right(subject):
    assert not is_right("damm", subject)
