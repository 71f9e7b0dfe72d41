"""A PET series must be such that uptake can be computed, and as the trial asks."""

from __future__ import annotations

import copy

import pytest

from tests.validators.asking import a_scan, an_input, findings, outcome, rulings
from uploader import dicom, vendor
from uploader.domain.finding import Outcome, Severity
from uploader.ports import Case
from uploader.validators.pet import ENHANCED, check

PASSED, FAILED, OPEN, IDLE = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_EVALUABLE, Outcome.NOT_APPLICABLE
SUV = {"suv_computable": True}
PET = {
    "Units": "BQML",
    "CorrectedImage": ["NORM", "ATTN", "SCAT", "RAN", "DECY"],
    "DecayCorrection": "START",
    "PatientWeight": 80.0,
    "SeriesDate": "20260105",
    "SeriesTime": "110000",
    "AcquisitionDate": "20260105",
    "AcquisitionTime": "110000",
    "RadiopharmaceuticalInformationSequence": [
        {
            "Radiopharmaceutical": "FDG",
            "RadiopharmaceuticalStartTime": "100000",
            "RadionuclideTotalDose": 3.2e8,
            "RadionuclideHalfLife": 6586.2,
            "RadionuclideCodeSequence": [{"CodeValue": "C-111A1", "CodingSchemeDesignator": "SRT"}],
            "RadiopharmaceuticalCodeSequence": [{"CodeMeaning": "Fluorodeoxyglucose F^18^"}],
        }
    ],
}
INJECTIONS = PET["RadiopharmaceuticalInformationSequence"]


def pet(injection=None, **changes):
    """The image above with attributes changed, or left out where None is said; `injection`: the same of the tracer."""
    header = copy.deepcopy(PET)
    for target, new in ((header, changes), (header["RadiopharmaceuticalInformationSequence"][0], injection or {})):
        target.update(new)
        for name in [name for name, value in new.items() if value is None]:
            del target[name]
    return header


def judged(rules, *headers):
    return Case(a_scan("PT", *headers), {"inputs": [an_input("PT", pet=rules)]})


def codes(case):
    return [finding.code for finding in findings(check, case)]


def test_an_image_with_all_that_an_suv_needs_is_right():
    assert outcome(check, judged(SUV, pet(), pet())) is PASSED


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (pet(CorrectedImage=["DECY", "SCAT"]), "pet.corrections"),
        (pet(CorrectedImage=["ATTN"]), "pet.corrections"),
        (pet(CorrectedImage=None), "pet.corrections"),
        (pet(DecayCorrection="NONE"), "pet.decay-correction"),
        (pet(Units="PROPCPS"), "pet.units"),
        (pet(Units=None), "pet.units"),
        (pet(Units="CNTS"), "pet.factors-missing"),
        (pet(Units="GML", SUVType="LBM"), "pet.units"),
        (pet(PatientWeight=None), "pet.suv-missing"),
        (pet(PatientWeight=0.0), "pet.suv-missing"),
        (pet({"RadionuclideTotalDose": 0.0}), "pet.suv-missing"),
        (pet({"RadionuclideHalfLife": None}), "pet.suv-missing"),
        (pet({"RadiopharmaceuticalStartTime": None}), "pet.suv-missing"),
        (pet(AcquisitionTime=None), "pet.suv-missing"),
        (pet({"RadiopharmaceuticalStartTime": "113000"}), "pet.before-injection"),
        (pet({"RadiopharmaceuticalStartDateTime": "20260106100000"}), "pet.before-injection"),
        (pet({"RadiopharmaceuticalStartDateTime": "20251205100000"}), "pet.decayed"),
        (pet(RadiopharmaceuticalInformationSequence=INJECTIONS * 2), "pet.injections"),
    ],
)
def test_what_is_in_the_way_of_an_suv_is_said(image, code):
    case = judged(SUV, image, image)
    assert (codes(case), outcome(check, case)) == ([code], FAILED)


def test_one_image_of_a_series_is_enough_to_be_in_the_way():
    (finding,) = findings(check, judged(SUV, pet(), pet(Units="PROPCPS")))
    assert finding.where == "scans/1.2.3/0002.dcm Units (0054,1001)"


