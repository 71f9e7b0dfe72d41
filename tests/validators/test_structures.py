import numpy as np
import pytest

from tests.phantoms import changed, headers_of, names_of, only
from tests.validators.asking import an_input
from tests.validators.rulings import judged
from uploader.domain.finding import Outcome, Severity
from uploader.ports import Case
from uploader.validators.structures import check

EVERYTHING = {
    "images": "ct",
    "all_referenced_present": True,
    "max_unreferenced_images": 0,
    "frame_of_reference_matches": True,
    "approval": ["APPROVED"],
    "contour_types": ["CLOSED_PLANAR"],
    "plane_tol_mm": 0.1,
    "min_points": 3,
    "max_gap_slices": 0,
    "empty_roi": "question",
    "duplicate_names": "refusal",
    "self_intersection": "question",
    "outside_image": "refusal",
}
BLOCK = "/inputs/1/structure_set"


def asked(rois=(), **block):
    structures = an_input("RTSTRUCT", "rs", structure_set=block or EVERYTHING)
    return {"inputs": [an_input("CT", "ct"), structures], "rois": list(rois), "nomenclature": {"ignore": ["case"]}}


def ruled(session, protocol):
    return judged(check, Case(session, protocol))


def roi(session, number, sequence="StructureSetROISequence", key="ROINumber"):
    return next(item for item in only(session, "RTSTRUCT")[sequence] if item[key] == number)


def contours(session, number):
    return roi(session, number, "ROIContourSequence", "ReferencedROINumber")["ContourSequence"]


def moved(number, by):
    def move(session):
        for contour in contours(session, number):
            points = np.asarray(contour["ContourData"]).reshape(-1, 3) + by
            contour["ContourData"] = points.ravel().tolist()

    return move


