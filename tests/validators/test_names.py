"""Structures are named as the trial says."""

from __future__ import annotations

import copy

import pytest

from tests.phantoms import Session, only
from uploader import dicom
from uploader.domain.finding import Finding, Outcome, Ruling, Severity
from uploader.nomenclature.table import names
from uploader.ports import Case
from uploader.validators.names import check
from uploader.validators.naming import all_rois, bearing, is_name

BOTH = ["case", "separators"]
LIST_ONLY = {"standard": "list-only", "ignore": BOTH, "unknown_rois": "refusal"}
TG263 = {"standard": "TG-263", "allow": ["prv", "derived_minus"], "max_length": 16, "target_dose_style": "cGy"}
SYNONYMS = {"Parotid_R": ["right one"]}


def said(session, asked, chosen=None):
    answers = list(check(Case(session, asked, chosen or {}), {}))
    rulings = {each.line: each for each in answers if isinstance(each, Ruling)}
    return [each for each in answers if isinstance(each, Finding)], rulings


def codes(findings):
    return sorted({finding.code for finding in findings})


def named(session: Session, *labels: str) -> Session:
    """The session with ROIs of just these names, each with the contours of one of its own; numbers from 1."""
    other = copy.deepcopy({name: dict(header) for name, header in session.items()})
    structures = only(other, "RTSTRUCT")
    roi, contour = structures["StructureSetROISequence"][0], structures["ROIContourSequence"][0]
    numbered = list(enumerate(labels, 1))
    structures["StructureSetROISequence"] = [{**roi, "ROINumber": n, "ROIName": label} for n, label in numbered]
    structures["ROIContourSequence"] = [{**contour, "ReferencedROINumber": n} for n, _ in numbered]
    return other


def rois(*entries):
    return {"nomenclature": {"standard": "list-only", "ignore": BOTH}, "rois": list(entries)}


def test_a_required_roi_that_is_there_passes_and_says_how_often(session):
    findings, rulings = said(named(session, "spinal cord"), rois({"name": "SpinalCord", "need": "required"}))
    assert not [f for f in findings if f.line == "/rois/0"]
    assert rulings["/rois/0"] == Ruling("/rois/0", Outcome.PASSED, "1 of this name")


def test_a_required_roi_without_contours_is_missing(session):
    empty = named(session, "SpinalCord", "PTV_1", "PTV_2")
    for item in only(empty, "RTSTRUCT")["ROIContourSequence"][:2]:
        item["ContourSequence"] = []
    asked = rois({"name": "SpinalCord", "need": "required"}, {"name": "PTV_*", "need": "required"})
    findings, rulings = said(empty, asked)
    assert [(f.code, f.line, f.severity, f.found) for f in findings] == [
        ("names.missing", "/rois/0", Severity.REFUSAL, "no contours")
    ]
    assert rulings["/rois/0"].outcome is Outcome.FAILED
    permitted = rois({"name": "SpinalCord", "need": "optional"}, {"name": "PTV_*", "need": "optional"})
    assert said(empty, permitted)[0] == []


def test_a_missing_roi_is_named_and_the_one_that_may_be_it_is_told_by_its_number(session):
    entries = rois({"name": "SpinalCord", "need": "required"})
    findings, rulings = said(named(session, "Heart", "myelon"), entries)
    missing = next(f for f in findings if f.code == "names.missing")
    assert missing.severity is Severity.REFUSAL
    assert (missing.found, missing.expected) == ("none", "SpinalCord")
    assert "ROI 2" in missing.remedy
    assert rulings["/rois/0"].outcome is Outcome.FAILED


def test_the_label_itself_is_evidence_and_stands_in_no_sentence(session):
    asked = {"nomenclature": LIST_ONLY, "rois": [{"name": "SpinalCord", "need": "required"}]}
    findings, _ = said(named(session, "Cord of Mrs Smith"), asked)
    assert findings
    assert not [f for f in findings if "Smith" in f"{f.says}{f.remedy}{f.where}{f.found}{f.expected}"]
    assert any(f.evidence and "Smith" in f.evidence.reveal() for f in findings)


def test_a_suggestion_is_a_name_of_the_protocol_with_its_reason(session):
    asked = {"nomenclature": {**LIST_ONLY, "synonyms": SYNONYMS}, "rois": [{"name": "Parotid_R", "need": "optional"}]}
    findings, _ = said(named(session, "RIGHT ONE"), asked)
    (unlisted,) = [f for f in findings if f.code == "names.unlisted"]
    assert unlisted.remedy.startswith("rename it to Parotid_R")
    assert "another word for it" in unlisted.remedy


