"""Doses are added up where together they are the treatment's, and never to a half of it or to more than it."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.phantoms import BOOST, boosted, by_beams, changed, names_of, only, totalled, two_phases
from tests.validators.rulings import judged
from uploader.cases import case_of, headers_below
from uploader.domain.finding import Outcome
from uploader.ports import Case
from uploader.validators.adding import Total, total
from uploader.validators.dvh import check

PLAN = {"key": "plan", "label": "Plan", "modality": "RTPLAN", "unit": "instances", "count": {"min": 1}}
DOSE = {"key": "dose", "label": "Dose", "modality": "RTDOSE", "unit": "instances", "count": {"min": 1}}
COURSE = {"course": {"plans": ["plan"]}}
FILES = {"boost": "scans/5/DICOM/boost.dcm", "total": "scans/5/DICOM/total.dcm", "beam": "scans/5/DICOM/beam0.dcm"}


def asked(count=1, **more):
    return {"inputs": [PLAN | {"count": {"min": count}}, DOSE], **more}


def doses(session, *changes, **more):
    """What adds up to the dose of the session after these changes: names of files, or why nothing does."""

    def change(other):
        for each in changes:
            each(other)

    found = total(Case(changed(session, change), asked(**more)))
    return set(found.doses) if isinstance(found, Total) else found


@pytest.fixture
def own(session):
    """The file of the dose."""
    return names_of(session, "RTDOSE")[0]


def test_one_dose_of_one_plan_is_the_treatment_s(session, own):
    assert doses(session) == {own}
    assert doses(session, **COURSE) == {own}


def test_doses_of_the_phases_of_a_course_add_up(session, own):
    assert doses(session, boosted, **COURSE) == {own, FILES["boost"]}


def test_a_dose_of_all_plans_is_the_whole_and_nothing_is_added_to_it(session):
    assert doses(session, boosted, totalled, **COURSE) == {FILES["total"]}
    assert doses(session, boosted, totalled) == {FILES["total"]}, "it says itself that the plans belong together"


def test_plans_of_which_the_protocol_does_not_say_that_they_follow_one_another_are_not_added(session):
    assert "does not say that they are one course" in doses(session, boosted)


def without(name):
    return lambda session: session.pop(name)


def of_boost(**attributes):
    return partial(boosted, **attributes)


def related(kind):
    """Let the second plan stand in this relation to the first."""

    def change(session):
        first = only(session, "RTPLAN")["SOPInstanceUID"]
        boosted(session)
        plan = session["scans/4/DICOM/boost.dcm"]
        plan["ReferencedRTPlanSequence"] = [{"ReferencedSOPInstanceUID": first, "RTPlanRelationship": kind}]

    return change


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ([boosted, without(FILES["boost"])], "no dose of a whole plan"),
        ([of_boost(DoseUnits="RELATIVE")], "no dose of a whole plan"),
        ([of_boost(DoseSummationType="FRACTION")], "no dose of a whole plan"),
        ([of_boost(DoseSummationType="RECORD")], "no dose of a whole plan"),
        ([of_boost(DoseSummationType="CONTROL_POINT")], "no dose of a whole plan"),
        ([of_boost(DoseSummationType="BEAM_SESSION")], "no dose of a whole plan"),
        ([of_boost(DoseType="ERROR")], "no dose of a whole plan"),
        ([of_boost(DoseType="EFFECTIVE")], "different types"),
        ([of_boost(DoseType="")], "different types"),
        ([of_boost(FrameOfReferenceUID="1.2.3")], "without a registration"),
        ([of_boost(FrameOfReferenceUID="")], "without a registration"),
        ([boosted, lambda s: s.update({"scans/5/DICOM/again.dcm": s[FILES["boost"]]})], "several doses"),
        ([boosted, totalled, lambda s: s.update({"scans/5/DICOM/again.dcm": s[FILES["total"]]})], "several doses"),
        ([related("ALTERNATIVE")], "alternative"),
        ([related("VERIFIED_PLAN")], "check of another"),
    ],
)
def test_phases_of_which_one_cannot_be_added_have_no_dose(session, changes, says):
    assert says in doses(session, *changes, **COURSE)


def test_a_plan_that_was_delivered_before_another_is_added_to_it(session, own):
    assert doses(session, related("PRIOR"), **COURSE) == {own, FILES["boost"]}


def test_a_dose_of_all_plans_of_which_one_is_not_there_is_not_taken_for_theirs(session):
    assert "no dose of a whole plan" in doses(
        session, boosted, totalled, without("scans/4/DICOM/boost.dcm"), lambda s: s.pop(names_of(s, "RTDOSE")[0])
    )


def test_a_course_of_which_a_plan_is_missing_has_no_dose(session):
    assert doses(session, count=2, **COURSE) == "the session has too few plans of plan"


def test_a_phase_that_need_not_be_there_is_not_missed(session, own):
    boost = PLAN | {"key": "boost", "count": {"min": 0}, "match": [{"attr": "RTPlanLabel", "op": "eq", "value": "B"}]}
    first = PLAN | {"match": [{"attr": "RTPlanLabel", "op": "eq", "value": "PTV5040"}]}
    inputs = {"inputs": [first, boost, DOSE], "course": {"plans": ["plan", "boost"]}}
    assert total(Case(session, inputs)).doses == (own,)
    needed = {**inputs, "inputs": [first, boost | {"count": {"min": 1}}, DOSE]}
    assert total(Case(session, needed)) == "the session has no boost"


def test_the_doses_of_all_beams_are_that_of_the_plan(session):
    assert doses(session, lambda s: by_beams(s, {1: 1}, {2: 1})) == {f"scans/5/DICOM/beam{n}.dcm" for n in (0, 1)}
    assert doses(session, lambda s: by_beams(s, {1: 1, 2: 1})) == {"scans/5/DICOM/beam0.dcm"}


def test_beside_the_dose_of_the_plan_those_of_its_beams_are_not_counted_again(session, own):
    def change(other):
        whole = dict(only(other, "RTDOSE"))
        by_beams(other, {1: 1}, {2: 1})
        other[own] = whole

    assert doses(session, change) == {own}


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ([{1: 1}], "beam 2 of fraction group 1 is not there"),
        ([{1: 1}, {1: 1}], "beam 1 of fraction group 1 is there more than once"),
        ([{1: 1, 2: 1}, {2: 1}], "beam 2 of fraction group 1 is there more than once"),
        ([{1: 1}, {2: 2}], "beam 2 of fraction group 1 is not there"),
        ([{1: 1}, {2: 1}, {99: 1}], "beam 99 of fraction group 1, which the plan does not treat with"),
        ([{1: 1, 2: 1}, {}], "do not say which beams"),
        ([{1: 1}, {"Erika": 1}], "do not say which beams"),
    ],
)
def test_doses_of_beams_that_are_not_each_beam_once_are_not_the_plan(session, parts, says):
    assert says in doses(session, lambda s: by_beams(s, *parts))


def test_a_dose_that_calls_itself_the_plan_s_and_names_a_part_of_its_beams_is_not_the_plan(session):
    def called_whole(*parts):
        def change(s):
            by_beams(s, *parts)
            s[FILES["beam"]]["DoseSummationType"] = "PLAN"

        return change

    assert doses(session, called_whole({1: 1, 2: 1})) == {FILES["beam"]}
    assert "no dose of a whole plan" in doses(session, called_whole({1: 1}))
    assert "no dose of a whole plan" in doses(session, called_whole({1: 1}), **COURSE)


def test_a_beam_whose_number_another_one_has_too_is_not_taken_for_both(session):
    def alike(s):
        by_beams(s, {1: 1})
        only(s, "RTPLAN")["BeamSequence"][1]["BeamNumber"] = 1

    assert "do not say which beams" in doses(session, alike)


def test_a_plan_that_is_there_twice_is_not_added_to_itself(session):
    def again(s):
        s["scans/4/DICOM/again.dcm"] = only(s, "RTPLAN")

    assert "more than once" in doses(session, again, **COURSE)


@given(count=st.integers(1, 8), data=st.data())
@settings(max_examples=20, deadline=None)
def test_a_set_of_beams_of_which_any_is_lacking_is_never_taken_for_the_plan(session, count, data):
    given = data.draw(st.sets(st.integers(1, count)))
    found = doses(session, lambda s: by_beams(s, *({beam: 1} for beam in given), beams=count))
    if len(given) < count:
        assert isinstance(found, str)
    else:
        assert len(found) == count


def same(gray):
    def frames(entry):
        return (np.full((44, 44), round(gray * 1000), np.uint16) for _ in range(6))

    return frames


def figure(session, metric, change=boosted, frames=None, **more):
    said = {"id": "d", "roi": "Heart", "metric": metric, "min": 0, "severity": "question"}
    case = Case(changed(session, change), asked(dvh_checks=[said], **more), frames=frames or same(25.2))
    rulings, _ = judged(check, case)
    return rulings["/dvh_checks/0"]


def test_figures_of_a_course_are_those_of_the_sum(session):
    assert figure(session, "Mean[Gy]", **COURSE).says == "50.4 Gy"
    assert figure(session, "Max[%]", **COURSE).says == "50 %", "of 50.4 Gy in each of two plans"
    assert figure(session, "Mean[Gy]", lambda s: by_beams(s, {1: 1}, {2: 1})).says == "50.4 Gy"


def test_files_of_two_phases_have_the_figures_of_the_first_and_a_share_more(tmp_path):
    two_phases(tmp_path, 0.25)
    checks = [
        {"id": f"{roi} {metric[:4]}", "roi": roi, "metric": metric, "min": 0, "severity": "note"}
        for roi in ("PTV_5040", "Lung_R", "Heart")
        for metric in ("Mean[Gy]", "D50%[Gy]", "Max[Gy]")
    ]

    def figures(*files, **more):
        names = sorted(path.name for path in tmp_path.iterdir() if path.name not in files)
        case = case_of(tmp_path, headers_below(tmp_path, names), asked(dvh_checks=checks, **more))
        return [float(ruling.says.removesuffix(" Gy")) for ruling in judged(check, case)[0].values()]

    first = figures("RP0002.dcm", "RD0002.dcm")
    assert min(first) > 0
    assert figures(**COURSE) == pytest.approx([1.25 * figure for figure in first], rel=1e-3)


def test_a_part_of_the_prescription_of_a_course_needs_every_plan_to_say_its_own(session):
    def silent(other):
        boosted(other)
        other["scans/4/DICOM/boost.dcm"] |= {"DoseReferenceSequence": None, "FractionGroupSequence": None}

    assert figure(session, "Mean[Gy]", silent, **COURSE).outcome is Outcome.PASSED
    assert figure(session, "Mean[%]", silent, **COURSE).outcome is Outcome.NOT_EVALUABLE


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        ({"DoseGridScaling": None}, "(3004,000E)"),
        ({"ImageOrientationPatient": [1.0, 0, 0, 0, 0.8, 0.6]}, "turned against each other"),
        ({"ImagePositionPatient": [900.0, 0, 0]}, "100 % of it lie beyond one of the dose grids"),
        ({"NumberOfFrames": 7, "GridFrameOffsetVector": [0.0, 6, 12, 18, 24, 30, 36]}, "more or fewer planes"),
    ],
)
def test_a_sum_of_which_a_part_cannot_be_placed_is_not_judged(session, attributes, says):
    ruling = figure(session, "Mean[Gy]", of_boost(**attributes), **COURSE)
    assert ruling.outcome is Outcome.NOT_EVALUABLE
    assert says in ruling.says


def test_of_a_sum_the_finding_names_its_doses(session, own):
    said = {"id": "d", "roi": "Heart", "metric": "Mean[Gy]", "max": 40, "severity": "question"}
    _, (finding,) = judged(
        check, Case(changed(session, boosted), asked(dvh_checks=[said], **COURSE), frames=same(25.2))
    )
    assert f"in the sum of the doses of {own} and {FILES['boost']} " in finding.says
    assert BOOST["dose"] not in finding.says
