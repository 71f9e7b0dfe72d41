"""What the shipped policies do to single attributes: spot checks against the text of PS3.15 and PS3.3."""

from __future__ import annotations

import json
import pickle
import timeit
from pathlib import Path

import pytest
from pydicom.datadict import dictionary_VR, tag_for_keyword

from uploader.domain.policy import Action, Option
from uploader.passes.policy import Policy, policies

FOLDER = Path(__file__).parents[2] / "privacy_policies"
CT, MR, PT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.128"
RTSTRUCT, RTPLAN, RTDOSE = (f"1.2.840.10008.5.1.4.1.1.481.{n}" for n in (3, 5, 2))
SC, SEG, PR = "1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.11.1"
ENHANCED_MR, SR, PDF = (f"1.2.840.10008.5.1.4.1.1.{n}" for n in ("4.1", "88.33", "104.1"))
PRIVATE_CLASS = "1.3.12.2.1107.5.9.1"


@pytest.fixture(scope="module")
def shipped():
    return policies(FOLDER)


@pytest.fixture(scope="module")
def basic(shipped):
    return shipped["basic"]


@pytest.fixture(scope="module")
def trial(shipped):
    return shipped["trial"]


def action(policy: Policy, sop_class: str, keyword: str) -> Action:
    tag = tag_for_keyword(keyword)
    return policy.action(sop_class, tag, dictionary_VR(tag))


def site_policy(folder: Path, **changes) -> Policy:
    """A policy of a site's own, like the basic one but for `changes`."""
    content = {**json.loads((FOLDER / "basic.json").read_text()), "name": "site", **changes}
    (folder / "schema.json").write_bytes((FOLDER / "schema.json").read_bytes())
    (folder / "site.json").write_text(json.dumps(content))
    return Policy.read(folder / "site.json")


def test_four_policies_are_shipped(shipped):
    assert sorted(shipped) == ["basic", "no_dates", "research", "trial"]


@pytest.mark.parametrize(
    ("keyword", "expected"),
    [
        ("PatientName", Action.EMPTY),
        ("PatientBirthDate", Action.EMPTY),
        ("AccessionNumber", Action.EMPTY),
        ("OtherPatientIDs", Action.REMOVE),
        ("PatientAddress", Action.REMOVE),
        ("SOPInstanceUID", Action.UID),
        ("FrameOfReferenceUID", Action.UID),
        ("StudyDate", Action.SHIFT),
        ("AcquisitionDateTime", Action.SHIFT),
        ("SeriesDescription", Action.REMOVE),
        ("PatientAge", Action.REMOVE),
        ("PatientWeight", Action.REMOVE),
        ("StationName", Action.REMOVE),
        ("Manufacturer", Action.KEEP),
        ("ConvolutionKernel", Action.KEEP),
        ("CodeMeaning", Action.CLEAN),
        ("PixelData", Action.KEEP),
        ("ImagePositionPatient", Action.KEEP),
    ],
)
def test_the_basic_policy_does_to_a_ct_what_the_table_says(basic, keyword, expected):
    assert action(basic, CT, keyword) is expected


