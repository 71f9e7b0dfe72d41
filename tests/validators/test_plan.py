"""Plans are judged by what the trial asks of them, and nothing is judged by what they do not say."""

from __future__ import annotations

import shutil

import pytest

from tests.phantoms import changed, headers_of, only
from tests.validators.rulings import judged, one_input
from uploader.domain.finding import Outcome, Severity
from uploader.ports import Case
from uploader.validators.carried import carry_over, known_of
from uploader.validators.plan import check

ASKED = {
    "approval": ["APPROVED"],
    "geometry": "PATIENT",
    "fractions": {"eq": 28},
    "prescriptions": [{"target": "PTV_5040", "total_gy": {"eq": 50.4, "tol": 0.1}, "fraction_gy": {"eq": 1.8}}],
    "radiation": ["PHOTON"],
    "techniques": ["STATIC"],
    "nominal_energy": [6, 10],
    "treatment_beams": {"min": 1, "max": 2},
    "single_isocentre_tol_mm": 1,
}
FIRST = "/inputs/0/plan"


def asking(said, chosen=None, **more):
    def case(session):
        return Case(session, one_input("RTPLAN", "plan", said, **more), chosen or {})

    return case


def plan(**attributes):
    return lambda s: only(s, "RTPLAN").update(attributes)


def beam(**attributes):
    return lambda s: only(s, "RTPLAN")["BeamSequence"][0].update(attributes)


def group(**attributes):
    return lambda s: only(s, "RTPLAN")["FractionGroupSequence"][0].update(attributes)


def second_beam(**attributes):
    """A copy of the first beam, with these attributes."""

    def change(session):
        beams = only(session, "RTPLAN")["BeamSequence"]
        beams.append({**beams[0], "BeamNumber": 2, **attributes})

    return change


def at(*position):
    return [{"IsocenterPosition": list(map(float, position)), "NominalBeamEnergy": 6.0}]


def reference(dose, kind="SITE", **more):
    kind_of = {"DoseReferenceType": "TARGET", "DoseReferenceStructureType": kind}
    return {**kind_of, "TargetPrescriptionDose": float(dose), **more}


def test_the_plan_of_the_phantom_is_as_the_trial_asks(session):
    rulings, findings = judged(check, asking(ASKED)(session))
    assert findings == []
    assert {ruling.outcome for ruling in rulings.values()} == {Outcome.PASSED}
    assert len(rulings) == len(ASKED)


@pytest.mark.parametrize(
    ("rule", "code", "found", "change"),
    [
        ("approval", "plan.approval", "UNAPPROVED", plan(ApprovalStatus="UNAPPROVED")),
        ("approval", "plan.approval", "no term of the standard", plan(ApprovalStatus="Erika")),
        ("geometry", "plan.geometry", "TREATMENT_DEVICE", plan(RTPlanGeometry="TREATMENT_DEVICE")),
        ("fractions", "plan.fractions", "27", group(NumberOfFractionsPlanned=27)),
        ("radiation", "plan.radiation", "ELECTRON", beam(RadiationType="ELECTRON")),
        ("techniques", "plan.technique", "DYNAMIC", beam(BeamType="DYNAMIC")),
        ("nominal_energy", "plan.energy", "15", beam(ControlPointSequence=[{"NominalBeamEnergy": 15.0}])),
        ("treatment_beams", "plan.beams", "0", beam(TreatmentDeliveryType="SETUP")),
        (
            "single_isocentre_tol_mm",
            "plan.isocentre",
            "5 mm apart",
            second_beam(ControlPointSequence=at(-77, 4, 0)),
        ),
    ],
)
def test_a_plan_that_differs_fails_the_rule_and_says_what_was_found(session, rule, code, found, change):
    rulings, findings = judged(check, asking({rule: ASKED[rule]})(changed(session, change)))
    (finding,) = findings
    assert (finding.code, finding.severity, finding.found) == (code, Severity.REFUSAL, found)
    assert finding.line == f"{FIRST}/{rule}"
    assert finding.expected
    assert finding.remedy
    assert rulings[finding.line].outcome is Outcome.FAILED


def test_what_a_person_typed_where_a_code_belongs_is_shown_to_the_reviewer_only(session):
    _, findings = judged(check, asking(ASKED)(changed(session, plan(ApprovalStatus="Erika"))))
    assert findings[0].evidence.reveal() == "Erika"
    assert "Erika" not in repr(findings)