def crossed(session):
    data = np.asarray(contours(session, 2)[0]["ContourData"]).reshape(-1, 3)
    data[[1, len(data) // 2]] = data[[len(data) // 2, 1]]
    contours(session, 2)[0]["ContourData"] = data.ravel().tolist()


def test_the_phantom_is_drawn_as_the_trial_asks(session):
    rulings, findings = ruled(session, asked())
    assert findings == []
    assert {line: ruling.outcome for line, ruling in rulings.items()} == {
        f"{BLOCK}/{rule}": Outcome.PASSED for rule in EVERYTHING if rule != "images"
    }


@pytest.mark.parametrize(
    ("rule", "code", "change"),
    [
        ("all_referenced_present", "structures.image-missing", lambda s: s.pop(names_of(s, "CT")[5])),
        (
            "frame_of_reference_matches",
            "structures.frame-differs",
            lambda s: roi(s, 2).update(ReferencedFrameOfReferenceUID="1.2.3"),
        ),
        ("approval", "structures.approval", lambda s: only(s, "RTSTRUCT").update(ApprovalStatus="UNAPPROVED")),
        (
            "contour_types",
            "structures.contour-type",
            lambda s: contours(s, 2)[0].update(ContourGeometricType="OPEN_PLANAR"),
        ),
        ("plane_tol_mm", "structures.off-slice", moved(2, [0, 0, 0.3])),
        ("min_points", "structures.few-points", lambda s: contours(s, 2)[0].update(ContourData=[1.0, 2, 3, 4, 5, 6])),
        ("max_gap_slices", "structures.gap", lambda s: contours(s, 1).pop(4)),
        ("empty_roi", "structures.empty", lambda s: contours(s, 2).clear()),
        ("duplicate_names", "structures.name-doubled", lambda s: roi(s, 2).update(ROIName="body")),
        ("self_intersection", "structures.crossing", crossed),
        ("outside_image", "structures.outside", moved(1, [400, 0, 0])),
    ],
)
def test_what_is_drawn_otherwise_fails_its_rule_and_says_so(session, rule, code, change):
    rulings, findings = ruled(changed(session, change), asked(**{"images": "ct", rule: EVERYTHING[rule]}))
    assert rulings[f"{BLOCK}/{rule}"].outcome is Outcome.FAILED
    assert {(f.code, f.line) for f in findings} == {(code, f"{BLOCK}/{rule}")}
    assert all(f.remedy and f.where.startswith("scans/") for f in findings)


def test_a_lost_slice_is_told_once_with_the_numbers_of_the_rois_and_their_names_as_evidence(session):
    lost = changed(session, lambda s: s.pop(names_of(s, "CT")[5]))
    (finding,) = ruled(lost, asked(images="ct", plane_tol_mm=0.1))[1]
    numbers = finding.where.partition(" ROI ")[2].split(", ")
    assert numbers == sorted(numbers, key=int)
    assert (len(numbers) > 2, finding.found) == (True, f"up to 3 mm off, in {len(numbers)} ROIs")
    names = [roi(session, int(number))["ROIName"] for number in numbers]
    assert finding.evidence.reveal() == " | ".join(names)
    assert [name for name in names if name in repr(finding)] == []


def test_each_name_that_is_there_twice_is_told_with_its_own_rois(session):
    def doubled(s):
        for number, name in ((1, "Body"), (2, "body"), (3, "Heart"), (4, "heart")):
            roi(s, number)["ROIName"] = name

    findings = ruled(changed(session, doubled), asked(images="ct", duplicate_names="refusal"))[1]
    assert [f.where.partition(" ROI ")[2] for f in findings] == ["1, 2", "3, 4"]


def test_an_image_that_the_structure_set_does_not_mention_is_counted(session):
    def silent(s):
        path = only(s, "RTSTRUCT")["ReferencedFrameOfReferenceSequence"][0]["RTReferencedStudySequence"][0]
        path["RTReferencedSeriesSequence"][0]["ContourImageSequence"].pop()
        for item in only(s, "RTSTRUCT")["ROIContourSequence"]:
            item["ContourSequence"] = item["ContourSequence"][:-2]

    _, findings = ruled(changed(session, silent), asked(images="ct", max_unreferenced_images=0))
    assert [(f.code, f.found) for f in findings] == [("structures.image-unreferenced", "1 of 12 images")]


def test_a_contour_that_is_off_by_the_rounding_of_a_planning_system_lies_on_its_slice(session):
    assert ruled(changed(session, moved(2, [0, 0, 0.0007])), asked(images="ct", plane_tol_mm=0.1))[1] == []


def test_the_severity_of_an_empty_roi_is_the_rules_value(session):
    empty = changed(session, lambda s: contours(s, 2).clear())
    for said in ("note", "refusal"):
        (finding,) = ruled(empty, asked(images="ct", empty_roi=said))[1]
        assert finding.severity is Severity[said.upper()]


def test_an_approval_that_is_not_said_is_as_the_protocol_says(session):
    silent = changed(session, lambda s: only(s, "RTSTRUCT").pop("ApprovalStatus"))
    rulings, findings = ruled(silent, asked(images="ct", approval=["APPROVED"]))
    assert rulings[f"{BLOCK}/approval"].outcome is Outcome.NOT_EVALUABLE
    failing = ruled(silent, asked(images="ct", approval=["APPROVED"], approval_on_missing="fail"))
    assert (findings, [f.code for f in failing[1]]) == ([], ["structures.approval"])


def test_a_session_without_structures_is_ruled_on_all_the_same(session):
    none = changed(session, lambda s: s.pop(names_of(s, "RTSTRUCT")[0]))
    rulings, findings = ruled(none, asked([{"name": "BODY", "need": "required", "volume_cc": {"min": 1}}]))
    assert len(rulings) == len(EVERYTHING)
    assert findings == []


# Whatever the protocol says --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("structures.unnamed", lambda s: roi(s, 2).update(ROIName="")),
        ("structures.number-doubled", lambda s: roi(s, 2).update(ROINumber=1)),
        ("structures.number-doubled", lambda s: roi(s, 2).pop("ROINumber")),
        (
            "structures.number-unknown",
            lambda s: roi(s, 2, "ROIContourSequence", "ReferencedROINumber").update(ReferencedROINumber=99),
        ),
        ("structures.contour-data", lambda s: contours(s, 2)[0].update(ContourData=[1.0, 2.0])),
        ("structures.contour-data", lambda s: contours(s, 2)[0].pop("ContourData")),
    ],
)
def test_what_cannot_be_told_apart_is_refused_whatever_the_protocol_says(session, code, change):
    findings = ruled(changed(session, change), {})[1]
    assert code in {f.code for f in findings}
    assert all(f.severity is Severity.REFUSAL for f in findings)


