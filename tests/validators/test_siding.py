"""On which side contours are seen to lie is told by points alone."""

from __future__ import annotations

import numpy as np
import pytest

from uploader.nomenclature import Side
from uploader.validators.siding import extents_of, side_of

BODY = [-200.0, 0, 0, 200, 0, 0, 0, 50, 0]
ON_THE_LEFT = [90.0, 0, 0, 110, 0, 0, 100, 10, 0]


def seen(*drawn, outline="EXTERNAL"):
    rois = [
        {"ReferencedROINumber": str(n), "ContourSequence": [{"ContourData": data}]}
        for n, data in enumerate((BODY, *drawn))
    ]
    body = [{"ReferencedROINumber": "0", "RTROIInterpretedType": outline}]
    return side_of(extents_of({"ROIContourSequence": rois, "RTROIObservationsSequence": body}), "1")


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
