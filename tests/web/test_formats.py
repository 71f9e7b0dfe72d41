"""How findings look."""

from __future__ import annotations

from dataclasses import replace

import pytest

from uploader.domain.finding import Finding, Outcome, Ruling, Severity, judge
from uploader.domain.waiver import Waiver
from uploader.web.formats import alike, breakable, by_outcome, named_place, outcomes, sentence, tally

LINE = "/rois/3/volume_cc"
LET_PASS = Waiver("ada", "2026-11-29T10:00:00+00:00", "qa", "rois.Larynx", LINE, "resected", "p", "d")


def found(where, severity=Severity.QUESTION, says="the ROI has no contours", line=LINE):
    return Finding("structures.volume", severity, where, says, "draw it", None, line, "2 cm3", "at least 5 cm3")


def told(*findings, waivers=()):
    return alike(judge("DEMO-RT v1", "0" * 64, findings, (), waivers))


def test_findings_that_differ_only_in_their_place_are_told_once():
    (each,) = told(found("a"), found("b"), found("c"))
    assert each.places == ("a", "b", "c")


def test_findings_of_other_severity_or_words_are_told_apart():
    each = told(found("a", Severity.REFUSAL), found("b"), found("c", says="other words"), found("d"))
    assert [(e.severity, e.places) for e in each] == [
        ("refusal", ("a",)),
        ("question", ("b", "d")),
        ("question", ("c",)),
    ]


def test_a_finding_is_told_with_its_line_and_what_was_found_and_expected():
    (each,) = told(found("a"))
    assert (each.line, each.found, each.expected) == (LINE, "2 cm3", "at least 5 cm3")


def test_a_finding_that_was_waived_stays_and_says_by_whom():
    verdict = judge("DEMO-RT v1", "0" * 64, [found("a", Severity.REFUSAL), found("b", line="/rois/4")], (), [LET_PASS])
    assert [each.waiver for each in alike(verdict)] == [LET_PASS, None]
    assert tally([verdict]) == "1 question, 1 waived"
    assert not verdict.refused


def test_what_follows_from_a_finding_is_told_and_counted_with_it():
    cause, other = found("a", Severity.REFUSAL, line=""), found("b", Severity.REFUSAL)
    follows = [replace(found(where, Severity.REFUSAL), code="structures.gap", follows=cause.name) for where in "cd"]
    verdict = judge("DEMO-RT v1", "0" * 64, [cause, other, *follows])
    assert [(e.places, [each.places for each in e.following]) for e in alike(verdict)] == [
        (("a",), [("c", "d")]),
        (("b",), []),
    ]
    assert tally([verdict]) == "2 refusals and 2 findings that follow"


def test_rules_are_told_by_outcome_those_that_failed_first():
    rulings = [Ruling(f"/rois/{n}", outcome) for n, outcome in enumerate((*Outcome, Outcome.PASSED))]
    verdict = judge("DEMO-RT v1", "0" * 64, [], rulings)
    assert [outcome for outcome, _ in by_outcome(verdict)] == ["fail", "not evaluable", "pass", "not applicable"]
    assert outcomes(verdict) == "1 fail, 1 not evaluable, 2 pass, 1 not applicable"


@pytest.mark.parametrize(
    ("severities", "says"),
    [
        ((), "none"),
        ((Severity.QUESTION,), "1 question"),
        ((Severity.NOTE, Severity.QUESTION, Severity.REFUSAL, Severity.REFUSAL), "2 refusals, 1 question, 1 note"),
    ],
)
def test_findings_are_counted_the_worst_first(severities, says):
    assert tally([None, judge("DEMO-RT v1", "0" * 64, [found(str(n), s) for n, s in enumerate(severities)])]) == says


@pytest.mark.parametrize(
    ("where", "shown"),
    [
        ("scans/2/DICOM/0001.dcm (0018,1153)", "scans/2/DICOM/0001.dcm (0018,1153) ExposureInuAs"),
        ("session (3006,0026) ROI 7", "session (3006,0026) ROIName, ROI 7"),
        ("a.dcm (0040,0275)[0].(0040,0007)", "a.dcm (0040,0275)[0].(0040,0007) ScheduledProcedureStepDescription"),
        ("a.dcm (0011,1001)", "a.dcm (0011,1001)"),
        ("session", "session"),
    ],
)
def test_a_place_names_its_element(where, shown):
    assert named_place(where) == shown


def test_a_sentence_has_one_end():
    assert [sentence(text) for text in ("it stopped", "It stopped.", "did it?", "")] == [
        "It stopped.",
        "It stopped.",
        "Did it?",
        "",
    ]


def test_a_protocol_line_breaks_between_words_and_is_text():
    assert breakable("/rois/<3>_cc") == "/<wbr>rois/<wbr>&lt;3&gt;_<wbr>cc"