def test_a_number_that_is_a_text_is_not_told(session):
    """What stands there instead of a number could be a name, and places of findings are kept."""
    named = changed(session, lambda s: roi(s, 2).update(ROINumber="Mustermann"))
    found = ruled(named, asked([{"name": "*", "need": "optional", "volume_cc": {"max": 0.001}}]))[1]
    assert "structures.number-doubled" in {f.code for f in found}
    assert "Mustermann" not in repr(found)


def test_the_phantom_holds_nothing_that_cannot_be_told_apart(session):
    assert ruled(session, {}) == ({}, [])


# Single structures -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "value", "code"),
    [
        ("volume_cc", {"max": 1}, "structures.volume"),
        ("min_slices", 100, "structures.slices"),
        ("whole_organ", True, "structures.cut"),
        ("interpreted_type", ["PTV"], "structures.type"),
    ],
)
def test_an_roi_that_is_not_as_its_entry_says_fails_the_rule(session, rule, value, code):
    rulings, findings = ruled(session, asked([{"name": "body", "need": "required", rule: value}], images="ct"))
    assert rulings[f"/rois/0/{rule}"].outcome is Outcome.FAILED
    assert [(f.code, f.line, f.severity) for f in findings] == [(code, f"/rois/0/{rule}", Severity.REFUSAL)]


@pytest.mark.parametrize(
    ("rule", "value"), [("volume_cc", {"min": 100}), ("min_slices", 3), ("interpreted_type", ["EXTERNAL"])]
)
def test_an_roi_that_is_as_its_entry_says_passes(session, rule, value):
    rulings, findings = ruled(session, asked([{"name": "BODY", "need": "required", rule: value}], images="ct"))
    assert (rulings[f"/rois/0/{rule}"].outcome, findings) == (Outcome.PASSED, [])


def test_an_roi_that_gives_another_code_fails_and_one_without_code_passes(session):
    said = {"name": "Heart", "need": "required", "code": {"scheme": "SCT", "value": "80891009", "meaning": "Heart"}}
    entry = {"CodingSchemeDesignator": "SCT", "CodeValue": "39607008"}
    coded = changed(
        session,
        lambda s: [
            o.update(RTROIIdentificationCodeSequence=[entry]) for o in only(s, "RTSTRUCT")["RTROIObservationsSequence"]
        ],
    )
    assert [f.code for f in ruled(coded, asked([said], images="ct"))[1]] == ["structures.code"]
    plain = changed(
        session,
        lambda s: [
            o.pop("RTROIIdentificationCodeSequence", 0) for o in only(s, "RTSTRUCT")["RTROIObservationsSequence"]
        ],
    )
    assert ruled(plain, asked([said], images="ct"))[0]["/rois/0/code"].outcome is Outcome.PASSED


def test_an_roi_that_is_not_there_has_no_volume_to_be_judged(session):
    rulings, findings = ruled(
        session, asked([{"name": "Spleen", "need": "optional", "volume_cc": {"min": 1}}], images="ct")
    )
    assert (rulings["/rois/0/volume_cc"].outcome, findings) == (Outcome.NOT_APPLICABLE, [])


# Real sessions ---------------------------------------------------------------------------------------------------


def test_the_real_phantom_has_empty_structures_and_nothing_worse(spine_folder):
    _, findings = ruled(headers_of(spine_folder), asked())
    assert {(f.code, f.where.partition(" ")[2]) for f in findings} == {
        ("structures.approval", "(300E,0002)"),
        ("structures.empty", "(3006,0026) ROI 13, 15, 16"),
        ("structures.gap", "(3006,0026) ROI 11"),
    }


def test_the_complete_breast_session_misses_no_image(breast_folder):
    rulings, findings = ruled(headers_of(breast_folder), asked())
    assert rulings[f"{BLOCK}/all_referenced_present"].outcome is Outcome.PASSED
    assert {f.code for f in findings} <= {"structures.empty", "structures.gap", "structures.outside"}
