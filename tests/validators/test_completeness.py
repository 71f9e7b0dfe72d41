"""What a protocol's inputs, time points and outcome ask for, and what is wrong in any session."""

import pytest

from tests.phantoms import changed, names_of, only
from tests.validators.rulings import judged
from uploader.domain.finding import Outcome, Severity
from uploader.ports import Case
from uploader.validators.completeness import check

INPUTS = [
    {"key": "ct", "label": "Planning CT", "modality": "CT", "count": {"min": 1, "max": 1}},
    {
        "key": "structures",
        "label": "Structures",
        "modality": "RTSTRUCT",
        "unit": "instances",
        "count": {"min": 1, "max": 1},
    },
    {"key": "plan", "label": "Plan", "modality": "RTPLAN", "count": {"min": 1}},
    {"key": "dose", "label": "Dose", "modality": "RTDOSE", "count": {"min": 1}, "severity": "question"},
]
VISITS = [
    {"code": "PLAN", "label": "Planning", "inputs": ["ct", "structures", "plan", "dose"], "max_sessions": 2},
    {"code": "CBCT", "label": "First fraction", "inputs": ["ct"], "severity": "question"},
]


def asked(change=None, **more):
    inputs = [{**each, **(change or {}).get(each["key"], {})} for each in INPUTS]
    return {"inputs": inputs, **more}


def verdict(session, protocol, chosen=None, **more):
    rulings, findings = judged(check, Case(session, protocol, chosen or {}, **more))
    return rulings, {finding.code: finding for finding in findings}


def without(modality):
    return lambda s: [s.pop(name) for name in names_of(s, modality)]


def second(modality, **attributes):
    """Another object of the modality, in a series of its own."""
    return lambda s: s.update(
        {
            "scans/9/DICOM/0001.dcm": {
                **only(s, modality),
                "SOPInstanceUID": "1.9",
                "SeriesInstanceUID": "1.8",
                **attributes,
            }
        }
    )


def test_the_phantom_has_all_that_is_asked_for(session):
    rulings, findings = verdict(session, asked())
    assert {ruling.outcome for ruling in rulings.values()} == {Outcome.PASSED}
    assert len(rulings) == 4
    assert findings == {}


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("completeness.instance-doubled", lambda s: s.update(copy=only(s, "RTPLAN"))),
        ("completeness.modality-missing", lambda s: s[names_of(s, "CT")[0]].update(Modality="")),
        ("completeness.series-missing", lambda s: only(s, "RTPLAN").update(SeriesInstanceUID="")),
    ],
)
@pytest.mark.parametrize("protocol", [{}, asked()], ids=["no protocol", "a protocol"])
def test_what_is_wrong_in_any_session_is_refused_whatever_the_protocol_says(session, code, change, protocol):
    _, findings = verdict(changed(session, change), protocol)
    assert (findings[code].severity, findings[code].line) == (Severity.REFUSAL, "")
    assert findings[code].remedy


def test_many_files_with_one_fault_are_one_finding(session):
    _, findings = verdict(changed(session, lambda s: [h.update(SeriesInstanceUID="") for h in s.values()]), {})
    assert findings["completeness.series-missing"].says.endswith(", as do 14 others")


def test_an_input_that_is_missing_is_told_with_its_rule_and_number(session):
    rulings, findings = verdict(changed(session, without("RTPLAN")), asked())
    finding = findings["completeness.input-missing"]
    assert (finding.line, finding.found, finding.expected) == ("/inputs/2/count", "0 series", "at least 1")
    assert finding.severity is Severity.REFUSAL
    assert rulings["/inputs/2/count"].outcome is Outcome.FAILED


def test_a_rule_is_as_severe_as_its_input_says(session):
    _, findings = verdict(changed(session, without("RTDOSE")), asked())
    assert findings["completeness.input-missing"].severity is Severity.QUESTION


def test_more_series_than_may_be_are_named(session):
    _, findings = verdict(changed(session, second("RTSTRUCT")), asked())
    finding = findings["completeness.input-surplus"]
    assert (finding.severity, finding.found, finding.expected) == (Severity.REFUSAL, "2 instance(s)", "1")
    assert "scans/9/DICOM/0001.dcm" in finding.where


def test_a_choice_left_to_people_is_a_question_to_them(session):
    protocol = asked({"structures": {"prefer": "ask"}})
    _, findings = verdict(changed(session, second("RTSTRUCT")), protocol)
    assert findings["completeness.input-surplus"].severity is Severity.QUESTION


@pytest.mark.parametrize(
    ("outcome", "severity"), [({}, Severity.QUESTION), ({"unmatched": "refusal"}, Severity.REFUSAL)]
)
def test_what_is_beside_the_one_that_is_meant_is_said(session, outcome, severity):
    protocol = asked({"structures": {"prefer": "latest"}}, outcome=outcome)
    older = changed(session, second("RTSTRUCT", StructureSetDate="20010101"))
    rulings, findings = verdict(older, protocol)
    assert list(findings) == ["completeness.aside"]
    assert findings["completeness.aside"].severity is severity
    assert findings["completeness.aside"].where == "scan of scans/9/DICOM/0001.dcm (0020,000E)"
    assert rulings["/inputs/1/count"].outcome is Outcome.PASSED
    assert rulings["/inputs/1/count"].says == "1 instance(s), and 1 instance(s) beside"


