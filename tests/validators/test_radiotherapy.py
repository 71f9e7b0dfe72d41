import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.phantoms import changed, found, headers_of, names_of, only, unpacked
from uploader.domain.finding import Severity
from uploader.validators.radiotherapy import check
from uploader.validators.radiotherapy_structures import folding, matches

PARAMS = {
    "required": [["Body", "External"], "PTV*", "SpinalCord"],
    "permitted": ["GTV", "CTV*", "Lung*", "Heart"],
    "ignore": ["case", "separators"],
}
EVERYTHING = {"permitted": ["*"]}
FOLD = folding(frozenset({"case", "separators"}))

GOLDEN = {
    "Chamber-Spine": (False, True),
    "Chamber-Cord": (False, True),
    "SpinalCord": (True, True),
    "CTV-Spine": (True, True),
    "GTV-Lung3": (True, False),
    "Lung": (False, True),
    "BODY": (True, True),
    "Plan_PTV_Spine": (False, False),
    "SpinalCord_XX": (False, False),
    "PTV_Spine": (True, False),
}
"""Names of a real phantom, and whether two real trials' lists permit them."""
TRIAL_1 = ["Body", "SpinalCord", "CTV*", "GTV*", "PTV*"]
TRIAL_3 = ["Chamber-Spine", "Chamber-Cord", "SpinalCord", "CTV-Spine", "Lung", "BODY", "SpinalCord_PRV"]


def roi(session, number, sequence="StructureSetROISequence", key="ROINumber"):
    return next(item for item in only(session, "RTSTRUCT")[sequence] if item[key] == number)


def renamed(number, name):
    return lambda s: roi(s, number).update(ROIName=name)


def emptied(number):
    return lambda s: roi(s, number, "ROIContourSequence", "ReferencedROINumber").pop("ContourSequence")


def structures(**attributes):
    return lambda s: only(s, "RTSTRUCT").update(attributes)


def unreferenced(session):
    """Take every reference to an image out of the structure set."""
    header = only(session, "RTSTRUCT")
    header.pop("ReferencedFrameOfReferenceSequence")
    for item in header["ROIContourSequence"]:
        for contour in item["ContourSequence"]:
            contour.pop("ContourImageSequence")


def test_the_phantom_is_as_the_trial_asks(session):
    assert found(check, session, PARAMS) == {}


@pytest.mark.parametrize(
    ("code", "severity", "change"),
    [
        ("radiotherapy.roi-required", Severity.REFUSAL, renamed(5, "Cord")),
        ("radiotherapy.roi-required-empty", Severity.REFUSAL, emptied(5)),
        ("radiotherapy.roi-unlisted", Severity.QUESTION, renamed(4, "Cuore")),
        ("radiotherapy.roi-empty", Severity.QUESTION, emptied(4)),
        ("radiotherapy.roi-unnamed", Severity.REFUSAL, renamed(4, "")),
        ("radiotherapy.roi-doubled", Severity.REFUSAL, renamed(3, "lung r")),
        ("radiotherapy.roi-number-doubled", Severity.REFUSAL, lambda s: roi(s, 3).update(ROINumber=4)),
        (
            "radiotherapy.roi-number-unknown",
            Severity.REFUSAL,
            lambda s: only(s, "RTSTRUCT")["ROIContourSequence"].append({"ReferencedROINumber": 99}),
        ),
        (
            "radiotherapy.roi-number-unknown",
            Severity.REFUSAL,
            lambda s: only(s, "RTSTRUCT")["RTROIObservationsSequence"].append({"ReferencedROINumber": 99}),
        ),
    ],
)
def test_a_fault_in_the_structures_is_found(session, code, severity, change):
    findings = found(check, changed(session, change), PARAMS)
    assert findings[code].severity is severity
    assert findings[code].remedy


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("radiotherapy.image-missing", lambda s: s.pop(names_of(s, "CT")[4])),
        ("radiotherapy.image-unreferenced", unreferenced),
        ("radiotherapy.structures-missing", lambda s: s.pop(names_of(s, "RTSTRUCT")[0])),
        ("radiotherapy.structures-missing", structures(SOPInstanceUID="1.2.3")),
        (
            "radiotherapy.structures-unreferenced",
            lambda s: only(s, "RTPLAN").pop("ReferencedStructureSetSequence"),
        ),
        ("radiotherapy.plan-missing", lambda s: s.pop(names_of(s, "RTPLAN")[0])),
        ("radiotherapy.plan-unreferenced", lambda s: only(s, "RTDOSE").update(ReferencedRTPlanSequence=None)),
        ("radiotherapy.frame-differs", lambda s: only(s, "RTDOSE").update(FrameOfReferenceUID="1.2.3")),
        ("radiotherapy.frame-differs", lambda s: only(s, "RTDOSE").pop("FrameOfReferenceUID")),
        ("radiotherapy.frame-differs", lambda s: only(s, "RTPLAN").update(FrameOfReferenceUID="1.2.3")),
        ("radiotherapy.frame-differs", lambda s: roi(s, 2).update(ReferencedFrameOfReferenceUID="1.2.3")),
    ],
)
def test_a_reference_that_leads_nowhere_is_found(session, code, change):
    findings = found(check, changed(session, change), EVERYTHING)
    assert list(findings) == [code]
    assert findings[code].severity is Severity.REFUSAL
    assert findings[code].remedy


def test_a_contour_on_an_image_that_no_list_names_is_found_too(session):
    def astray(s):
        contour = roi(s, 4, "ROIContourSequence", "ReferencedROINumber")["ContourSequence"][0]
        contour["ContourImageSequence"][0]["ReferencedSOPInstanceUID"] = "1.2.3"

    assert list(found(check, changed(session, astray), EVERYTHING)) == ["radiotherapy.image-missing"]