@pytest.mark.parametrize(
    ("sop_class", "keyword", "expected"),
    [
        (PT, "PatientWeight", Action.KEEP),
        (PT, "PatientSize", Action.KEEP),
        (PT, "PatientSex", Action.KEEP),
        (PT, "PatientAge", Action.SHIFT),
        (PT, "RadiopharmaceuticalStartTime", Action.SHIFT),
        (PT, "RadionuclideTotalDose", Action.KEEP),
        (PT, "RadionuclideHalfLife", Action.KEEP),
        (PT, "DecayCorrection", Action.KEEP),
        (PT, "Units", Action.KEEP),
        (PT, "Radiopharmaceutical", Action.CLEAN),
        (MR, "DiffusionBValue", Action.KEEP),
        (MR, "DiffusionGradientOrientation", Action.KEEP),
        (ENHANCED_MR, "DiffusionBValue", Action.KEEP),
        (ENHANCED_MR, "SharedFunctionalGroupsSequence", Action.KEEP),
        (ENHANCED_MR, "PerFrameFunctionalGroupsSequence", Action.KEEP),
        (ENHANCED_MR, "FrameAcquisitionDateTime", Action.SHIFT),
        (RTSTRUCT, "ROIName", Action.CLEAN),
        (RTSTRUCT, "StructureSetLabel", Action.CLEAN),
        (RTSTRUCT, "ROIObservationLabel", Action.CLEAN),
        (RTSTRUCT, "ContourData", Action.KEEP),
        (RTSTRUCT, "ReferencedFrameOfReferenceUID", Action.UID),
        (RTSTRUCT, "ReferencedFrameOfReferenceSequence", Action.KEEP),
        (RTPLAN, "RTPlanLabel", Action.CLEAN),
        (RTPLAN, "BeamName", Action.CLEAN),
        (RTPLAN, "ReferencedStructureSetSequence", Action.KEEP),
        (RTPLAN, "TreatmentMachineName", Action.EMPTY),
        (RTPLAN, "BeamDoseSpecificationPoint", Action.KEEP),
        (RTDOSE, "DoseGridScaling", Action.KEEP),
        (RTDOSE, "ReferencedRTPlanSequence", Action.KEEP),
        (SEG, "SegmentLabel", Action.CLEAN),
        (SEG, "SourceImageSequence", Action.KEEP),
        (SC, "NumberOfFrames", Action.KEEP),
        (CT, "SeriesDescription", Action.CLEAN),
        (CT, "ProtocolName", Action.CLEAN),
        (CT, "PatientComments", Action.REMOVE),
        (CT, "InstitutionName", Action.DUMMY),
        (CT, "OperatorsName", Action.REMOVE),
        (CT, "TimezoneOffsetFromUTC", Action.REMOVE),
        (CT, "DeviceSerialNumber", Action.EMPTY),
    ],
)
def test_the_trial_policy_keeps_what_measuring_and_planning_need(trial, sop_class, keyword, expected):
    assert action(trial, sop_class, keyword) is expected


def test_a_choice_of_the_table_is_settled_by_the_type_in_the_iod(basic):
    """Content Creator's Name is Z/D, and Type 2 in a segmentation (PS3.3 C.8.20.2)."""
    assert action(basic, SEG, "ContentCreatorName") is Action.EMPTY


def test_a_label_that_the_iod_requires_gets_a_value_that_says_nothing(basic):
    """Structure Set Label is D in the table and Type 1 in PS3.3 C.8.8.5."""
    assert action(basic, RTSTRUCT, "StructureSetLabel") is Action.DUMMY


def test_a_presentation_state_keeps_the_dates_it_cannot_be_without(shipped):
    assert action(shipped["no_dates"], PR, "PresentationCreationDate") is Action.DUMMY


def test_without_an_option_for_dates_no_date_is_left(shipped):
    assert action(shipped["no_dates"], CT, "AcquisitionDate") in (Action.REMOVE, Action.EMPTY)


def test_a_calibration_date_moves_even_where_the_device_is_retained(trial):
    assert action(trial, CT, "DateOfLastCalibration") is Action.SHIFT


@pytest.mark.parametrize("keyword", ["PatientBirthDateInAlternativeCalendar", "EncryptedAttributesSequence"])
def test_what_the_table_forgot_goes_under_every_policy(shipped, keyword):
    assert {action(policy, CT, keyword) for policy in shipped.values()} == {Action.REMOVE}


@pytest.mark.parametrize("tag", [0x00080000, 0x00000002, 0x00020016, 0x50003000, 0x60003000, 0x60FE0022, 0xFFFAFFFA])
def test_group_lengths_commands_curves_overlays_and_signatures_go(trial, tag):
    assert trial.action(CT, tag, "OB") is Action.REMOVE


def test_an_attribute_that_the_iod_does_not_name_goes(basic):
    assert action(basic, CT, "ContourData") is Action.REMOVE


def test_an_unknown_element_goes(basic):
    assert basic.action(CT, 0x00081FFF, "LO") is Action.REMOVE