def test_a_name_that_another_roi_bears_is_not_suggested(session):
    asked = {"nomenclature": LIST_ONLY, "rois": [{"name": "SpinalCord", "need": "required"}]}
    findings, _ = said(named(session, "SpinalCord", "cord"), asked)
    assert [(f.where.rpartition(" ")[2], "SpinalCord" in f.remedy) for f in findings] == [("2", False)]


def test_a_label_that_says_no_side_makes_nobody_choose_one(session):
    entries = [{"name": name, "need": "optional"} for name in ("Parotid_L", "Parotid_R")]
    findings, _ = said(named(session, "parotid"), {"nomenclature": LIST_ONLY, "rois": entries})
    assert "Parotid_L or Parotid_R" in findings[0].remedy
    assert "look which it is" in findings[0].remedy


def test_a_conditional_roi_is_asked_of_its_arm_only(session):
    entry = {"name": "PTV_7300", "need": "conditional", "when": "arm == 'B'"}
    asked = {**rois(entry), "arms": [{"code": "A", "label": "A"}, {"code": "B", "label": "B"}]}
    outcomes = [
        said(named(session, "Heart"), asked, chosen)[1]["/rois/0"].outcome
        for chosen in ({"arm": "A"}, {"arm": "B"}, {})
    ]
    assert outcomes == [Outcome.NOT_APPLICABLE, Outcome.FAILED, Outcome.NOT_EVALUABLE]


def test_a_forbidden_name_is_found_by_a_pattern(session):
    asked = rois({"pattern": "(?i).*nhs.*", "need": "forbidden"}, {"name": "Heart", "need": "optional"})
    findings, rulings = said(named(session, "Heart", "GTV NHS 943"), asked)
    assert [f.where.rpartition(" ")[2] for f in findings if f.code == "names.forbidden"] == ["2"]
    assert rulings["/rois/0"].outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("labels", "count", "outcome"), [(["GTVn1", "GTVn2"], 1, Outcome.FAILED), (["GTVn1"], 1, Outcome.PASSED)]
)
def test_more_of_a_name_than_asked_for_are_counted(session, labels, count, outcome):
    asked = rois({"pattern": "GTVn[0-9]", "need": "required", "count": {"max": count}})
    findings, rulings = said(named(session, *labels), asked)
    assert rulings["/rois/0"].outcome is outcome
    assert [(f.found, f.expected) for f in findings if f.code == "names.count"] == [("2", "at most 1")][
        : len(labels) - 1
    ]


def test_one_of_several_names_is_enough(session):
    asked = rois({"any_of": ["Musc_Constrict", "Musc_Constrict_S"], "need": "required"})
    assert said(named(session, "musc constrict S"), asked)[1]["/rois/0"].outcome is Outcome.PASSED
    assert said(named(session, "Heart"), asked)[1]["/rois/0"].outcome is Outcome.FAILED


def test_where_tg263_is_the_standard_its_names_are_taken_and_others_are_not(session):
    asked = {"nomenclature": TG263, "rois": [{"name": "My_Own", "need": "optional"}]}
    findings, _ = said(named(session, "My_Own", "Heart", "OpticNrv_PRV03_L", "heart of oak"), asked)
    assert [(f.code, f.where.rpartition(" ")[2]) for f in findings] == [("names.nonstandard", "4")]


def test_a_name_may_be_too_long_and_a_dose_written_otherwise(session):
    asked = {"nomenclature": TG263, "rois": [{"pattern": ".*", "need": "optional"}]}
    findings, rulings = said(named(session, "PTV_50.4Gy", "BrachialPlexus_PRV05_L"), asked)
    assert {(f.code, f.found) for f in findings} == {("names.dose-style", "Gy"), ("names.too-long", "22 characters")}
    assert rulings["/nomenclature/max_length"].outcome is Outcome.FAILED


def test_every_rule_is_ruled_on_once_whatever_the_session_holds(session):
    asked = {
        "nomenclature": {**TG263, "unknown_rois": "question"},
        "rois": [{"name": "Heart", "need": need} for need in ("required", "optional", "forbidden")],
        "inputs": [{"key": "rtss", "label": "Structures", "modality": "RTSTRUCT", "count": {"min": 1}}],
    }
    lines = [f"/nomenclature/{key}" for key in ("standard", "max_length", "target_dose_style", "unknown_rois")]
    lines += [f"/rois/{n}" for n in range(3)]
    for some in (session, {}, named(session), {n: h for n, h in session.items() if h["Modality"] != "RTSTRUCT"}):
        answers = [each.line for each in check(Case(some, asked), {}) if isinstance(each, Ruling)]
        assert sorted(answers) == sorted(lines)


