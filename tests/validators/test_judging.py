import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploader.domain.finding import Finding, Outcome, Ruling, Severity
from uploader.validators.judging import ends, number, range_words, ruled, severity_of, within

FAULT = Finding("geometry.gap", Severity.REFUSAL, "session", "a slice is missing")


def test_a_rule_without_findings_passes_and_says_what_was_measured():
    assert list(ruled("/a", [], "2 mm")) == [Ruling("/a", Outcome.PASSED, "2 mm")]


def test_a_rule_with_findings_fails_after_them():
    assert list(ruled("/a", [FAULT], "2 mm")) == [FAULT, Ruling("/a", Outcome.FAILED)]


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ({"max": 3.0}, "at most 3 mm"),
        ({"min": 1}, "at least 1 mm"),
        ({"min": 1, "max": 2.5}, "1 to 2.5 mm"),
        ({"eq": 65.0, "tol": 0.5}, "65 mm within 0.5"),
        ({"eq": 65, "tol_pct": 2}, "65 mm within 2 %"),
        ({"eq": 30}, "30 mm"),
        ({}, "any mm"),
    ],
)
def test_a_range_is_said_as_people_say_it(bounds, words):
    assert range_words(bounds, "mm") == words


@given(st.floats(-1e6, 1e6), st.floats(0, 1e3))
def test_what_is_in_a_range_lies_between_its_ends(middle, tolerance):
    bounds = {"eq": middle, "tol": tolerance}
    low, high = ends(bounds)
    assert within(low, bounds)
    assert within(high, bounds)
    assert not within(high + 1 + 1e-3 * abs(high), bounds)


def test_a_number_that_is_the_bound_but_for_its_last_binary_digit_is_in_the_range():
    assert within(0.1 + 0.2, {"max": 0.3})


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_what_is_infinite_or_no_number_is_in_no_range(value):
    assert not any(within(value, bounds) for bounds in ({"max": 3}, {"min": 3}, {"eq": 3, "tol": 1}, {}))


def test_a_number_loses_zeros_that_say_nothing():
    assert [number(n) for n in (2.0, 2.50, 2.1234, 30)] == ["2", "2.5", "2.123", "30"]


def test_the_severity_is_the_first_that_is_said_and_refusal_where_none_is():
    assert severity_of({}, {"severity": "note"}) is Severity.NOTE
    assert severity_of({"severity": "question"}, {"severity": "note"}) is Severity.QUESTION
    assert severity_of({}) is Severity.REFUSAL
