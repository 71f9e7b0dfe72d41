"""When two names count as the same."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploader.nomenclature.folding import folding, matches

BOTH = folding(("case", "separators"))
EXACT = folding(())


@pytest.mark.parametrize("label", ["ctv-spine", "CTV spine", "CTV_SPINE", "CTVSpine"])
def test_case_and_separators_do_not_count_where_the_trial_says_so(label):
    assert matches(label, "CTV_Spine", BOTH)
    assert not matches(label, "CTV_Spine", EXACT)


def test_a_name_is_not_matched_by_a_part_of_it():
    assert not matches("Lung", "Lung_L", BOTH)
    assert not matches("", "Lung_L", BOTH)
    assert not matches("SpinalCord_PRV", "SpinalCord", BOTH)


@given(st.text("aB_*", max_size=6), st.text("aB_", max_size=6))
def test_the_star_stands_for_any_characters_and_nothing_else_does(pattern, name):
    expected = re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name) is not None
    assert matches(name, pattern, EXACT) == expected
