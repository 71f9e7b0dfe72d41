"""Doses are judged by what the trial asks of them: kind, grid, height, and what they cover."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.phantoms import boosted, by_beams, changed, names_of, only, totalled
from tests.validators.rulings import judged
from uploader.cases import case_of, headers_below
from uploader.domain.errors import UnreadableFile
from uploader.domain.finding import Outcome, Severity
from uploader.phantom import write_session
from uploader.ports import Case
from uploader.validators.dose import check

ASKED = {
    "plan": "plan",
    "units": ["GY"],
    "type": ["PHYSICAL"],
    "summation": ["PLAN"],
    "grid_mm": {"max": 10},
    "slice_grid_mm": {"max": 6},
    "max_dose_gy": {"min": 45, "max": 55},
    "max_dose_pct_of_rx": {"min": 95, "max": 110},
    "covers": ["PTV_5040", "SpinalCord"],
    "one_per_plan": True,
    "frame_of_reference_matches": "planning_ct",
    "severity": "question",
}
RULES = 11
KEYS = {"planning_ct": "CT", "structure_set": "RTSTRUCT", "plan": "RTPLAN"}
FIRST = "/inputs/3/dose"


def protocol(said):
    inputs = [{"key": k, "label": k, "modality": m, "count": {"min": 1}} for k, m in KEYS.items()]
    return {
        "inputs": [*inputs, {"key": "dose", "label": "Dose", "modality": "RTDOSE", "count": {"min": 1}, "dose": said}]
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("phantom")
    write_session(folder, slices=12, size=16)
    return folder


@pytest.fixture(scope="module")
def headers(folder) -> dict[str, dict[str, Any]]:
    names = sorted(path.name for path in folder.iterdir())
    return {name: dict(header) for name, header in headers_below(folder, names).items()}


@pytest.fixture
def ruled(folder, headers):
    """(rulings, findings) of the phantom, changed, under a block of rules."""

    def ruled(said, change: Callable[[Any], object] = lambda s: None):
        return judged(check, case_of(folder, changed(headers, change), protocol(said)))

    return ruled


def dose(**attributes):
    return lambda s: only(s, "RTDOSE").update(attributes)


def lengthened(session):
    """Draw the target far above the dose."""
    contours = only(session, "RTSTRUCT")["ROIContourSequence"][7]["ContourSequence"]
    points = np.array(contours[0]["ContourData"]).reshape(-1, 3) + np.array([0.0, 0, 100])
    contours.append({**contours[0], "ContourData": points.ravel().tolist()})


def doubled(**attributes):
    return lambda s: s.update({"RD0002.dcm": {**s["RD0001.dcm"], "SOPInstanceUID": "1.2.3", **attributes}})


def test_the_dose_of_the_phantom_is_as_the_trial_asks(ruled):
    rulings, findings = ruled(ASKED)
    assert findings == []
    assert {line: r.says for line, r in rulings.items() if r.outcome is not Outcome.PASSED} == {}
    assert len(rulings) == RULES
    assert rulings[f"{FIRST}/grid_mm"].says == "10 x 10 mm"
    assert "of 50.4 Gy by DoseReferenceSequence" in rulings[f"{FIRST}/max_dose_pct_of_rx"].says


@pytest.mark.parametrize(
    ("rule", "code", "found", "expected", "change"),
    [
        ("units", "dose.units", "RELATIVE", "GY", dose(DoseUnits="RELATIVE")),
        ("type", "dose.type", "ERROR", "PHYSICAL", dose(DoseType="ERROR")),
        ("summation", "dose.summation", "BEAM", "PLAN", dose(DoseSummationType="BEAM")),
        ("grid_mm", "dose.grid", "10 x 12 mm", "at most 10 mm", dose(PixelSpacing=[10.0, 12.0])),
        (
            "slice_grid_mm",
            "dose.planes",
            "7 mm",
            "at most 6 mm",
            dose(GridFrameOffsetVector=[0.0, 7, 14, 20, 26, 32]),
        ),
        ("max_dose_gy", "dose.maximum", "99.058 Gy", "45 to 55 Gy", dose(DoseGridScaling=0.002)),
        ("covers/0", "dose.cover", "82.0 mm outside", "inside", lengthened),
        ("one_per_plan", "dose.per-plan", "2", "1", doubled()),
        ("one_per_plan", "dose.per-plan", "0", "1", dose(DoseSummationType="BEAM")),
        ("one_per_plan", "dose.per-plan", "0", "1", dose(ReferencedRTPlanSequence=None)),
        (
            "frame_of_reference_matches",
            "dose.frame",
            "another one",
            "that of planning_ct",
            dose(FrameOfReferenceUID="1"),
        ),
    ],
)
def test_a_dose_that_differs_fails_the_rule_and_says_what_was_found(ruled, rule, code, found, expected, change):
    rulings, findings = ruled(ASKED, change)
    (finding,) = [each for each in findings if each.line == f"{FIRST}/{rule}"]
    assert (finding.code, finding.found, finding.expected) == (code, found, expected)
    assert finding.severity is Severity.QUESTION
    assert finding.remedy
    assert rulings[finding.line].outcome is Outcome.FAILED


SUMMED = ["PLAN", "MULTI_PLAN", "BEAM"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda s: (boosted(s), totalled(s)), []),
        (lambda s: (boosted(s), totalled(s), s.pop("scans/5/DICOM/boost.dcm")), []),
        (lambda s: by_beams(s, {1: 1}, {2: 1}), []),
        (lambda s: by_beams(s, {1: 1}), ["the dose of beam 2 of fraction group 1 is not there"]),
        (lambda s: (boosted(s), s.pop("scans/5/DICOM/boost.dcm")), ["0"]),
        (lambda s: (boosted(s), doubled()(s)), ["2"]),
    ],
)
def test_a_plan_has_one_dose_or_those_of_all_its_beams_whatever_sums_up_several_plans(headers, change, found):
    asked = protocol({"plan": "plan", "summation": SUMMED, "one_per_plan": True})
    _, findings = judged(check, Case(changed(headers, change), asked))
    told = [finding.found.partition(", so")[0] for finding in findings]
    assert (told, {finding.code for finding in findings}) == (found, {"dose.per-plan"} if found else set())


def test_a_dose_of_a_beam_beside_one_of_a_fraction_is_a_second_one_and_no_part_of_the_first(headers):
    def parts(s):
        by_beams(s, {1: 1}, {2: 1})
        s["scans/5/DICOM/beam1.dcm"]["DoseSummationType"] = "FRACTION"

    _, findings = judged(check, Case(changed(headers, parts), protocol({"plan": "plan", "one_per_plan": True})))
    assert [(finding.code, finding.found) for finding in findings] == [("dose.per-plan", "2")]


def test_the_highest_dose_of_several_plans_is_held_against_what_they_prescribe_together(headers):
    asked = protocol({"plan": "plan", "max_dose_pct_of_rx": {"min": 45, "max": 55}})

    def frames(entry):
        return (np.full((44, 44), 50400, np.uint16) for _ in range(6))

    def only_total(session):
        boosted(session)
        totalled(session)
        return [session.pop(name) for name in names_of(session, "RTDOSE") if "total" not in name]

    rulings, findings = judged(check, Case(changed(headers, only_total), asked, frames=frames))
    assert (findings, rulings[f"{FIRST}/max_dose_pct_of_rx"].says[:18]) == ([], "50 % of 100.8 Gy b")
    alone = changed(headers, lambda s: (only_total(s), s.pop("scans/4/DICOM/boost.dcm")))
    rulings, _ = judged(check, Case(alone, asked, frames=frames))
    assert rulings[f"{FIRST}/max_dose_pct_of_rx"].outcome is Outcome.NOT_EVALUABLE


def test_the_dose_of_a_beam_is_not_held_against_the_prescription_of_the_plan(ruled):
    rulings, _ = ruled(ASKED, dose(DoseSummationType="BEAM"))
    assert rulings[f"{FIRST}/max_dose_pct_of_rx"].outcome is Outcome.NOT_EVALUABLE


def test_the_dose_against_the_prescription_says_from_where_that_is_known(ruled):
    _, findings = ruled(
        ASKED, lambda s: only(s, "RTPLAN").update(DoseReferenceSequence=None) or dose(DoseGridScaling=0.002)(s)
    )
    (finding,) = [each for each in findings if each.code == "dose.prescription"]
    assert "FractionGroup.BeamDose_sum_x_fractions" in finding.says
    assert "% of 50.4 Gy" in finding.found


def test_what_is_listed_as_corrected_must_be_what_the_trial_asks_for(ruled):
    said = {"heterogeneity": ["IMAGE", "ROI_OVERRIDE"]}
    assert ruled(said, dose(TissueHeterogeneityCorrection=["IMAGE", "ROI_OVERRIDE"]))[1] == []
    (finding,) = ruled(said, dose(TissueHeterogeneityCorrection=["WATER", "IMAGE"]))[1]
    assert (finding.code, finding.found) == ("dose.heterogeneity", "WATER")
    assert ruled(said)[0][f"{FIRST}/heterogeneity"].outcome is Outcome.NOT_EVALUABLE


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("units", dose(DoseUnits="")),
        ("max_dose_gy", dose(DoseUnits="RELATIVE")),
        ("max_dose_pct_of_rx", lambda s: s.pop("RP0001.dcm")),
        ("one_per_plan", lambda s: s.pop("RP0001.dcm")),
        ("frame_of_reference_matches", dose(FrameOfReferenceUID="")),
        ("covers/0", lambda s: only(s, "RTSTRUCT").update(ROIContourSequence=None)),
        ("covers/0", lambda s: [r.update(ReferencedFrameOfReferenceUID="1") for r in rois(s)]),
        ("grid_mm", dose(Rows=None)),
        ("slice_grid_mm", dose(NumberOfFrames=1, GridFrameOffsetVector=None)),
    ],
)
def test_what_cannot_be_said_of_a_dose_is_not_judged(ruled, rule, change):
    rulings, findings = ruled(ASKED, change)
    assert rulings[f"{FIRST}/{rule}"].outcome is Outcome.NOT_EVALUABLE
    assert rulings[f"{FIRST}/{rule}"].says
    assert [each for each in findings if each.line == f"{FIRST}/{rule}"] == []


def test_a_structure_that_is_not_there_need_not_be_covered(ruled):
    rulings, _ = ruled(ASKED, lambda s: s.pop("RS0001.dcm"))
    assert rulings[f"{FIRST}/covers/0"].outcome is Outcome.NOT_APPLICABLE


def rois(session):
    return only(session, "RTSTRUCT")["StructureSetROISequence"]


@pytest.mark.parametrize("rule", ["grid_mm", "slice_grid_mm", "max_dose_gy", "covers/0"])
def test_a_grid_that_cannot_be_placed_fails_the_rules_about_it(ruled, rule):
    rulings, findings = ruled(ASKED, dose(GridFrameOffsetVector=[0.0, 6.0]))
    (finding,) = [each for each in findings if each.line == f"{FIRST}/{rule}"]
    assert finding.code == "dose.unplaced"
    assert rulings[finding.line].outcome is Outcome.FAILED


def test_a_grid_of_which_planes_are_missing_has_no_highest_dose(headers):
    asked = protocol({"max_dose_gy": {"max": 55}})
    planes = [np.zeros((44, 44), np.uint16)] * 3
    _, (finding,) = judged(check, Case(headers, asked, frames=lambda entry: iter(planes)))
    assert finding.code == "dose.unplaced"


@pytest.mark.parametrize(("kind", "codes"), [("PHYSICAL", ["dose.unplaced"]), ("ERROR", [])])
def test_only_the_error_of_a_dose_may_be_below_zero(headers, kind, codes):
    asked = protocol({"max_dose_gy": {"max": 55}})
    planes = [np.full((44, 44), -1, np.int16)] * 6
    other = changed(headers, dose(DoseType=kind))
    _, findings = judged(check, Case(other, asked, frames=lambda entry: iter(planes)))
    assert [finding.code for finding in findings] == codes


@pytest.mark.parametrize(
    "scaling", [None, 0.0, -0.001, float("nan"), float("inf"), 1e300, "", "1,5", [0.1, 0.1]], ids=str
)
def test_a_dose_that_does_not_say_what_its_values_mean_fails_the_rules_about_them(ruled, scaling):
    rulings, findings = ruled({"max_dose_gy": {"max": 55}}, dose(DoseGridScaling=scaling))
    assert [finding.code for finding in findings] == ["dose.unplaced"]
    assert rulings[f"{FIRST}/max_dose_gy"].outcome is Outcome.FAILED


def test_doses_that_cannot_be_decoded_are_not_judged(headers):
    def broken(entry):
        raise UnreadableFile("broken")

    rulings, findings = judged(check, Case(headers, protocol({"max_dose_gy": {"max": 55}}), frames=broken))
    assert rulings[f"{FIRST}/max_dose_gy"].outcome is Outcome.NOT_EVALUABLE
    assert findings == []


def test_the_planes_of_a_dose_are_read_once_for_all_rules(folder, headers):
    real, asked = case_of(folder, headers), []

    def frames(entry):
        asked.append(entry)
        return real.frames(entry)

    judged(check, Case(headers, protocol(ASKED), frames=frames))
    assert asked == ["RD0001.dcm"]


def test_every_rule_about_a_dose_that_is_not_there_is_ruled_on(ruled):
    rulings, findings = ruled(ASKED, lambda s: s.pop("RD0001.dcm"))
    assert {ruling.outcome for ruling in rulings.values()} == {Outcome.NOT_EVALUABLE}
    assert (len(rulings), findings) == (RULES, [])


REAL = {**ASKED, "heterogeneity": ["IMAGE", "ROI_OVERRIDE"], "covers": ["Breast"]}


@pytest.mark.parametrize(
    ("files", "failed"),
    [
        (["rt_orphan_dose/rtdose.dcm", "rt_orphan_dose/rtip_demo.dcm", "rt_orphan_dose/1.dcm"], {"frame", "per-plan"}),
        (["rt_unlinked_small/rtdose.dcm", "rt_unlinked_small/rtplan.dcm"], {"units", "summation", "per-plan"}),
        (["rt_unlinked_small/rtdose_rle.dcm"], {"units", "summation"}),
    ],
)
def test_real_doses_fail_by_what_is_wrong_with_them(samples, tmp_path, files, failed):
    for file in files:
        shutil.copy(samples / file, tmp_path)
    said = {**REAL, "max_dose_gy": {"min": 0}, "grid_mm": {"max": 10}, "slice_grid_mm": {"max": 5}}
    found = headers_below(tmp_path, [Path(file).name for file in files])
    rulings, findings = judged(check, case_of(tmp_path, found, protocol(said)))
    assert {finding.code for finding in findings} == {f"dose.{name}" for name in failed}
    assert len(rulings) == RULES


@pytest.mark.parametrize(
    "attributes",
    [{"DoseGridScaling": 0.0}, {"ImagePositionPatient": None}, {"GridFrameOffsetVector": [float("nan")] * 6}],
)
def test_a_dose_that_cannot_be_placed_is_refused_whatever_is_asked(ruled, attributes):
    for said, codes in (({"units": ["GY"]}, ["dose.unplaced"]), ({"grid_mm": {"max": 10}}, ["dose.unplaced"])):
        _, findings = ruled(said, dose(**attributes))
        assert [finding.code for finding in findings] == codes, "once, whether or not a rule tells it"
        assert findings[0].severity is Severity.REFUSAL


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (dose(ImagePositionPatient=[4000.0, 0, 0]), ["dose.elsewhere"]),
        (dose(ImagePositionPatient=[-220.0, -220, 900]), ["dose.elsewhere"]),
        (dose(ImagePositionPatient=[4000.0, 0, 0], FrameOfReferenceUID="1"), []),
        (lambda s: (dose(ImagePositionPatient=[4000.0, 0, 0])(s), s.pop("RS0001.dcm")), []),
        (dose(ImagePositionPatient=[-5.0, -5, -5], PixelSpacing=[0.2, 0.2]), []),
    ],
)
def test_a_dose_far_from_all_structures_is_asked_about(ruled, change, found):
    _, findings = ruled({"units": ["GY"]}, change)
    assert [finding.code for finding in findings] == found
    assert {finding.severity for finding in findings} <= {Severity.QUESTION}
