"""What the plans of a course have together is judged together: fractions, prescribed doses, and that doses add up."""

from __future__ import annotations

import pytest

from tests.phantoms import boosted, changed, names_of, only
from tests.validators.rulings import judged
from uploader.domain.finding import Outcome, Severity
from uploader.ports import Case
from uploader.validators import dose, plan, references
from uploader.validators.carried import carry_over, known_of

PLAN = {"key": "plan", "label": "Plan", "modality": "RTPLAN", "unit": "instances", "count": {"min": 1}}
DOSE = {"key": "dose", "label": "Dose", "modality": "RTDOSE", "unit": "instances", "count": {"min": 1}}
TWICE = {"target": "PTV_5040", "total_gy": {"eq": 100.8}, "fraction_gy": {"eq": 1.8}}
FRACTIONS, TARGET, PLANS = "/course/fractions", "/course/prescriptions/0", "/course/plans"
BEAMS = "FractionGroup.BeamDose_sum_x_fractions"


def said(session, change=boosted, chosen=None, inputs=(PLAN, DOSE), validator=plan.check, **course):
    """Rulings and findings on a course of the plans of a session after this change."""
    asked = {"inputs": list(inputs), "course": {"plans": ["plan"], **course}}
    return judged(validator, Case(changed(session, change), asked, chosen or {}))


def boost_plan(session):
    return session["scans/4/DICOM/boost.dcm"]


def with_boost(**attributes):
    def change(session):
        boosted(session)
        boost_plan(session).update(attributes)

    return change


def fraction_group(**attributes):
    def change(session):
        boosted(session)
        boost_plan(session)["FractionGroupSequence"][0].update(attributes)

    return change


def test_fractions_of_all_plans_are_added_up(session):
    rulings, findings = said(session, fractions={"eq": 56})
    assert (findings, rulings[FRACTIONS].says) == ([], "28 + 28 = 56 fractions")
    rulings, (finding,) = said(session, fraction_group(NumberOfFractionsPlanned=8), fractions={"eq": 35})
    assert (finding.code, finding.found, finding.expected) == ("plan.fractions", "28 + 8 = 36", "35")
    assert all(name in finding.where for name in ("boost.dcm", names_of(session, "RTPLAN")[0]))


def test_prescribed_doses_of_all_plans_are_added_up_and_fractions_are_those_of_each(session):
    rulings, findings = said(session, prescriptions=[TWICE])
    assert (findings, rulings[TARGET].outcome) == ([], Outcome.PASSED)
    assert rulings[TARGET].says.startswith("100.8 Gy by DoseReferenceSequence")
    _, (finding,) = said(session, prescriptions=[TWICE | {"total_gy": {"eq": 66}, "severity": "question"}])
    assert (finding.code, finding.found, finding.severity) == ("plan.prescription", "100.8 Gy", Severity.QUESTION)
    hypofractionated = fraction_group(NumberOfFractionsPlanned=14)
    _, (finding,) = said(session, hypofractionated, prescriptions=[TWICE])
    assert (finding.code, finding.found) == ("plan.fraction-dose", "3.6 Gy in each of 14 fractions")
    assert finding.where.startswith("scans/4/DICOM/boost.dcm ")


def test_a_source_counts_only_if_all_plans_have_it(session):
    other = with_boost(DoseReferenceSequence=None)
    rulings, _ = said(session, other, prescriptions=[TWICE])
    assert rulings[TARGET].says.startswith(f"100.8 Gy by {BEAMS}")
    only_references = TWICE | {"source": ["DoseReferenceSequence.TargetPrescriptionDose"]}
    rulings, findings = said(session, other, prescriptions=[only_references])
    assert (rulings[TARGET].outcome, findings) == (Outcome.NOT_EVALUABLE, [])


def target(gray):
    return {"DoseReferenceType": "TARGET", "DoseReferenceStructureType": "SITE", "TargetPrescriptionDose": gray}


def test_doses_of_which_none_is_said_to_be_the_target_s_are_left_to_a_person_unless_no_sum_is_right(session):
    either = with_boost(DoseReferenceSequence=[target(10.0), target(15.6)])
    rulings, findings = said(session, either, prescriptions=[{"target": "PTV_5040", "total_gy": {"eq": 66}}])
    assert (rulings[TARGET].outcome, findings) == (Outcome.NOT_EVALUABLE, [])
    assert "66 Gy or 60.4 Gy" in rulings[TARGET].says
    _, (finding,) = said(session, either, prescriptions=[{"target": "PTV_5040", "total_gy": {"eq": 70}}])
    assert finding.found == "66 Gy or 60.4 Gy"


def test_more_possible_doses_than_anyone_could_look_at_are_none(session):
    many = with_boost(DoseReferenceSequence=[target(float(n)) for n in range(500)])
    rulings, findings = said(session, many, prescriptions=[TWICE])
    assert (rulings[TARGET].outcome, findings) == (Outcome.NOT_EVALUABLE, [])


def test_a_prescription_of_an_arm_holds_in_that_arm(session):
    rulings, _ = said(session, chosen={"arm": "B"}, prescriptions=[TWICE | {"arm": "A"}])
    assert rulings[TARGET].outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (fraction_group(NumberOfFractionsPlanned=None), "how many fractions"),
        (
            with_boost(ReferencedRTPlanSequence=[{"RTPlanRelationship": "ALTERNATIVE"}]),
            "28 + 28 = 56",
        ),
        (lambda s: s.pop(names_of(s, "RTPLAN")[0]), "the session has no plan"),
    ],
)
def test_what_a_course_does_not_say_is_not_judged(session, change, says):
    rulings, findings = said(session, change, fractions={"eq": 56})
    assert (says in rulings[FRACTIONS].says, findings) == (True, [])


