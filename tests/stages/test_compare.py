"""What a rule says of the anonymised files is held against what it said of the originals."""

from __future__ import annotations

import pytest

from tests.stages.test_validate import asking, replace
from uploader.domain.finding import Finding, Outcome, Ruling, Severity, judge
from uploader.domain.rule import Rule
from uploader.stages.compare import AGREE, MAY_DIFFER, compared

LINE = "/inputs/0/geometry/extent_mm"
PASSED = Ruling(LINE, Outcome.PASSED, "240 mm")
WIDE = Finding("geometry.extent", Severity.QUESTION, "scans/1", "too long", line=LINE, found="250 mm")


def verdict(*said, line=LINE):
    findings = [each for each in said if isinstance(each, Finding)]
    return judge("T v1", "d", findings, [replace(each, line=line) for each in said if isinstance(each, Ruling)])


def differing(validator, before, after, *, blanked=False, line=LINE, **content):
    """Code and severity of what is told of a rule of this validator."""
    protocol = replace(asking(), rules=(Rule(line, validator, Severity.REFUSAL, "CT: Extent"),), content=content)
    found = compared(before, after, protocol, blanked).findings
    return [(f.code, f.severity) for f in found]


FAULT = [("protocol.changed", Severity.REFUSAL)]
LAWFUL = [("protocol.differs", Severity.NOTE)]


@pytest.mark.parametrize("validator", sorted(AGREE))
@pytest.mark.parametrize(
    "after",
    [
        (Ruling(LINE, Outcome.PASSED, "241 mm"),),
        (Ruling(LINE, Outcome.NOT_EVALUABLE, "240 mm"),),
        (Ruling(LINE, Outcome.FAILED), WIDE),
        (),
    ],
)
def test_a_rule_that_must_agree_and_does_not_is_a_fault_of_ours(validator, after):
    assert differing(validator, verdict(PASSED), verdict(*after)) == FAULT


def test_two_failures_with_another_measured_value_do_not_agree():
    failed = Ruling(LINE, Outcome.FAILED)
    assert differing("geometry", verdict(failed, WIDE), verdict(failed, replace(WIDE, found="251 mm"))) == FAULT
    assert differing("geometry", verdict(failed, WIDE), verdict(failed, replace(WIDE, where="scans/2"))) == []


@pytest.mark.parametrize("validator", sorted(MAY_DIFFER))
def test_a_rule_that_may_differ_is_told_with_the_reason(validator):
    assert differing(validator, verdict(PASSED), verdict(Ruling(LINE, Outcome.FAILED))) == LAWFUL


def test_a_rule_of_a_validator_from_elsewhere_is_asked_about():
    asked = [("protocol.differs", Severity.QUESTION)]
    assert differing("theirs", verdict(PASSED), verdict(Ruling(LINE, Outcome.FAILED))) == asked
    assert differing("geometry", verdict(PASSED), verdict(PASSED, line="/plugin")) == [*FAULT, *asked]


def test_notes_of_a_validator_from_elsewhere_may_differ_but_not_what_it_fails():
    check = "/checks/0"
    noted, passed, failed = replace(WIDE, line=check), Ruling(check, Outcome.PASSED), Ruling(check, Outcome.FAILED)
    assert compared(verdict(passed, noted, line=check), verdict(passed, line=check), asking()).worst is Severity.NOTE
    worse = compared(verdict(failed, noted, line=check), verdict(failed, line=check), asking()).worst
    assert worse is Severity.QUESTION


def test_the_range_of_values_may_differ_where_boxes_were_made_black():
    line = "/inputs/0/pixel/expected_range"
    after = verdict(Ruling(line, Outcome.PASSED, "-1024 to 900"), line=line)
    assert differing("pixels", verdict(PASSED, line=line), after, line=line, blanked=True) == LAWFUL
    assert differing("pixels", verdict(PASSED, line=line), after, line=line) == FAULT


def test_an_interval_may_lose_its_dates_but_not_change():
    line, days = "/cross_checks/0", {"cross_checks": [{"kind": "time_interval_days"}]}
    before = verdict(Ruling(line, Outcome.PASSED, "7 days"), line=line)
    without = verdict(Ruling(line, Outcome.NOT_EVALUABLE, "there is no date"), line=line)
    assert differing("references", before, without, line=line, **days) == LAWFUL
    other = verdict(Ruling(line, Outcome.PASSED, "8 days"), line=line)
    assert differing("references", before, other, line=line, **days) == FAULT


@pytest.mark.parametrize("code", ["references.image-missing", "structures.number-twice", "validator.broken"])
def test_a_finding_that_every_trial_has_and_that_is_new_or_gone_is_a_fault_of_ours(code):
    found = Finding(code, Severity.REFUSAL, "scans/1", "")
    for pair in ((verdict(PASSED), verdict(PASSED, found)), (verdict(PASSED, found), verdict(PASSED))):
        assert differing("geometry", *pair) == FAULT
    assert differing("geometry", verdict(PASSED, found), verdict(PASSED, found)) == []


def test_who_the_patient_is_may_be_told_otherwise():
    found = Finding("identity.issuer-differs", Severity.QUESTION, "scans/1", "")
    assert differing("geometry", verdict(PASSED, found), verdict(PASSED)) == []