@pytest.mark.parametrize(("outcome", "severity"), [({}, Severity.REFUSAL), ({"unmatched": "note"}, Severity.NOTE)])
def test_a_series_that_is_no_input_never_goes_in_silence(session, outcome, severity):
    _, findings = verdict(changed(session, second("RTPLAN", Modality="REG")), asked(outcome=outcome))
    assert list(findings) == ["completeness.unmatched"]
    assert findings["completeness.unmatched"].severity is severity


def test_the_description_of_a_stranger_is_for_the_reviewer_alone(session):
    stranger = second("RTPLAN", Modality="REG", SeriesNumber=7, SeriesDescription="Fusion for Ottoline")
    _, findings = verdict(changed(session, stranger), asked())
    finding = findings["completeness.unmatched"]
    assert finding.evidence.reveal() == "REG | 7 | Fusion for Ottoline"
    assert "Ottoline" not in repr(finding)


def test_the_rule_on_series_that_are_no_input_passes_where_there_are_none(session):
    rulings, _ = verdict(session, asked(outcome={"unmatched": "question"}))
    assert rulings["/outcome/unmatched"].outcome is Outcome.PASSED


def test_an_input_of_another_arm_need_not_be_there(session):
    protocol = asked({"plan": {"when": "arm == 'B'"}})
    rulings, findings = verdict(changed(session, without("RTPLAN")), protocol, {"arm": "A"})
    assert rulings["/inputs/2/count"].outcome is Outcome.NOT_APPLICABLE
    assert findings == {}


def test_an_input_of_another_arm_does_not_go_in_silence(session):
    _, findings = verdict(session, asked({"plan": {"when": "arm == 'B'"}}), {"arm": "A"})
    assert list(findings) == ["completeness.input-uncalled"]
    assert findings["completeness.input-uncalled"].severity is Severity.QUESTION


def test_it_cannot_be_judged_whether_an_input_is_missing_while_no_arm_is_chosen(session):
    rulings, _ = verdict(session, asked({"plan": {"when": "arm == 'B'"}}))
    assert rulings["/inputs/2/count"].outcome is Outcome.NOT_EVALUABLE


def test_a_visit_asks_for_its_own_inputs_alone(session):
    images = {name: session[name] for name in names_of(session, "CT")}
    rulings, findings = verdict(images, asked(timepoints=VISITS), {"timepoint": "CBCT"})
    assert findings == {}
    assert rulings["/inputs/0/count"].outcome is Outcome.PASSED
    assert rulings["/inputs/1/count"].outcome is Outcome.NOT_APPLICABLE
    assert rulings["/timepoints/1/inputs"].outcome is Outcome.PASSED
    assert rulings["/timepoints/0/inputs"].outcome is Outcome.NOT_APPLICABLE


def test_what_a_visit_does_not_bring_is_told_by_its_rule(session):
    rulings, findings = verdict(session, asked(timepoints=VISITS), {"timepoint": "CBCT"})
    assert rulings["/timepoints/1/inputs"].outcome is Outcome.FAILED
    finding = findings["completeness.input-uncalled"]
    assert (finding.severity, finding.line) == (Severity.QUESTION, "/timepoints/1/inputs")


def again(key, **said):
    """Another input that recognises the planning CT."""
    return {**INPUTS[0], "key": key, **said}


def test_a_series_that_is_two_inputs_at_once_is_a_question(session):
    _, findings = verdict(session, {"inputs": [*INPUTS, again("mean_ct", label="Average CT")]})
    assert list(findings) == ["completeness.ambiguous"]
    assert findings["completeness.ambiguous"].says == "a series is recognised as Planning CT and Average CT at once"


@pytest.mark.parametrize(
    "other",
    [again("cbct"), again("cbct", when="arm == 'B'")],
    ids=["of another visit", "of another visit and arm"],
)
def test_a_series_that_is_called_for_may_look_like_one_that_is_not(session, other):
    visits = [{**VISITS[0], "max_sessions": 9}, {"code": "CBCT", "label": "First fraction", "inputs": ["cbct"]}]
    protocol = {"inputs": [*INPUTS, other], "timepoints": visits}
    _, findings = verdict(session, protocol, {"timepoint": "PLAN", "arm": "A"}, visits=[])
    assert findings == {}


def test_rules_on_visits_are_open_while_none_is_chosen(session):
    rulings, findings = verdict(session, asked(timepoints=VISITS))
    assert {rulings[f"/timepoints/{n}/inputs"].outcome for n in (0, 1)} == {Outcome.NOT_EVALUABLE}
    assert findings == {}


@pytest.mark.parametrize(
    ("visits", "outcome"),
    [
        (None, Outcome.NOT_EVALUABLE),
        ([], Outcome.PASSED),
        (["PLAN", "CBCT", "CBCT"], Outcome.PASSED),
        (["PLAN", "PLAN"], Outcome.FAILED),
    ],
)
def test_a_visit_has_so_many_sessions_and_no_more(session, visits, outcome):
    rulings, findings = verdict(session, asked(timepoints=VISITS), {"timepoint": "PLAN"}, visits=visits)
    assert rulings["/timepoints/0/max_sessions"].outcome is outcome
    assert ("completeness.visits" in findings) == (outcome is Outcome.FAILED)


def test_an_empty_session_lacks_every_input():
    rulings, _ = verdict({}, asked())
    assert {ruling.outcome for ruling in rulings.values()} == {Outcome.FAILED}
