"""Doses of structures are compared with what the trial expects, and never stop a session."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.phantoms import changed, headers_of, only
from tests.validators.rulings import judged
from uploader.cases import case_of, headers_below
from uploader.domain.errors import UnreadableFile
from uploader.domain.finding import Outcome, Severity
from uploader.ports import Case
from uploader.validators.dvh import check

KEYS = {"plan": "RTPLAN", "dose": "RTDOSE"}


def protocol(*checks, **more):
    inputs = [{"key": key, "label": key, "modality": m, "count": {"min": 1}} for key, m in KEYS.items()]
    return {"inputs": inputs, "dvh_checks": [{"id": f"d{n}", **said} for n, said in enumerate(checks)], **more}


def asking(roi, metric, severity="question", **more):
    return {"roi": roi, "metric": metric, "severity": severity, **more}


def uniform(gray):
    """Planes of the phantom's dose, all of this dose."""

    def frames(entry):
        return (np.full((44, 44), round(gray * 1000), np.uint16) for _ in range(6))

    return frames


SAME_EVERYWHERE = uniform(25.2)


def ruled(session, said, frames=SAME_EVERYWHERE, chosen=None):
    """The ruling of one check, and its findings."""
    rulings, findings = judged(check, Case(session, protocol(said), chosen or {}, frames))
    return rulings["/dvh_checks/0"], findings


@pytest.mark.parametrize(
    ("metric", "figure"),
    [
        ("Mean[Gy]", "25.2 Gy"),
        ("Max[%]", "50 %"),
        ("D95%[Gy]", "25.2 Gy"),
        ("V20Gy[%]", "100 %"),
        ("V60%[%]", "0 %"),
        ("CV40%[cc]", "0 cc"),
    ],
)
def test_a_figure_is_reckoned_from_contours_and_dose(session, metric, figure):
    ruling, findings = ruled(session, asking("Heart", metric, min=0))
    assert (ruling.outcome, ruling.says, findings) == (Outcome.PASSED, figure, [])


def test_a_dose_above_the_limit_is_found(session):
    said = asking("SpinalCord", "Max[Gy]", max=20)
    ruling, (finding,) = ruled(session, said)
    assert (ruling.outcome, finding.code) == (Outcome.FAILED, "dvh.limit")
    assert (finding.found, finding.expected) == ("25.2 Gy", "at most 20 Gy")
    assert finding.where.endswith("(3006,0026) ROI 5")
    assert "Max[Gy] of SpinalCord" in finding.says
    assert (finding.line, bool(finding.remedy)) == ("/dvh_checks/0", True)


@pytest.mark.parametrize(
    ("said", "severity"),
    [
        ("note", Severity.NOTE),
        ("question", Severity.QUESTION),
        ("refusal", Severity.QUESTION),
        (None, Severity.QUESTION),
    ],
)
def test_no_dose_ever_refuses_a_session_whatever_the_protocol_says(session, said, severity):
    wrong = {key: value for key, value in asking("Heart", "Mean[Gy]", said, max=1).items() if value is not None}
    _, (finding,) = ruled(session, wrong)
    assert finding.severity is severity


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda s: only(s, "RTDOSE").update(DoseUnits="RELATIVE"), "no dose of a whole plan in Gy"),
        (lambda s: only(s, "RTDOSE").update(DoseSummationType="BEAM"), "do not say which beams"),
        (lambda s: only(s, "RTDOSE").update(DoseSummationType="FRACTION"), "no dose of a whole plan in Gy"),
        (lambda s: only(s, "RTDOSE").update(DoseType="ERROR"), "no dose of a whole plan in Gy"),
        (lambda s: s.update({"scans/9/DICOM/1.dcm": only(s, "RTDOSE")}), "several doses"),
        (lambda s: only(s, "RTDOSE").update(GridFrameOffsetVector=[0.0]), "(3004,000C)"),
        (lambda s: only(s, "RTDOSE").update(GridFrameOffsetVector=[0.0, 1, 2, 3, 4, 5]), "beyond the dose grid"),
        (lambda s: only(s, "RTDOSE").update(ImageOrientationPatient=[1.0, 0, 0, 0, 0, 1]), "turned against"),
        (lambda s: only(s, "RTDOSE").update(FrameOfReferenceUID="1"), "another frame of reference"),
        (lambda s: only(s, "RTSTRUCT").update(ROIContourSequence=None), "no areas"),
        (lambda s: s.update({n: h for n, h in s.items() if h["Modality"] != "RTDOSE"}) or pop(s, "RTDOSE"), "no dose"),
    ],
)
def test_what_cannot_be_reckoned_is_not_judged(session, change, says):
    ruling, findings = ruled(changed(session, change), asking("Heart", "Mean[Gy]", max=1))
    assert (ruling.outcome, findings) == (Outcome.NOT_EVALUABLE, [])
    assert says in ruling.says


