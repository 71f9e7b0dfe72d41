"""On which side contours are seen to lie is told by points alone."""

from __future__ import annotations

from itertools import zip_longest

import numpy as np
import pytest

from tests.validators.rulings import judged
from uploader.domain.finding import Outcome
from uploader.nomenclature import Side
from uploader.ports import Case
from uploader.validators import relations
from uploader.validators.naming import rois
from uploader.validators.siding import MIDLINE_MM, extents_of, side_of, side_seen

BODY = [-200.0, 0, 0, 200, 0, 0, 0, 50, 0]
ON_THE_LEFT = [90.0, 0, 0, 110, 0, 0, 100, 10, 0]


def seen(*drawn, outline="EXTERNAL"):
    return side_of(extents_of(structure_set(*drawn, outline=outline)), "1")


def structure_set(*drawn, outline="EXTERNAL", names=()):
    """An RTSTRUCT with the outline of the body as ROI 0, then these, one contour each."""
    every = [(str(n), data) for n, data in enumerate((BODY, *drawn))]
    closed = {"ContourGeometricType": "CLOSED_PLANAR"}
    return {
        "Modality": "RTSTRUCT",
        "StructureSetROISequence": [
            {"ROINumber": n, "ROIName": name} for (n, _), name in zip_longest(every, ("BODY", *names), fillvalue="")
        ],
        "ROIContourSequence": [
            {"ReferencedROINumber": n, "ContourSequence": [{"ContourData": data, **closed}]} for n, data in every
        ],
        "RTROIObservationsSequence": [{"ReferencedROINumber": "0", "RTROIInterpretedType": outline}],
    }


def at(x):
    """A triangle centred at x."""
    return [x - 6, 0, 0, x + 6, 0, 0, x, 9, 0]


def test_the_left_of_the_patient_is_where_x_grows():
    assert seen(ON_THE_LEFT) is Side.LEFT
    assert seen([-number for number in ON_THE_LEFT]) is Side.RIGHT


def test_a_wide_structure_is_not_taken_for_the_body():
    assert seen(ON_THE_LEFT, outline="PTV") is Side.UNKNOWN


@pytest.mark.parametrize("x", [np.nan, np.inf, -np.inf])
def test_a_contour_with_a_point_that_is_none_lies_on_no_side(x):
    assert seen(np.array([90.0, 0, 0, x, *ON_THE_LEFT[4:]])) is Side.UNKNOWN


def test_a_contour_that_lost_a_number_lies_on_no_side():
    assert seen(ON_THE_LEFT[1:]) is Side.UNKNOWN


@pytest.mark.parametrize(
    ("x", "side", "outcome"),
    [
        (MIDLINE_MM + 0.1, Side.LEFT, Outcome.PASSED),
        (MIDLINE_MM - 0.1, Side.UNKNOWN, Outcome.NOT_EVALUABLE),
        (-MIDLINE_MM - 0.1, Side.RIGHT, Outcome.FAILED),
    ],
)
def test_names_and_relations_tell_one_side_with_one_margin(x, side, outcome):
    header = structure_set(at(x), names=["Eye_L"])
    case = Case({"rs": header}, {"cross_checks": [{"kind": "laterality_consistent"}]})
    (ruling,) = judged(relations.check, case)[0].values()
    assert (side_seen(case, rois("rs", header)[1]), ruling.outcome) == (side, outcome)


def test_a_pair_has_no_side_wherever_its_centre_lies():
    assert seen([-90.0, 0, 0, 120, 0, 0, 15, 10, 0]) is Side.UNKNOWN
