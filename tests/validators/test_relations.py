import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contours.solids import circle, heights
from tests.phantoms import headers_of
from tests.validators.rulings import judged
from uploader.domain.finding import Outcome, Severity
from uploader.ports import Case
from uploader.validators.relations import check

BODY, RIGHT_LUNG, LEFT_LUNG = (
    ("BODY", "EXTERNAL", 150, (0, 0)),
    ("Lung_R", "ORGAN", 30, (-60, 0)),
    ("Lung_L", "ORGAN", 30, (60, 0)),
)
PTV, GTV = ("PTV", "PTV", 20, (-60, 0)), ("GTV", "GTV", 12, (-60, 0), 9)


def tubes(*solids):
    """A structure set of cylinders: name, type, radius and middle of each, and how much shorter it is at each end."""
    numbered = list(enumerate(solids, 1))
    return {
        "rs.dcm": {
            "Modality": "RTSTRUCT",
            "StructureSetROISequence": [{"ROINumber": n, "ROIName": name} for n, (name, *_) in numbered],
            "RTROIObservationsSequence": [
                {"ReferencedROINumber": n, "RTROIInterpretedType": kind} for n, (_, kind, *_) in numbered
            ],
            "ROIContourSequence": [
                {"ReferencedROINumber": n, "ContourSequence": drawn(*tube)} for n, (_, _, *tube) in numbered
            ],
        }
    }


def drawn(radius, middle, shorter=0):
    return [closed(radius, at, middle) for at in heights(30, 3) if shorter <= at <= 30 - shorter]


def closed(radius, at, middle):
    return {"ContourGeometricType": "CLOSED_PLANAR", "ContourData": circle(radius, at, middle).ravel().tolist()}


def related(rel, a, b, *solids, **more):
    said = {"id": "r", "a": a, "rel": rel, "b": b, **more}
    rulings, findings = judged(check, Case(tubes(*solids), {"roi_relations": [said]}))
    return rulings["/roi_relations/0"].outcome, findings


@pytest.mark.parametrize(
    ("rel", "a", "b", "more"),
    [
        ("within", "GTV", "PTV", {}),
        ("contains", "PTV", "GTV", {}),
        ("disjoint", "Lung_L", "Lung_R", {}),
        ("overlaps", "PTV", "Lung_R", {}),
        ("larger_than", "BODY", "PTV", {}),
        ("expansion_mm", "PTV", "GTV", {"range": {"min": 7, "max": 12}}),
        ("side_of_body", "Lung_L", "BODY", {}),
        ("side_of_body", "Lung_R", "BODY", {}),
    ],
)
def test_structures_that_lie_as_the_trial_says_pass(rel, a, b, more):
    assert related(rel, a, b, BODY, RIGHT_LUNG, LEFT_LUNG, PTV, GTV, **more) == (Outcome.PASSED, [])


@pytest.mark.parametrize(
    ("rel", "a", "b", "code", "more"),
    [
        ("within", "PTV", "GTV", "relations.outside", {}),
        ("contains", "GTV", "PTV", "relations.outside", {}),
        ("disjoint", "PTV", "Lung_R", "relations.overlap", {"tolerance_cc": 1}),
        ("overlaps", "PTV", "Lung_L", "relations.apart", {}),
        ("larger_than", "GTV", "PTV", "relations.smaller", {}),
        ("expansion_mm", "PTV", "GTV", "relations.margin", {"range": {"min": 3, "max": 5}}),
    ],
)
def test_structures_that_do_not_fail_with_a_number_and_a_remedy(rel, a, b, code, more):
    outcome, (finding,) = related(rel, a, b, BODY, RIGHT_LUNG, LEFT_LUNG, PTV, GTV, severity="question", **more)
    assert (outcome, finding.code, finding.severity) == (Outcome.FAILED, code, Severity.QUESTION)
    assert (finding.line, bool(finding.found), bool(finding.remedy)) == ("/roi_relations/0", True, True)
    assert {a, b} & set(finding.says.replace(",", "").split()) == {a, b}


def test_a_finding_calls_structures_as_the_protocol_does_and_never_as_the_file():
    outcome, (finding,) = related("within", "GTV*", "PTV", PTV, ("GTV of Mustermann", "GTV", 12, (60, 0)))
    assert (outcome, finding.says) == (Outcome.FAILED, "a part of GTV* lies outside of PTV")
    assert "Mustermann" not in repr(finding)
    assert "Mustermann" in finding.evidence.reveal()