def test_a_plan_in_machine_geometry_needs_no_structures(session):
    def machine(s):
        only(s, "RTPLAN").update(RTPlanGeometry="TREATMENT_DEVICE", ReferencedStructureSetSequence=None)

    assert found(check, changed(session, machine), EVERYTHING) == {}


def test_a_dose_that_names_a_structure_set_as_its_plan_is_found(session):
    uid = only(session, "RTSTRUCT")["SOPInstanceUID"]
    wrong = changed(
        session,
        lambda s: only(s, "RTDOSE")["ReferencedRTPlanSequence"][0].update(ReferencedSOPInstanceUID=uid),
    )
    assert list(found(check, wrong, EVERYTHING)) == ["radiotherapy.plan-missing"]


@pytest.mark.parametrize("sequence", ["StructureSetROISequence", "ROIContourSequence", "RTROIObservationsSequence"])
def test_the_order_of_the_sequences_does_not_matter_because_rois_are_told_apart_by_number(session, sequence):
    def shuffled(s):
        emptied(4)(s)
        random.Random(7).shuffle(only(s, "RTSTRUCT")[sequence])

    findings = found(check, changed(session, shuffled), PARAMS)
    assert list(findings) == ["radiotherapy.roi-empty"]
    assert findings["radiotherapy.roi-empty"].where.endswith("ROI 4")
    assert findings["radiotherapy.roi-empty"].evidence.reveal() == "Heart"


def test_a_name_that_is_a_patient_s_is_shown_to_the_reviewer_only(session):
    finding = found(check, changed(session, renamed(4, "Thistlefeather")), PARAMS)["radiotherapy.roi-unlisted"]
    assert finding.evidence.reveal() == "Thistlefeather"
    assert "Thistlefeather" not in repr(finding)
    assert finding.where.endswith("(3006,0026) ROI 4")


def test_a_missing_structure_is_named_as_the_protocol_names_it(session):
    finding = found(check, changed(session, renamed(1, "Haut")), PARAMS)["radiotherapy.roi-required"]
    assert "Body or External" in finding.says
    assert "checks/radiotherapy/required" in finding.says


def test_one_alternative_is_enough(session):
    assert found(check, changed(session, renamed(1, "External")), PARAMS) == {}


def test_the_protocol_says_how_unlisted_and_empty_structures_are_judged(session):
    other = changed(session, lambda s: (renamed(4, "Cuore")(s), emptied(4)(s)))
    findings = found(check, other, {**PARAMS, "unlisted": "refusal", "empty": "note"})
    assert findings["radiotherapy.roi-unlisted"].severity is Severity.REFUSAL
    assert findings["radiotherapy.roi-empty"].severity is Severity.NOTE


def test_case_counts_unless_the_protocol_says_otherwise(session):
    assert "radiotherapy.roi-required" in found(check, session, {"required": ["Body"], "permitted": ["*"]})


@pytest.mark.parametrize(("name", "permitted"), GOLDEN.items())
def test_the_lists_of_real_trials_judge_real_names_as_their_own_software_does(name, permitted):
    judged = [any(matches(name, listed, FOLD) for listed in trial) for trial in (TRIAL_1, TRIAL_3)]
    assert tuple(judged) == permitted


@pytest.mark.parametrize(
    ("name", "pattern"),
    [("chestwall", "Chestwall"), ("Dose 55[Gy]", "DOSE*"), ("PTV", "PTV*"), ("z Ring PTV 1", "*ptv*"), ("L", "*")],
)
def test_a_name_fits_a_pattern(name, pattern):
    assert matches(name, pattern, FOLD)


@pytest.mark.parametrize(
    ("name", "pattern"), [("SpinalCord", "Cord"), ("Lungs", "Lung"), ("PTVx", "PTV?"), ("a", "[a-z]"), ("", "a")]
)
def test_a_part_of_a_name_is_not_the_name(name, pattern):
    assert not matches(name, pattern, FOLD)


@given(st.text(max_size=20))
def test_every_name_fits_itself_and_the_wildcard(name):
    assert matches(name, name.replace("*", ""), FOLD) or "*" in name
    assert matches(name, "*", FOLD)


def test_every_reference_of_a_real_complete_session_resolves(samples, tmp_path):
    (archive,) = (samples / "rt_breast_complete_made").glob("*.tar.xz")
    headers = headers_of(unpacked(archive, tmp_path))
    assert sorted({h["Modality"] for h in headers.values()}) == ["CT", "RTDOSE", "RTPLAN", "RTSTRUCT"]
    assert list(found(check, headers, EVERYTHING)) == ["radiotherapy.roi-empty"]


@pytest.mark.parametrize(
    ("folder", "codes"),
    [
        ("rt_bad_references", {"radiotherapy.image-missing", "radiotherapy.frame-differs"}),
        (
            "rt_orphan_dose",
            {"radiotherapy.frame-differs", "radiotherapy.plan-missing", "radiotherapy.structures-unreferenced"},
        ),
    ],
)
def test_real_files_that_do_not_belong_together_are_found(samples, folder, codes):
    assert found(check, headers_of(samples / folder), EVERYTHING).keys() == codes


def test_a_structure_without_a_name_is_not_called_unlisted_too(session):
    params = {**PARAMS, "ignore": []}
    assert "radiotherapy.roi-unlisted" not in found(check, changed(session, renamed(4, "")), PARAMS)
    assert "radiotherapy.roi-unlisted" in found(check, changed(session, renamed(4, "heart")), params)


def test_one_of_several_structures_that_fit_needs_contours(session):
    other = changed(session, lambda s: (renamed(7, "PTV_boost")(s), emptied(7)(s)))
    assert list(found(check, other, PARAMS)) == ["radiotherapy.roi-empty"]