def test_a_private_element_goes_when_nobody_asks_for_its_creator(basic):
    assert basic.action(CT, 0x00091001, "LO") is Action.REMOVE


def test_an_object_of_unknown_kind_keeps_its_pixels_and_little_else(trial):
    kept = [
        keyword
        for keyword in ("PixelData", "Rows", "KVP", "ContourData")
        if action(trial, PRIVATE_CLASS, keyword) is Action.KEEP
    ]
    assert kept == ["PixelData", "Rows"]


def test_a_retired_ultrasound_is_treated_as_its_successor(trial):
    retired, present = "1.2.840.10008.5.1.4.1.1.6", "1.2.840.10008.5.1.4.1.1.6.1"
    assert trial.allowed(retired) == trial.allowed(present)


def test_a_number_written_as_text_is_not_trusted(basic):
    """Rows, US in the dictionary, written as UT: the stricter reading counts."""
    assert basic.action(CT, 0x00280010, "UT") is Action.DUMMY


def test_an_element_of_unknown_vr_is_judged_by_the_dictionary(trial):
    assert trial.action(CT, 0x0008103E, "UN") is Action.CLEAN


def test_what_the_iod_demands_is_emptied_where_the_table_would_remove_it(basic):
    assert action(basic, SR, "RequestedProcedureID") is Action.EMPTY
    assert action(basic, CT, "RequestedProcedureID") is Action.REMOVE


@pytest.mark.parametrize("keyword", ["ReferencedStudySequence", "ReferencedPatientSequence"])
def test_references_to_studies_and_patients_go(basic, keyword):
    assert action(basic, CT, keyword) is Action.REMOVE


def test_a_report_keeps_its_outline_but_no_text_or_number_under_the_basic_policy(basic):
    found = [action(basic, SR, k) for k in ("ContentSequence", "TextValue", "PersonName", "MeasuredValueSequence")]
    assert found == [Action.DUMMY, Action.DUMMY, Action.DUMMY, Action.EMPTY]


def test_a_report_keeps_measurements_and_clean_text_where_structured_content_is_cleaned(trial):
    found = [action(trial, SR, k) for k in ("ContentSequence", "TextValue", "PersonName", "MeasuredValueSequence")]
    assert found == [Action.KEEP, Action.CLEAN, Action.DUMMY, Action.KEEP]


def test_content_items_about_the_patient_go(basic, trial):
    """Subject Age and Subject Name, PS3.15 table E.3.4-1."""
    said = [
        policy.content("DCM", code, vt)
        for policy in (basic, trial)
        for code, vt in (("121033", "NUM"), ("121029", "PNAME"))
    ]
    assert said == [Action.REMOVE, Action.DUMMY, Action.KEEP, Action.DUMMY]


def test_texts_in_a_presentation_state_say_nothing_or_are_cleaned(basic, trial):
    assert [action(p, PR, "UnformattedTextValue") for p in (basic, trial)] == [Action.DUMMY, Action.CLEAN]


def test_safe_private_elements_go_unless_they_are_asked_for(trial):
    assert trial.private("SIEMENS MR HEADER", 0x0019, 0x0C) is Action.REMOVE


def test_the_b_value_of_siemens_stays_in_research(shipped):
    """PS3.15 table E.3.10-1."""
    assert shipped["research"].private("SIEMENS MR HEADER ", 0x0019, 0x0C, "IS") is Action.KEEP


def test_a_block_of_another_creator_is_not_safe(shipped):
    assert shipped["research"].private("SIEMENS CSA HEADER", 0x0029, 0x10) is Action.REMOVE


def test_a_safe_private_element_written_as_text_is_cleaned(shipped):
    assert shipped["research"].private("SIEMENS MR HEADER", 0x0019, 0x0C, "LT") is Action.CLEAN


