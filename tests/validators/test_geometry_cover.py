"""How far scans reach beyond structures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.validators.rulings import judged
from tests.validators.slices import SAGITTAL, enhanced, stack
from uploader.domain.finding import Outcome, Severity
from uploader.ports import Case
from uploader.validators.geometry import check
from uploader.validators.geometry_cover import margins
from uploader.validators.volume import volumes

# The stack reaches from (-40, -50, 0) to (38, 48, 27): 40 x 50 pixels of 2 mm, ten slices 3 mm apart.


def square(z, half=10.0):
    """Points of a square about (0, 0) at this height."""
    return [-half, -half, z, half, -half, z, half, half, z, -half, half, z]


def structures(name="PTV", heights=(9.0, 12.0), frame="1.3", **more):
    contours = [
        {"ContourGeometricType": "CLOSED_PLANAR", "NumberOfContourPoints": 4, "ContourData": square(z)} for z in heights
    ]
    return {
        "Modality": "RTSTRUCT",
        "SeriesInstanceUID": "1.5",
        "SOPInstanceUID": "1.6",
        "StructureSetROISequence": [{"ROINumber": 1, "ROIName": name, "ReferencedFrameOfReferenceUID": frame}],
        "ROIContourSequence": [{"ReferencedROINumber": 1, "ContourSequence": contours}],
        **more,
    }


def covered(said, images=None, rs=None, **more):
    inputs = [
        {"key": "ct", "label": "CT", "modality": "CT", "count": {"min": 1}, "geometry": {"cover": [said]}},
        {"key": "rs", "label": "RS", "modality": "RTSTRUCT", "count": {"min": 1, "max": 1}, **more},
    ]
    session = {**(images or stack()), "rs": rs or structures()}
    rulings, findings = judged(check, Case(session, {"inputs": inputs}))
    return rulings["/inputs/0/geometry/cover/0"], findings


def asked(superior=15, inferior=9, **more):
    return {"roi": "PTV", "superior_mm": superior, "inferior_mm": inferior, **more}


@pytest.mark.parametrize("images", [stack(), enhanced(stack())], ids=["slices", "an enhanced image"])
def test_a_scan_that_reaches_just_far_enough_passes(images):
    ruling, findings = covered(asked(), images)
    assert (ruling.outcome, findings) == (Outcome.PASSED, [])
    assert ruling.says == "15 mm towards the head, 9 mm towards the feet"


@pytest.mark.parametrize(
    ("said", "found", "expected"),
    [
        (asked(superior=16), "15 mm towards the head", "at least 16 mm"),
        (asked(inferior=9.5), "9 mm towards the feet", "at least 9.5 mm"),
        (asked(lateral_mm=29), "28 mm to the sides", "at least 29 mm"),
    ],
)
def test_a_scan_that_ends_too_soon_is_told_where_and_by_how_much(said, found, expected):
    ruling, (finding,) = covered(said)
    assert ruling.outcome is Outcome.FAILED
    assert (finding.code, finding.found, finding.expected) == ("geometry.cover", found, expected)
    assert "ROI 1 of rs" in finding.says
    assert "PTV" not in finding.says


def test_what_lies_outside_of_the_scan_has_a_negative_margin():
    _, (finding,) = covered(asked(superior=0, inferior=0), rs=structures(heights=(24.0, 30.0)))
    assert finding.found == "-3 mm towards the head"


def test_the_severity_is_that_of_the_cover():
    _, (finding,) = covered(asked(superior=99, severity="note"))
    assert finding.severity is Severity.NOTE


def test_upright_slices_reach_from_their_first_to_their_last_row():
    images = stack(30, cosines=SAGITTAL)  # rows run down from z 0, 50 of 2 mm; columns from y -50, 40 of 2 mm
    ruling, (low, high) = covered(asked(superior=12, inferior=90), images, structures(heights=(-10.0, -13.0)))
    assert ruling.outcome is Outcome.FAILED
    assert (low.found, high.found) == ("10 mm towards the head", "85 mm towards the feet")


@pytest.mark.parametrize(
    ("images", "rs", "says"),
    [
        (None, structures("Other"), "the session has no contours of PTV"),
        (None, structures(heights=()), "the session has no contours of PTV"),
        (None, structures(frame="9.9"), "not drawn in the frame of reference"),
        (stack(ImagePositionPatient=None), None, "do not say where they lie"),
    ],
)
def test_what_cannot_be_measured_is_open(images, rs, says):
    ruling, findings = covered(asked(), images, rs)
    assert (ruling.outcome, findings) == (Outcome.NOT_EVALUABLE, [])
    assert says in ruling.says


def test_sides_are_open_where_the_pixels_have_no_size():
    images = stack(PixelSpacing=None)
    assert covered(asked(), images)[0].outcome is Outcome.PASSED
    assert covered(asked(lateral_mm=1), images)[0].outcome is Outcome.NOT_EVALUABLE


def test_structures_that_are_not_meant_are_not_measured():
    old = structures(heights=(-90.0,), StructureSetDate="20010101", SeriesInstanceUID="1.7", SOPInstanceUID="1.8")
    now = structures(StructureSetDate="20260101")
    assert covered(asked(), {**stack(), "old": old}, now, prefer="latest")[0].outcome is Outcome.PASSED


@given(st.floats(-0.4, 0.4), st.floats(5, 25), st.floats(-5, 5))
def test_turning_scan_and_structure_about_the_body_changes_no_margin(angle, z, x):
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    points = np.array([[x, 1.0, z], [x + 3, -4.0, z - 2]])
    turned = {
        name: {
            **header,
            "ImagePositionPatient": list(turn @ header["ImagePositionPatient"]),
            "ImageOrientationPatient": [*(turn @ [1, 0, 0]), *(turn @ [0, 1, 0])],
        }
        for name, header in stack().items()
    }
    straight, other = (
        margins(*volume_and(headers, at), across=True) for headers, at in ((stack(), points), (turned, points @ turn.T))
    )
    assert [straight.superior, straight.inferior, straight.sides] == pytest.approx(
        [other.superior, other.inferior, other.sides]
    )


def volume_and(headers, points):
    (volume,) = volumes(Case(headers)).values()
    return volume, points