@pytest.mark.parametrize(
    ("missing", "outcome", "severity"),
    [
        ("fail", Outcome.FAILED, Severity.REFUSAL),
        ("question", Outcome.FAILED, Severity.QUESTION),
        ("note", Outcome.FAILED, Severity.NOTE),
        ("pass", Outcome.PASSED, None),
        ("not_evaluable", Outcome.NOT_EVALUABLE, None),
        (None, Outcome.NOT_EVALUABLE, None),
    ],
)
def test_the_protocol_says_what_a_missing_approval_means(session, missing, outcome, severity):
    said = {"approval": ["APPROVED"], **({"approval_on_missing": missing} if missing else {})}
    rulings, findings = judged(check, asking(said)(changed(session, plan(ApprovalStatus=""))))
    assert rulings[f"{FIRST}/approval"].outcome is outcome
    assert [finding.severity for finding in findings] == ([] if severity is None else [severity])


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("geometry", plan(RTPlanGeometry="")),
        ("fractions", group(NumberOfFractionsPlanned=None)),
        ("radiation", beam(RadiationType=None)),
        ("techniques", beam(BeamType="")),
        ("nominal_energy", beam(ControlPointSequence=None)),
        ("nominal_energy", plan(BeamSequence=None)),
        ("single_isocentre_tol_mm", beam(ControlPointSequence=[{}])),
    ],
)
def test_what_the_plan_does_not_say_is_not_judged(session, rule, change):
    rulings, findings = judged(check, asking({rule: ASKED[rule]})(changed(session, change)))
    assert rulings[f"{FIRST}/{rule}"].outcome is Outcome.NOT_EVALUABLE
    assert rulings[f"{FIRST}/{rule}"].says
    assert findings == []


def test_a_beam_for_setup_is_neither_counted_nor_judged(session):
    setup = changed(session, second_beam(TreatmentDeliveryType="SETUP", RadiationType="", ControlPointSequence=None))
    rulings, findings = judged(check, asking({**ASKED, "treatment_beams": {"eq": 1}})(setup))
    assert findings == []
    assert {ruling.outcome for ruling in rulings.values()} == {Outcome.PASSED}


def test_a_beam_that_does_not_say_what_it_is_for_treats_if_it_has_monitor_units(session):
    silent = changed(session, lambda s: (second_beam()(s), [b.pop("TreatmentDeliveryType") for b in beams_of(s)]))
    rulings, _ = judged(check, asking({"treatment_beams": {"eq": 1}})(silent))
    assert rulings[f"{FIRST}/treatment_beams"].outcome is Outcome.PASSED


def beams_of(session):
    return only(session, "RTPLAN")["BeamSequence"]


def prescribing(session, references, said, chosen=None):
    """(ruling, findings) of one prescription for a plan with these dose references."""
    other = changed(session, plan(DoseReferenceSequence=references))
    rulings, findings = judged(check, asking({"prescriptions": [said]}, chosen)(other))
    return rulings[f"{FIRST}/prescriptions/0"], findings


def test_the_dose_of_a_target_is_that_of_its_roi_whatever_else_the_plan_prescribes(session):
    both = [reference(60, "VOLUME", ReferencedROINumber=6), reference(50.4, "VOLUME", ReferencedROINumber=8)]
    ruling, _ = prescribing(session, both, {"target": "PTV_5040", "total_gy": {"eq": 50.4}})
    assert (ruling.outcome, ruling.says) == (
        Outcome.PASSED,
        "50.4 Gy by DoseReferenceSequence.TargetPrescriptionDose",
    )
    ruling, (finding,) = prescribing(session, both, {"target": "GTV", "total_gy": {"eq": 50.4}})
    assert (finding.code, finding.found, finding.expected) == ("plan.prescription", "60 Gy", "50.4 Gy")
    assert "DoseReferenceSequence" in finding.says


def test_a_dose_without_an_roi_is_the_target_s_if_it_is_called_so(session):
    both = [reference(60, DoseReferenceDescription="Boost"), reference(50.4, DoseReferenceDescription="ptv 5040")]
    other = changed(session, plan(DoseReferenceSequence=both))
    asked = one_input("RTPLAN", "plan", {"prescriptions": [{"target": "PTV_5040", "total_gy": {"eq": 50.4}}]}) | {
        "nomenclature": {"standard": "list-only", "ignore": ["case", "separators"]}
    }
    rulings, _ = judged(check, Case(other, asked))
    assert rulings[f"{FIRST}/prescriptions/0"].outcome is Outcome.PASSED