def pop(session, modality):
    session.pop(next(name for name, header in session.items() if header["Modality"] == modality))


def test_doses_that_cannot_be_decoded_are_not_judged(session):
    def broken(entry):
        raise UnreadableFile("broken")

    ruling, _ = ruled(session, asking("Heart", "Mean[Gy]", max=1), broken)
    assert ruling.outcome is Outcome.NOT_EVALUABLE


def test_a_part_of_the_prescription_needs_a_plan_that_says_it(session):
    silent = {"DoseReferenceSequence": None, "FractionGroupSequence": None}
    bare = changed(session, lambda s: only(s, "RTPLAN").update(silent))
    ruling, _ = ruled(bare, asking("Heart", "Mean[%]", max=1))
    assert (ruling.outcome, "prescribed" in ruling.says) == (Outcome.NOT_EVALUABLE, True)
    assert ruled(bare, asking("Heart", "Mean[Gy]", max=30))[0].outcome is Outcome.PASSED


def test_a_structure_that_is_not_there_is_not_asked_for_its_dose(session):
    assert ruled(session, asking("Liver", "Mean[Gy]", max=1))[0].outcome is Outcome.NOT_APPLICABLE


def test_a_check_holds_in_its_arm_only(session):
    said = asking("Heart", "Mean[Gy]", max=1, when="arm == 'A'")
    assert ruled(session, said, chosen={"arm": "B"})[0].outcome is Outcome.NOT_APPLICABLE
    assert ruled(session, said, chosen={"arm": "A"})[0].outcome is Outcome.FAILED


def test_every_structure_that_bears_the_name_is_judged(session):
    ruling, findings = ruled(session, asking("Lung_*", "Mean[Gy]", max=1))
    assert ruling.outcome is Outcome.FAILED
    assert sorted(finding.where[-5:] for finding in findings) == ["ROI 2", "ROI 3"]


def test_the_dose_is_read_twice_whatever_is_asked_of_it(session):
    read = []

    def frames(entry):
        read.append(entry)
        return uniform(10)(entry)

    checks = [asking(roi, "Mean[Gy]", max=30) for roi in ("Heart", "Lung_L", "Lung_R", "BODY")]
    rulings, _ = judged(check, Case(session, protocol(*checks), frames=frames))
    assert {ruling.outcome for ruling in rulings.values()} == {Outcome.PASSED}
    assert len(read) == 2, "once for its highest dose, once for all histograms"


def test_a_real_plan_is_judged_by_figures_that_its_planning_system_found_too(breast_folder):
    names = sorted(path.name for path in breast_folder.iterdir())
    asked = protocol(
        asking("Breast", "Mean[%]", min=39.7, max=40.5),
        asking("Lt Lung", "V5Gy[cc]", min=40.5, max=41.5),
        asking("Tumor Bed Block", "D95%[Gy]", min=13.7, max=13.9),
        asking("Heart", "D0.1cc[Gy]", max=2),
        asking("Areola", "Mean[Gy]", max=2),
    )
    case = case_of(breast_folder, headers_below(breast_folder, names), asked)
    rulings, (finding,) = judged(check, case)
    outcomes = [ruling.outcome for ruling in rulings.values()]
    assert outcomes == [Outcome.PASSED] * 3 + [Outcome.FAILED, Outcome.NOT_EVALUABLE]
    assert finding.line == "/dvh_checks/3"
    assert 2.8 < float(finding.found.removesuffix(" Gy")) < 3.1


@pytest.mark.parametrize("folder", ["rt_orphan_dose", "rt_bad_references"])
def test_files_that_do_not_belong_together_make_no_histogram_and_no_fault(samples, folder):
    headers: dict[str, Any] = headers_of(samples / folder)
    rulings, findings = judged(check, Case(headers, protocol(asking("*", "Mean[Gy]", max=1))))
    assert {ruling.outcome for ruling in rulings.values()} <= {Outcome.NOT_EVALUABLE, Outcome.NOT_APPLICABLE}
    assert findings == []