def test_all_that_is_in_the_way_is_said_in_the_order_of_the_tests():
    image = pet({"RadionuclideTotalDose": None}, CorrectedImage=[], PatientWeight=None)
    assert codes(judged(SUV, image)) == ["pet.corrections", "pet.suv-missing", "pet.suv-missing"]


@pytest.mark.parametrize(
    "image",
    [
        pet(DecayCorrection="ADMIN", AcquisitionTime=None),
        pet(Units="GML", PatientWeight=None),
        pet(Units="GML", SUVType="BW"),
        pet(Units="CNTS", PatientWeight=None, **{vendor.PET_SUV_FACTOR: 0.0005}),
        pet(Units="CNTS", **{vendor.PET_SUV_FACTOR: 0.0, vendor.PET_ACTIVITY_FACTOR: 2.5}),
        pet({"RadiopharmaceuticalStartTime": "233000"}, SeriesTime="003000", AcquisitionTime="003000"),
    ],
)
def test_an_suv_can_be_computed_in_every_way_that_scanners_allow(image):
    assert outcome(check, judged(SUV, image)) is PASSED


def test_counts_with_a_factor_of_activity_need_what_activity_needs():
    image = pet(Units="CNTS", PatientWeight=None, **{vendor.PET_ACTIVITY_FACTOR: 2.5})
    assert codes(judged(SUV, image)) == ["pet.suv-missing"]


def test_a_finding_names_file_element_found_expected_and_what_to_do():
    rules = {**SUV, "severity": "question"}
    (finding,) = findings(check, judged(rules, pet(PatientWeight=0.0)))
    assert finding.where == "scans/1.2.3/0001.dcm PatientWeight (0010,1030)"
    assert (finding.found, finding.expected, finding.line) == ("0", "above 0", "/inputs/0/pet/suv_computable")
    assert finding.severity is Severity.QUESTION
    assert (
        finding.says == "The scan: no SUV can be computed: the body weight is missing, or is not one number above zero"
    )
    assert finding.remedy


def test_of_an_enhanced_object_nothing_is_claimed():
    assert outcome(check, judged(SUV, pet(SOPClassUID=ENHANCED))) is OPEN


UPTAKE = {"uptake_min": {"min": 50, "max": 75}}


@pytest.mark.parametrize(
    ("image", "becomes"),
    [
        (pet(), PASSED),
        (pet({"RadiopharmaceuticalStartTime": "091500"}), FAILED),
        (pet({"RadiopharmaceuticalStartDateTime": "20260105100500.00"}), PASSED),
        (pet({"RadiopharmaceuticalStartTime": "233500"}, SeriesTime="003000", AcquisitionTime="003000"), PASSED),
        (pet({"RadiopharmaceuticalStartTime": None}), OPEN),
        (pet(AcquisitionDate=None), OPEN),
        # processed again later: the acquisition counts, or what a GE scanner says itself
        (pet(SeriesTime="160000", AcquisitionTime="110500"), PASSED),
        (pet(SeriesTime="160000", AcquisitionTime="123000", **{vendor.PET_SCAN_TIME: "20260105110500.00"}), PASSED),
        (pet(SeriesTime="160000", AcquisitionTime="123000"), FAILED),
    ],
)
def test_uptake_is_the_time_from_injection_to_the_start_of_the_scan(image, becomes):
    assert outcome(check, judged(UPTAKE, image)) is becomes


def test_the_scan_starts_with_the_first_bed_position():
    later = pet(SeriesTime="160000", AcquisitionTime="112500")
    first = pet(SeriesTime="160000", AcquisitionTime="110000")
    assert rulings(check, judged(UPTAKE, later, first))["/inputs/0/pet/uptake_min"].says == "60 min"