def test_a_right_name_on_the_wrong_side_is_found():
    swapped = ("Lung_L", "ORGAN", 30, (-60, 0))
    outcome, (finding,) = related("side_of_body", "Lung_L", "BODY", BODY, swapped)
    assert (outcome, finding.code, finding.found, finding.expected) == (
        Outcome.FAILED,
        "relations.side",
        "on the right",
        "on the left",
    )


def test_the_middle_of_a_bent_body_is_taken_where_the_structure_lies():
    bent = {"ReferencedROINumber": 1, "ContourSequence": [closed(150, at, (20 * at, 0)) for at in heights(30, 3)]}
    low = {"ReferencedROINumber": 2, "ContourSequence": [closed(20, at, (100, 0)) for at in (1.5, 4.5)]}
    session = tubes(BODY, LEFT_LUNG)
    session["rs.dcm"]["ROIContourSequence"] = [bent, low]
    said = {"id": "r", "a": "Lung_L", "rel": "side_of_body", "b": "BODY"}
    assert judged(check, Case(session, {"roi_relations": [said]}))[1] == []


def test_what_lies_in_the_middle_is_on_no_side():
    assert related("side_of_body", "Lung_L", "BODY", BODY, ("Lung_L", "ORGAN", 30, (2, 0)))[0] is Outcome.NOT_EVALUABLE


def test_a_tolerance_forgives_what_is_smaller():
    sticking = ("GTV", "GTV", 20, (-60.5, 0))
    assert related("within", "GTV", "PTV", PTV, sticking)[0] is Outcome.FAILED
    assert related("within", "GTV", "PTV", PTV, sticking, tolerance_cc=2) == (Outcome.PASSED, [])


def test_a_relation_of_a_structure_that_is_not_there_does_not_apply():
    assert related("within", "CTV", "PTV", PTV) == (Outcome.NOT_APPLICABLE, [])


def test_every_roi_that_a_wildcard_means_is_held_against_the_other():
    outcome, findings = related("within", "GTV*", "PTV", PTV, GTV, ("GTV2", "GTV", 12, (60, 0)))
    assert (outcome, [f.where.rpartition("ROI ")[2] for f in findings]) == (Outcome.FAILED, ["3 and 1"])


@pytest.mark.parametrize(
    ("solids", "outcome"),
    [
        ((BODY, LEFT_LUNG, RIGHT_LUNG), Outcome.PASSED),
        ((BODY, LEFT_LUNG, ("R lung", "ORGAN", 30, (60, 0))), Outcome.FAILED),
        ((LEFT_LUNG, RIGHT_LUNG), Outcome.NOT_EVALUABLE),
        ((BODY, PTV), Outcome.NOT_APPLICABLE),
    ],
)
def test_the_sides_that_names_say_are_held_against_the_contours(solids, outcome):
    asked = {"cross_checks": [{"id": "sides", "kind": "laterality_consistent"}]}
    assert judged(check, Case(tubes(*solids), asked))[0]["/cross_checks/0"].outcome is outcome


@settings(max_examples=20)
@given(st.floats(10, 60), st.floats(5, 12))
def test_a_margin_that_was_grown_is_measured(radius, margin):
    grown = [("PTV", "PTV", radius + margin, (0, 0)), ("GTV", "GTV", radius, (0, 0), 9)]
    near = {"min": min(margin, 9) - 0.1, "max": np.hypot(margin, 9) + 0.1}
    assert related("expansion_mm", "PTV", "GTV", *grown, range=near)[0] is Outcome.PASSED
    far = {"min": margin + 4, "max": margin + 19}
    assert related("expansion_mm", "PTV", "GTV", *grown, range=far)[0] is Outcome.FAILED


def test_a_margin_that_was_forgotten_along_the_stack_is_found():
    flat = [("PTV", "PTV", 20, (0, 0)), ("GTV", "GTV", 12, (0, 0))]
    _, (finding,) = related("expansion_mm", "PTV", "GTV", *flat, range={"min": 7, "max": 9})
    assert finding.found == "0.0 to 8.0 mm"


def test_the_left_lung_of_the_real_breast_session_lies_on_the_left_within_the_body(breast_folder):
    asked = {
        "roi_relations": [
            {"id": "side", "a": "Lt Lung", "rel": "side_of_body", "b": "BODY"},
            {"id": "in", "a": "Lt Lung", "rel": "within", "b": "BODY", "tolerance_cc": 1},
            {"id": "apart", "a": "Lt Lung", "rel": "disjoint", "b": "Heart", "tolerance_cc": 5},
        ]
    }
    rulings, findings = judged(check, Case(headers_of(breast_folder), asked))
    assert findings == []
    assert {ruling.outcome for ruling in rulings.values()} == {Outcome.PASSED}