def test_a_course_of_which_a_plan_is_missing_is_not_judged_by_the_others(session):
    two = PLAN | {"count": {"min": 2}}
    rulings, findings = said(session, lambda s: None, inputs=[two, DOSE], fractions={"eq": 28}, prescriptions=[TWICE])
    assert {ruling.outcome for ruling in rulings.values()} == {Outcome.NOT_EVALUABLE}
    assert ({ruling.says for ruling in rulings.values()}, findings) == ({"the session has too few plans of plan"}, [])


def test_nothing_is_asked_of_a_course_in_a_session_that_need_not_have_plans(session):
    none = [PLAN | {"count": {"min": 0}}, DOSE | {"count": {"min": 0}}]
    for validator in (plan.check, dose.check):
        rulings, findings = said(
            session, lambda s: s.pop(names_of(s, "RTPLAN")[0]), None, none, validator, fractions={"eq": 28}
        )
        assert {ruling.outcome for ruling in rulings.values()} == {Outcome.NOT_APPLICABLE}
        assert findings == []


def test_whether_the_doses_of_a_course_add_up_is_said_whatever_else_is_asked(session):
    rulings, _ = said(session, validator=dose.check)
    assert (rulings[PLANS].outcome, rulings[PLANS].says) == (Outcome.PASSED, "plans: 2, doses: 2")
    rulings, _ = said(session, lambda s: boosted(s, DoseType="EFFECTIVE"), validator=dose.check)
    assert (rulings[PLANS].outcome, "different types" in rulings[PLANS].says) == (Outcome.NOT_EVALUABLE, True)
    rulings, _ = said(session, inputs=[PLAN], validator=dose.check)
    assert rulings[PLANS].outcome is Outcome.NOT_APPLICABLE


def test_a_target_of_a_course_that_was_known_by_its_description_is_known_in_the_anonymised_plans_too(session):
    both = [
        target(60.0) | {"DoseReferenceDescription": "Boost"},
        target(50.4) | {"DoseReferenceDescription": "PTV_5040"},
    ]
    asked = {
        "inputs": [PLAN],
        "course": {"plans": ["plan"], "prescriptions": [{"target": "PTV_5040", "total_gy": {"eq": 50.4}}]},
    }
    before = Case(changed(session, lambda s: only(s, "RTPLAN").update(DoseReferenceSequence=both)), asked)
    bare = [{**each, "DoseReferenceDescription": ""} for each in both]
    after = Case(changed(session, lambda s: only(s, "RTPLAN").update(DoseReferenceSequence=bare)), asked)
    carry_over(known_of(before), after)
    assert judged(plan.check, before)[0][TARGET].outcome is Outcome.PASSED
    assert judged(plan.check, after)[0] == judged(plan.check, before)[0]


def test_what_is_asked_of_one_plan_is_not_judged_of_several(session):
    inputs = [PLAN | {"plan": {"prescriptions": [TWICE]}}]
    rulings, findings = judged(plan.check, Case(changed(session, boosted), {"inputs": inputs}))
    (ruling,) = rulings.values()
    assert (ruling.outcome, findings, "`course`" in ruling.says) == (Outcome.NOT_EVALUABLE, [], True)


def phases():
    """Two phases, each an input of its own, told apart by their fractions; one input of doses."""
    tell = {"attr": "FractionGroupSequence[0].NumberOfFractionsPlanned", "op": "eq"}
    inputs = [
        PLAN | {"key": key, "match": [{**tell, "value": planned}]} for key, planned in (("plan", 28), ("boost", 8))
    ]
    per_plan = {"dose": {"plan": "plan", "summation": ["PLAN"], "one_per_plan": True}}
    chain = {"id": "chain", "kind": "reference_chain", "inputs": ["dose", "plan"]}
    return {"inputs": [*inputs, DOSE | per_plan], "cross_checks": [chain], "course": {"plans": ["plan", "boost"]}}


def test_doses_of_phases_that_are_inputs_of_their_own_belong_to_all_of_them(session):
    asked, two = phases(), changed(session, fraction_group(NumberOfFractionsPlanned=8))
    for validator, line in ((references.check, "/cross_checks/0"), (dose.check, "/inputs/2/dose/one_per_plan")):
        rulings, findings = judged(validator, Case(two, asked))
        assert (rulings[line].outcome, [f for f in findings if f.line]) == (Outcome.PASSED, [])
    lacking = changed(two, lambda s: s.pop("scans/5/DICOM/boost.dcm"))
    _, (finding,) = judged(dose.check, Case(lacking, asked))
    assert (finding.code, finding.where.partition(" ")[0]) == ("dose.per-plan", "scans/4/DICOM/boost.dcm")


def test_without_a_course_the_dose_of_another_plan_leads_elsewhere(session):
    asked, two = phases(), changed(session, fraction_group(NumberOfFractionsPlanned=8))
    del asked["course"]
    _, findings = judged(references.check, Case(two, asked))
    assert "references.link-elsewhere" in {finding.code for finding in findings}