def test_a_target_that_was_known_by_its_description_is_known_in_the_anonymised_plan_too(session):
    both = [reference(60, DoseReferenceDescription="Boost"), reference(50.4, DoseReferenceDescription="PTV_5040")]
    asked = one_input("RTPLAN", "plan", {"prescriptions": [{"target": "PTV_5040", "total_gy": {"eq": 50.4}}]})
    before = Case(changed(session, plan(DoseReferenceSequence=both)), asked)
    bare = [{**each, "DoseReferenceDescription": ""} for each in both]
    after = Case(changed(session, plan(DoseReferenceSequence=bare)), asked)
    assert judged(check, after)[0][f"{FIRST}/prescriptions/0"].outcome is Outcome.NOT_EVALUABLE
    after = Case(after.headers, asked)
    carry_over(known_of(before), after)
    assert judged(check, after)[0] == judged(check, before)[0]


def test_doses_of_which_none_is_said_to_be_the_target_s_are_left_to_a_person_unless_all_are_wrong(session):
    both = [reference(60), reference(50.4)]
    ruling, findings = prescribing(session, both, {"target": "PTV_5040", "total_gy": {"eq": 50.4}})
    assert (ruling.outcome, findings) == (Outcome.NOT_EVALUABLE, [])
    assert "60 Gy or 50.4 Gy" in ruling.says
    ruling, (finding,) = prescribing(session, both, {"target": "PTV_5040", "total_gy": {"eq": 40}})
    assert (ruling.outcome, finding.found) == (Outcome.FAILED, "60 Gy or 50.4 Gy")


def test_the_dose_of_another_target_is_not_taken_for_the_one_asked_for(session):
    other = [reference(60, "VOLUME", ReferencedROINumber=6)]
    said = {"target": "PTV_5040", "total_gy": {"eq": 60}, "source": ["DoseReferenceSequence.TargetPrescriptionDose"]}
    assert prescribing(session, other, said)[0].outcome is Outcome.NOT_EVALUABLE


def test_a_dose_at_a_point_counts_only_where_no_volume_has_one(session):
    said = {"target": "PTV_5040", "total_gy": {"eq": 50.4}}
    point, volume = reference(50.4, "COORDINATES"), reference(48)
    assert prescribing(session, [point], said)[0].outcome is Outcome.PASSED
    assert prescribing(session, [point, volume], said)[1][0].found == "48 Gy"


def test_without_target_doses_the_doses_of_the_beams_over_all_fractions_count(session):
    said = {"target": "PTV_5040", "total_gy": {"eq": 50.4}, "fraction_gy": {"eq": 1.8}}
    ruling, _ = prescribing(session, None, said)
    assert (ruling.outcome, ruling.says) == (Outcome.PASSED, "50.4 Gy by FractionGroup.BeamDose_sum_x_fractions")
    ruling, _ = prescribing(session, None, {**said, "source": ["manual_entry"]})
    assert ruling.outcome is Outcome.NOT_EVALUABLE


def test_the_right_total_in_the_wrong_fractions_fails(session):
    said = {"target": "PTV_5040", "total_gy": {"eq": 50.4}, "fraction_gy": {"eq": 2}, "severity": "question"}
    _, (finding,) = prescribing(session, [reference(50.4)], said)
    assert (finding.code, finding.found) == ("plan.fraction-dose", "1.8 Gy in each of 28 fractions")
    assert finding.severity is Severity.QUESTION


@pytest.mark.parametrize(
    ("chosen", "outcome"),
    [
        ({"arm": "A"}, Outcome.PASSED),
        ({"arm": "B"}, Outcome.NOT_APPLICABLE),
        ({}, Outcome.NOT_EVALUABLE),
    ],
)
def test_a_prescription_of_an_arm_holds_in_that_arm(session, chosen, outcome):
    said = {"target": "PTV_5040", "arm": "A", "total_gy": {"eq": 50.4}}
    ruling, _ = prescribing(session, [reference(50.4)], said, chosen)
    assert ruling.outcome is outcome