def test_dates_and_uids_in_a_sites_own_safe_elements_are_still_replaced(tmp_path):
    safe = {"creator": "ACME 1.1", "group": "0029", "reason": "checked with the maker's manual"}
    additions = [{**safe, "element": "10", "vr": "DA"}, {**safe, "element": "11", "vr": "UI"}]
    policy = site_policy(
        tmp_path,
        options=["retain-safe-private", "retain-longitudinal-modified-dates"],
        safe_private={"standard": False, "additions": additions},
    )
    assert [policy.private("ACME 1.1", 0x0029, low) for low in (0x10, 0x11)] == [Action.SHIFT, Action.UID]
    assert policy.private_allowed() == {("ACME 1.1", 0x0029, 0x10), ("ACME 1.1", 0x0029, 0x11)}


def test_an_encapsulated_pdf_is_held_and_the_remedy_named(basic):
    assert 'an entry in "accept" of policy basic' in basic.refusal(PDF)


def test_a_site_can_accept_a_kind_of_object_with_a_reason(tmp_path):
    policy = site_policy(tmp_path, accept=[{"sop_class": PDF, "reason": "read by two people beforehand"}])
    assert policy.refusal(PDF) is None
    assert action(policy, PDF, "EncapsulatedDocument") is Action.KEEP


def test_a_site_can_refuse_a_kind_of_object(tmp_path):
    policy = site_policy(tmp_path, refuse=[{"sop_class": SC, "reason": "screens show the patient's name"}])
    assert policy.refusal(SC) == "policy site refuses objects of this class: screens show the patient's name"


def test_an_object_without_a_class_is_held(basic):
    assert basic.refusal("")


@pytest.mark.parametrize("sop_class", [CT, MR, PT, RTSTRUCT, RTPLAN, RTDOSE, SC, SEG, PR, SR, PRIVATE_CLASS])
def test_ordinary_objects_are_not_held(basic, sop_class):
    assert basic.refusal(sop_class) is None


def test_a_policy_says_of_itself_what_it_does(basic, trial):
    assert [code for code, _ in basic.codes()] == ["113100", "113107"]
    assert [code for code, _ in trial.codes()] == ["113100", "113103", "113104", "113105", "113107", "113108"]


def test_cleaned_pixels_are_claimed_only_where_it_was_done(basic):
    assert "113101" in dict(basic.codes(done=[Option.CLEAN_PIXEL_DATA]))
    assert "113101" not in dict(basic.codes())


def test_safe_private_is_not_claimed_where_no_element_is_safe(tmp_path):
    policy = site_policy(tmp_path, options=["retain-safe-private"], safe_private={"standard": False, "additions": []})
    assert dict(policy.codes()) == {"113100": "Basic Application Confidentiality Profile"}


def test_whoever_keeps_what_the_profile_removes_does_not_claim_the_profile(tmp_path):
    override = {"tag": "(0008,1010)", "action": "keep", "reason": "one scanner a site in this trial"}
    assert "113100" not in dict(site_policy(tmp_path, overrides=[override]).codes())


def test_whoever_removes_what_an_option_retains_does_not_claim_the_option(tmp_path):
    override = {"tag": "(0018,1000)", "action": "remove", "reason": "serial numbers are not wanted"}
    policy = site_policy(tmp_path, options=["retain-device-identity"], overrides=[override])
    assert "113109" not in dict(policy.codes())


def test_an_override_decides_and_is_told_with_its_reason(tmp_path):
    override = {"tag": "(0008,1010)", "action": "keep", "reason": "one scanner a site in this trial"}
    policy = site_policy(tmp_path, overrides=[override])
    assert action(policy, CT, "StationName") is Action.KEEP
    assert "(0008,1010) stays as it is: one scanner a site in this trial." in policy.describe()


def test_a_description_names_the_edition_of_the_standard(basic):
    assert any("PS3.15 2026d" in line for line in basic.describe())


def test_a_policy_travels_to_a_worker(trial):
    trial.action(CT, 0x00100010, "PN")
    assert pickle.loads(pickle.dumps(trial)) == trial


def test_equal_policies_are_one_key(trial):
    assert {trial: 1}[Policy.read(FOLDER / "trial.json")] == 1


def test_asking_again_costs_nothing_worth_counting(basic):
    basic.action(CT, 0x00080018, "UI")
    assert timeit.timeit(lambda: basic.action(CT, 0x00080018, "UI"), number=10_000) < 0.5