def test_without_a_structure_set_that_is_asked_for_nothing_passes(session):
    asked = {
        "rois": [{"name": "Heart", "need": "required"}],
        "inputs": [{"key": "rtss", "label": "Structures", "modality": "RTSTRUCT", "count": {"min": 1}}],
    }
    assert said({}, asked)[1]["/rois/0"].outcome is Outcome.NOT_EVALUABLE
    assert said({}, {**asked, "inputs": []})[1]["/rois/0"].outcome is Outcome.NOT_APPLICABLE


def test_contours_on_the_other_side_of_the_body_contradict_the_label(session):
    entries = [{"name": name, "need": "optional"} for name in ("Lung_L", "Lung_R")]
    other = named(session, "left lung", "body outline")
    structures = only(other, "RTSTRUCT")
    boxes = {1: (-90, -30), 2: (-150, 150)}  # x grows towards the patient's left
    for item in structures["ROIContourSequence"]:
        low, high = boxes[item["ReferencedROINumber"]]
        triangle = [low, 0, 0, high, 0, 0, high, 10, 0]
        item["ContourSequence"] = [{"ContourGeometricType": "CLOSED_PLANAR", "ContourData": triangle}]
    structures["RTROIObservationsSequence"] = [{"ReferencedROINumber": 2, "RTROIInterpretedType": "EXTERNAL"}]
    findings, _ = said(other, {"nomenclature": LIST_ONLY, "rois": entries})
    assert "but the contours lie on the right" in next(f for f in findings if f.where.endswith("ROI 1")).remedy


LISTS = {
    "testtrial1": [*names(), "CTV*", "GTV*", "PTV*"],
    "testtrial3": ["Chamber-Spine", "Chamber-Cord", "SpinalCord", "CTV-Spine", "Lung", "BODY", "SpinalCord_PRV"],
}
GOLDEN = {
    "testtrial1": {6, 7, 8, 9, 10, 12, 16},
    "testtrial3": {1, 2, 6, 7, 11, 12},
}
REQUIRED = {
    "testtrial1": {"Body": True},
    "testtrial2": {"A_Femoral_L": False, "A_Femoral_R": False},
    "testtrial3": {"SpinalCord": True, "SpinalCord_PRV": False},
}


@pytest.fixture(scope="module")
def spine(samples) -> Session:
    """The structure set of the real phantom, alone."""
    path = samples / "rt_spine_phantom" / "RS.zzsabrSPINE.dcm"
    return {"scans/2/DICOM/0001.dcm": dict(dicom.header(dicom.read(path).dataset))}


@pytest.mark.parametrize("trial", GOLDEN)
def test_the_real_phantom_is_judged_by_each_list_as_the_golden_table_says(spine, trial):
    entries = [{"name": name, "need": "optional"} for name in LISTS[trial]]
    findings, _ = said(spine, {"nomenclature": LIST_ONLY, "rois": entries})
    everything = {int(roi.number) for roi in all_rois(Case(spine))}
    refused = {int(f.where.rpartition(" ")[2]) for f in findings if f.code == "names.unlisted"}
    assert everything - refused == GOLDEN[trial]


@pytest.mark.parametrize("trial", REQUIRED)
def test_what_the_golden_table_misses_in_the_real_phantom_is_missing(spine, trial):
    entries = [{"name": name, "need": "required"} for name in REQUIRED[trial]]
    _, rulings = said(spine, {"nomenclature": LIST_ONLY, "rois": entries})
    there = [rulings[f"/rois/{n}"].outcome is Outcome.PASSED for n in range(len(entries))]
    assert there == list(REQUIRED[trial].values())


def test_names_are_borne_as_the_protocol_compares_them(session):
    loose = Case(named(session, "ctv spine", "CTV_High"), {"nomenclature": {"ignore": BOTH}})
    strict = Case(loose.headers, {})
    assert [roi.number for roi in bearing(loose, "CTV_Spine")] == ["1"]
    assert [roi.number for roi in bearing(loose, "CTV*")] == ["1", "2"]
    assert not bearing(strict, "CTV_Spine")


def test_a_forbidden_name_is_no_name_of_the_protocol():
    asked = {
        "nomenclature": TG263,
        "rois": [{"name": "Heart", "need": "forbidden"}, {"name": "A*", "need": "optional"}],
    }
    assert [is_name(asked, name) for name in ("Heart", "Anything", "Lung_L", "my lung")] == [False, True, True, False]