@pytest.mark.parametrize(
    ("more", "chosen", "outcome"),
    [
        ({}, {}, Outcome.NOT_EVALUABLE),
        ({"count": {"min": 0}}, {}, Outcome.NOT_APPLICABLE),
        ({"when": "arm == 'A'"}, {"arm": "B"}, Outcome.NOT_APPLICABLE),
        ({"when": "arm == 'A'"}, {"arm": "A"}, Outcome.NOT_EVALUABLE),
    ],
)
def test_every_rule_about_a_plan_that_is_not_there_says_why_it_was_not_judged(session, more, chosen, outcome):
    without = {name: header for name, header in session.items() if header["Modality"] != "RTPLAN"}
    rulings, findings = judged(check, asking(ASKED, chosen, **more)(without))
    assert {ruling.outcome for ruling in rulings.values()} == {outcome}
    assert all(ruling.says for ruling in rulings.values())
    assert (len(rulings), findings) == (len(ASKED), [])


def test_a_visit_that_does_not_bring_a_plan_is_not_asked_for_one(session):
    asked = one_input("RTPLAN", "plan", ASKED) | {"timepoints": [{"code": "W12", "label": "12", "inputs": ["mr"]}]}
    without = {name: header for name, header in session.items() if header["Modality"] != "RTPLAN"}
    rulings, _ = judged(check, Case(without, asked, {"timepoint": "W12"}))
    assert {ruling.outcome for ruling in rulings.values()} == {Outcome.NOT_APPLICABLE}


def test_a_plan_of_brachytherapy_is_not_judged_by_its_beams(session):
    sources = changed(session, plan(BeamSequence=None, ApplicationSetupSequence=[{"ApplicationSetupNumber": 1}]))
    rulings, findings = judged(check, asking(ASKED)(sources))
    of_beams = ("radiation", "techniques", "nominal_energy", "treatment_beams", "single_isocentre_tol_mm")
    assert {rulings[f"{FIRST}/{name}"].outcome for name in of_beams} == {Outcome.NOT_APPLICABLE}
    assert findings == []


def test_a_real_plan_of_protons_is_judged_by_its_ion_beams(samples):
    headers = headers_of(samples / "rt_orphan_dose")
    asked = {**ASKED, "radiation": ["PROTON"], "prescriptions": [{"target": "PTV", "total_gy": {"eq": 26.026}}]}
    rulings, findings = judged(check, asking(asked)(headers))
    outcomes = {line.removeprefix(f"{FIRST}/"): ruling.outcome for line, ruling in rulings.items()}
    assert outcomes.pop("approval") is Outcome.NOT_EVALUABLE
    assert outcomes.pop("nominal_energy") is Outcome.NOT_APPLICABLE
    assert outcomes.pop("fractions") is Outcome.FAILED
    assert set(outcomes.values()) == {Outcome.PASSED}
    assert [(finding.code, finding.found) for finding in findings] == [("plan.fractions", "14")]


@pytest.fixture(scope="module")
def breast(breast_folder):
    return headers_of(breast_folder)


def test_a_real_plan_with_two_target_doses_has_that_of_the_volume_and_not_of_the_point(breast):
    said = {"target": "Breast", "total_gy": {"eq": 14}, "fraction_gy": {"eq": 2}}
    asked = {**ASKED, "fractions": {"eq": 7}, "prescriptions": [said], "techniques": ["DYNAMIC"]}
    asked["treatment_beams"] = {"eq": 4}
    rulings, findings = judged(check, asking(asked)(breast))
    assert [(finding.code, finding.found) for finding in findings] == [("plan.approval", "UNAPPROVED")]
    assert rulings[f"{FIRST}/prescriptions/0"].says == "14 Gy by DoseReferenceSequence.TargetPrescriptionDose"
    assert rulings[f"{FIRST}/nominal_energy"].says == "6, 10"


def test_the_doses_of_that_plan_s_beams_add_up_to_the_same(breast):
    said = {"target": "Breast", "total_gy": {"eq": 14}, "source": ["FractionGroup.BeamDose_sum_x_fractions"]}
    rulings, _ = judged(check, asking({"prescriptions": [said]})(breast))
    assert rulings[f"{FIRST}/prescriptions/0"].says == "14 Gy by FractionGroup.BeamDose_sum_x_fractions"


@pytest.mark.parametrize("sample", ["rt_unlinked_small", "rt_breast_plan"])
def test_every_rule_is_ruled_on_whatever_plans_really_look_like(samples, tmp_path, sample):
    shutil.copy(samples / sample / "rtplan.dcm", tmp_path)
    rulings, _ = judged(check, asking(ASKED)(headers_of(tmp_path)))
    assert len(rulings) == len(ASKED)
