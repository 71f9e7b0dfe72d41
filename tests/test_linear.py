"""Regular expressions of a protocol take linear time, or are refused."""

from __future__ import annotations

import pytest

from uploader.linear import LONGEST, compiled


@pytest.mark.parametrize("expression", [r"(a)\1", r"(?=a)b", "(", "a{1001}", "((a{100}){100}){100}"])
def test_what_cannot_be_matched_in_linear_time_is_no_expression(expression, capfd):
    with pytest.raises(ValueError, match="not a regular expression of RE2"):
        compiled(expression)
    assert capfd.readouterr().err == ""


def test_an_expression_beyond_the_cap_is_refused():
    assert compiled("a" * LONGEST).fullmatch("a" * LONGEST)
    with pytest.raises(ValueError, match="longer than 200"):
        compiled("a" * (LONGEST + 1))


def test_an_expression_that_would_take_others_for_ever_is_answered():
    assert compiled("(a+)+$").fullmatch("a" * 5000 + "b") is None


def test_capitals_count_unless_it_is_said_that_they_do_not():
    assert compiled("siemens").search("SIEMENS AG") is None
    assert compiled("siemens", case_counts=False).search("SIEMENS AG")