@pytest.mark.parametrize(
    ("rules", "image", "becomes", "code"),
    [
        ({"units": ["BQML"]}, pet(), PASSED, ""),
        ({"units": ["BQML"]}, pet(Units="CNTS"), FAILED, "pet.units"),
        ({"units": ["BQML"]}, pet(Units=None), OPEN, ""),
        ({"units": ["BQML"]}, pet(Units=[{"CodeValue": "x"}]), FAILED, "pet.units"),
        ({"decay_correction": ["START"]}, pet(DecayCorrection="ADMIN"), FAILED, "pet.decay-correction"),
        ({"corrections_include": ["ATTN", "SCAT"]}, pet(), PASSED, ""),
        ({"corrections_include": ["ATTN", "RADL"]}, pet(), FAILED, "pet.corrections"),
        ({"corrections_include": ["ATTN"]}, pet(CorrectedImage=None), OPEN, ""),
        ({"radionuclide": ["C-111A1"]}, pet(), PASSED, ""),
        ({"radionuclide": ["77004003"]}, pet(), PASSED, ""),
        ({"radionuclide": ["C-131A3"]}, pet(), FAILED, "pet.radionuclide"),
        ({"radionuclide": ["C-111A1"]}, pet({"RadionuclideCodeSequence": None}), OPEN, ""),
        ({"tracer": ["fdg"]}, pet(), PASSED, ""),
        ({"tracer": ["Fluorodeoxyglucose F^18^"]}, pet(), PASSED, ""),
        ({"tracer": ["FLT"]}, pet(), FAILED, "pet.tracer"),
        ({"injected_mbq": {"min": 100, "max": 450}}, pet(), PASSED, ""),
        ({"injected_mbq": {"min": 100, "max": 300}}, pet(), FAILED, "pet.activity"),
        ({"injected_mbq": {"min": 100}}, pet({"RadionuclideTotalDose": None}), OPEN, ""),
        ({"injected_mbq_per_kg": {"min": 2, "max": 6}}, pet(), PASSED, ""),
        ({"injected_mbq_per_kg": {"min": 2, "max": 6}}, pet(PatientWeight=40.0), FAILED, "pet.activity"),
        ({"weight_kg": {"min": 30}}, pet(PatientWeight=8.0), FAILED, "pet.weight"),
        ({"weight_kg": {"min": 30}}, pet(PatientWeight=None), OPEN, ""),
        ({"acquisition_after_injection": True}, pet(), PASSED, ""),
        ({"acquisition_after_injection": True}, pet(SeriesDate=None, AcquisitionDate=None), OPEN, ""),
        (
            {"acquisition_after_injection": True},
            pet({"RadiopharmaceuticalStartTime": "110100"}),
            FAILED,
            "pet.before-injection",
        ),
    ],
)
def test_each_rule_judges_what_it_names(rules, image, becomes, code):
    case = judged(rules, image)
    assert (outcome(check, case), codes(case)) == (becomes, [code] if code else [])


def test_a_name_that_a_person_typed_is_not_in_the_finding():

    (finding,) = findings(check, judged({"tracer": ["FLT"]}, pet({"Radiopharmaceutical": "Doe"})))
    assert "Doe" not in repr(finding)
    assert finding.evidence.reveal() == "Doe | Fluorodeoxyglucose F^18^"


def test_activity_in_the_wrong_unit_is_seen_in_the_number():
    (finding,) = findings(check, judged({"injected_mbq": {"min": 100}}, pet({"RadionuclideTotalDose": 320000.0})))
    assert (finding.found, finding.expected) == ("0.32 MBq", "at least 100 MBq")


def test_every_rule_of_the_block_is_ruled_on_once_also_without_a_scan():
    rules = {**SUV, **UPTAKE, "units": ["BQML"], "severity": "note"}
    assert len(rulings(check, judged(rules, pet()))) == 3
    assert {r.outcome for r in rulings(check, Case({}, judged(rules).asked)).values()} == {OPEN}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("GH184.dcm", set()),
        ("GH610.dcm", {"pet.corrections", "pet.units"}),
        ("acrin_flt_028.dcm", set()),
        ("acrin_flt_029.dcm", set()),
    ],
)
def test_real_images_are_judged_as_a_physicist_would(samples, name, expected):
    header = dict(dicom.header(dicom.read(samples / "pet" / name).dataset))
    assert set(codes(Case({"a": header}, judged(SUV).asked))) == expected
