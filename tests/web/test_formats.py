"""How findings look."""

from __future__ import annotations

import pytest

from uploader.domain.finding import Finding, Severity, judge
from uploader.web.formats import alike, named_place, sentence, tally


def found(where, severity=Severity.QUESTION, says="the ROI has no contours (protocol: checks/radiotherapy/empty)"):
    return Finding("radiotherapy.roi-empty", severity, where, says, "draw it")


def test_findings_that_differ_only_in_their_place_are_told_once():
    (told,) = alike([found("a"), found("b"), found("c")])
    assert told.places == ("a", "b", "c")


def test_findings_of_other_severity_or_words_are_told_apart():
    told = alike([found("a", Severity.REFUSAL), found("b"), found("c", says="other words"), found("d")])
    assert [(each.severity, each.places) for each in told] == [
        ("refusal", ("a",)),
        ("question", ("b", "d")),
        ("question", ("c",)),
    ]


def test_the_protocol_line_stands_apart_from_what_was_found():
    (told,) = alike([found("a")])
    assert (told.says, told.line) == ("the ROI has no contours", "checks/radiotherapy/empty")


def test_a_rule_that_is_no_protocols_has_no_line():
    (told,) = alike([found("a", says="something is left (in the preamble)")])
    assert (told.says, told.line) == ("something is left (in the preamble)", "")


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
