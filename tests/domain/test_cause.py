"""One fault is named once, and nothing that stops a session is hidden under it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from uploader.domain.cause import by_cause
from uploader.domain.finding import Finding, Severity, judge
from uploader.domain.waiver import Waiver


def found(code, follows="", severity=Severity.REFUSAL, line=""):
    return Finding(code, severity, "rs", "it is so", line=line, follows=follows and f"{follows} rs")


def told(*findings, waivers=()):
    verdict = judge("DEMO-RT v1", "", findings, (), waivers)
    return {root.code: [each.code for each in following] for root, following in by_cause(verdict)}


def test_findings_are_told_under_what_they_follow_from_over_however_many_steps():
    assert told(found("b.gap", "c.lost"), found("a.uneven", "b.gap"), found("c.lost"), found("d.own")) == {
        "c.lost": ["a.uneven", "b.gap"],
        "d.own": [],
    }


def test_a_finding_whose_cause_is_not_there_stands_by_itself():
    assert told(found("a.uneven", "b.gap")) == {"a.uneven": []}


def test_a_refusal_is_never_told_under_a_question():
    assert told(found("a.uneven", "b.gap"), found("b.gap", severity=Severity.QUESTION)) == {
        "a.uneven": [],
        "b.gap": [],
    }


def test_what_follows_from_a_finding_that_was_waived_stands_by_itself():
    waiver = Waiver("ada", "2026-11-29T10:00:00+00:00", "qa", "gap", "/gap", "resected", "p", "d")
    assert told(found("a.uneven", "b.gap"), found("b.gap", line="/gap"), waivers=[waiver]) == {
        "a.uneven": [],
        "b.gap": [],
    }


def test_findings_that_follow_from_one_another_in_a_circle_stand_by_themselves():
    assert told(found("a.one", "b.two"), found("b.two", "a.one"), found("c.three", "a.one"), found("d.d", "d.d")) == {
        "a.one": [],
        "b.two": [],
        "c.three": [],
        "d.d": [],
    }


CODES = st.sampled_from(["a.a", "b.b", "c.c", "d.d"])


@given(st.lists(st.builds(found, CODES, CODES | st.just(""), st.sampled_from(list(Severity))), max_size=6))
def test_every_finding_is_told_once_and_none_under_one_that_is_less_severe(findings):
    verdict = judge("DEMO-RT v1", "", [replace(each, says=str(n)) for n, each in enumerate(findings)])
    grouped = by_cause(verdict)
    every = [each for root, following in grouped for each in (root, *following)]
    assert sorted(map(repr, every)) == sorted(map(repr, verdict.findings))
    assert all(root.severity >= each.severity for root, following in grouped for each in following)
