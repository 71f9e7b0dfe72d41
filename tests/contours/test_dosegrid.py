"""Where the points of a dose grid lie, as its header says."""

from __future__ import annotations

import numpy as np
import pytest

from tests.contours.doses import header
from uploader.contours.dosegrid import NoDoseGrid, dose_grid


def heights(**attributes):
    grid = dose_grid(header(**attributes))
    return [float(z) for z in (grid.origin + grid.offsets[:, None] * grid.normal)[:, 2]]


def test_offsets_that_begin_with_zero_are_distances_along_the_normal():
    assert heights(GridFrameOffsetVector=[0.0, 3.0, 6.0]) == [-60, -57, -54]
    assert heights(GridFrameOffsetVector=[0.0, -3.0, -6.0]) == [-60, -63, -66]


def test_of_a_grid_that_looks_towards_the_feet_distances_lead_there():
    assert heights(ImageOrientationPatient=[1.0, 0, 0, 0, -1, 0], GridFrameOffsetVector=[0.0, 3.0, 6.0]) == [
        -60,
        -63,
        -66,
    ]


def test_offsets_that_begin_with_the_height_of_the_first_plane_are_heights():
    assert heights(GridFrameOffsetVector=[-60.0, -57.0, -54.0]) == [-60, -57, -54]
    assert heights(GridFrameOffsetVector=[-60.0, -62.5, -65.0]) == [-60, -62.5, -65]


def test_a_long_vector_may_be_an_array():
    long = np.arange(40) * 2.5
    assert heights(GridFrameOffsetVector=long, NumberOfFrames=40)[-1] == -60 + 39 * 2.5


@pytest.mark.parametrize(
    "attributes",
    [
        {"GridFrameOffsetVector": [5.0, 8.0, 11.0]},
        {"GridFrameOffsetVector": [-60.0, -57.0, -54.0], "ImageOrientationPatient": [1.0, 0, 0, 0, -1, 0]},
        {"GridFrameOffsetVector": [0.0, 3.0]},
        {"GridFrameOffsetVector": [0.0, 3.0, 3.0]},
        {"GridFrameOffsetVector": [0.0, 3.0, 1.0]},
        {"GridFrameOffsetVector": [0.0, 3.0, float("nan")]},
        {"GridFrameOffsetVector": None},
        {"GridFrameOffsetVector": "0"},
        {"GridFrameOffsetVector": [0.0, None, 6.0]},
        {"ImagePositionPatient": None},
        {"ImagePositionPatient": [0.0, 0.0]},
        {"ImageOrientationPatient": [1.0, 0, 0, 1, 0, 0]},
        {"PixelSpacing": [0.0, 2.5]},
        {"PixelSpacing": 2.5},
        {"Rows": None},
        {"NumberOfFrames": 0},
        {"DoseGridScaling": None},
        {"DoseGridScaling": 0.0},
        {"DoseGridScaling": float("inf")},
        {"DoseGridScaling": float("nan")},
        {"DoseGridScaling": -1e-3},
        {"DoseGridScaling": 1e300},
        {"DoseGridScaling": "much"},
        {"DoseGridScaling": [1e-3, 1e-3]},
        {"PixelSpacing": [1e-300, 2.5]},
        {"PixelSpacing": [1e300, 2.5]},
        {"ImagePositionPatient": [0.0, 1e300, 0.0]},
        {"GridFrameOffsetVector": [0.0, 1e300, 2e300]},
        {"GridFrameOffsetVector": [0.0, 1e-9, 2e-9]},
    ],
    ids=str,
)
def test_a_header_that_does_not_say_where_the_points_lie_makes_no_grid(attributes):
    with pytest.raises(NoDoseGrid):
        dose_grid(header(**attributes))


def test_a_dose_of_one_plane_needs_no_offsets():
    assert heights(GridFrameOffsetVector=None, NumberOfFrames=None) == [-60]


def test_rows_and_columns_have_spacings_of_their_own():
    grid = dose_grid(header(PixelSpacing=[2.0, 5.0]))
    column, row, along = grid.indices(np.array([[-45.0, -46.0, -57.0]]))
    assert (column[0], row[0], along[0]) == (1, 2, 3)


@pytest.mark.parametrize(
    ("point", "beyond"),
    [
        ((-50.0, -50, -60), 0),
        ((-52.4, -50, -60), 0),
        ((-54.5, -50, -60), 2),
        ((49.0, -50, -60), 1.5),
        ((-50, -50, -66), 4.5),
        ((-50, -50, -52), 0.5),
    ],
)
def test_a_point_lies_in_the_grid_up_to_half_a_step_beyond_its_outermost_points(point, beyond):
    grid = dose_grid(header(Rows=20, Columns=20, PixelSpacing=[5.0, 5.0]))
    assert grid.overhang(np.array([point])) == pytest.approx(beyond)
