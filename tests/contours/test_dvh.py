"""Histograms of structures in doses whose figures can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contours.doses import cylinder, dvh_of, grid_of, stored
from uploader.contours.dosegrid import NoDoseGrid
from uploader.contours.dvh import histograms, parallel, span_gy
from uploader.contours.structure import Structure

WHOLE = np.pi * 20**2 * 60 / 1000
"""cm3 of the cylinder."""


def uniform(dose):
    return lambda x, y, z: np.full_like(x, dose)


def ramp(x, y, z):
    """From 10 Gy at one side of the cylinder to 50 Gy at the other."""
    return 30 + x


def segment(distance):
    """The share of a circle of radius 20 beyond a chord at this signed distance from its centre."""
    part = distance / 20
    return (np.arccos(part) - part * np.sqrt(1 - part**2)) / np.pi


@given(dose=st.floats(0.5, 90), radius=st.floats(2, 40), height=st.sampled_from([3.0, 30.0, 90.0]))
@settings(max_examples=15, deadline=None)
def test_in_a_uniform_dose_everything_has_that_dose(dose, radius, height):
    found = dvh_of(cylinder(radius, height), uniform(dose))
    whole = np.pi * radius**2 * height / 1000
    assert found.volume_cc == pytest.approx(whole, rel=1e-3)
    for figure in (found.mean_gy, found.min_gy, found.max_gy, *map(found.dose_of_hottest, (0, whole / 2, whole))):
        assert figure == pytest.approx(dose, rel=1e-4)
    assert found.volume_at_least(dose * 0.999) == found.volume_cc
    assert found.volume_at_least(dose * 1.001) == 0


@pytest.mark.parametrize("dose", [15, 20, 30, 42, 48])
def test_along_a_dose_that_rises_across_a_cylinder_the_volume_is_that_of_a_segment(dose):
    found = dvh_of(cylinder(), ramp)
    assert found.volume_at_least(dose) / found.volume_cc == pytest.approx(segment(dose - 30), abs=0.002)
    assert found.dose_of_hottest(segment(dose - 30) * WHOLE) == pytest.approx(dose, rel=0.005)


def test_the_ends_of_such_a_dose_are_those_of_the_cylinder():
    found = dvh_of(cylinder(), ramp)
    assert found.mean_gy == pytest.approx(30, rel=1e-3)
    assert (found.min_gy, found.max_gy) == (pytest.approx(10, abs=0.01), pytest.approx(50, abs=0.01))


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_a_dose_that_rises_along_the_patient_comes_in_steps_of_a_plane(share):
    found = dvh_of(cylinder(), lambda x, y, z: 35 + z)
    assert found.dose_of_hottest(share * found.volume_cc) == pytest.approx(65 - 60 * share, abs=1.5)
    assert found.mean_gy == pytest.approx(35, rel=1e-3)


@pytest.mark.parametrize("above", [0.0, 0.75, 1.5, 2.9])
def test_between_two_planes_of_the_grid_the_dose_is_as_near_to_each_as_the_contour(above):
    flat = cylinder(height=3)
    lifted = [type(c)(c.kind, c.points + np.array([0, 0, above]), c.images) for c in flat.contours]
    found = dvh_of(Structure("1.dcm", "1", "Disc", "", flat.axes, lifted, 3.0), lambda x, y, z: 80 + z)
    assert found.mean_gy == pytest.approx(80 + above, abs=1e-3)


def test_a_structure_smaller_than_the_steps_of_the_grid_has_its_own_volume_and_dose():
    found = dvh_of(cylinder(radius=1, height=3), ramp)
    assert found.volume_cc == pytest.approx(np.pi * 3 / 1000, rel=1e-3)
    assert found.mean_gy == pytest.approx(30, abs=0.01)
    assert found.max_gy == pytest.approx(31, abs=0.01)


def tilted_dose(x, y, z):
    return 40 + x * 0.5 + y * 0.2 + z * 0.1


@pytest.mark.parametrize("step", [3.0, -3.0])
@pytest.mark.parametrize(
    "orientation",
    [[1.0, 0, 0, 0, 1, 0], [-1.0, 0, 0, 0, -1, 0], [0.0, 1, 0, -1, 0, 0], [1.0, 0, 0, 0, -1, 0]],
    ids=["supine", "prone", "decubitus", "feet"],
)
def test_which_way_the_grid_lies_makes_no_difference(orientation, step):
    across, down = np.array(orientation[:3]), np.array(orientation[3:])
    corner = -50 * (across + down) - 20 * step * np.cross(across, down)
    grid = grid_of(step=step, ImageOrientationPatient=orientation, ImagePositionPatient=list(corner))
    there, here = dvh_of(cylinder(), tilted_dose, grid), dvh_of(cylinder(), tilted_dose)
    assert there.outside_cc == pytest.approx(0, abs=1e-6)
    for share in (0.05, 0.5, 0.95):
        volume = share * here.volume_cc
        assert there.dose_of_hottest(volume) == pytest.approx(here.dose_of_hottest(volume), rel=1e-3)
    assert there.mean_gy == pytest.approx(here.mean_gy, rel=1e-4)


def test_what_lies_beyond_the_grid_is_told_apart_and_given_no_dose():
    found = dvh_of(cylinder(height=180, step=2), uniform(10))
    assert found.volume_cc == pytest.approx(WHOLE * 124 / 60, rel=0.001)
    assert found.outside_cc == pytest.approx(WHOLE * 56 / 60, rel=0.001)
    assert found.min_gy == pytest.approx(10)
    wide = dvh_of(cylinder(radius=100), uniform(10))
    assert wide.volume_cc == pytest.approx(102.5**2 * 60 / 1000, rel=0.01)


def test_a_structure_of_two_parts_has_the_dose_of_both():
    apart = cylinder(radius=5)
    shifted = [type(c)(c.kind, c.points + np.array([20.0, 0, 0]), c.images) for c in apart.contours]
    both = Structure("1.dcm", "1", "Both", "", apart.axes, [*apart.contours, *shifted], 3.0)
    found = dvh_of(both, ramp)
    assert found.volume_cc == pytest.approx(2 * dvh_of(apart, ramp).volume_cc)
    assert found.mean_gy == pytest.approx(40, abs=0.05)
    assert found.volume_at_least(37) == pytest.approx(found.volume_cc / 2, rel=0.01)


def test_planes_are_read_once_and_two_are_held_at_a_time():
    grid, alive = grid_of(), []

    def planes():
        for plane in stored(grid, ramp):
            alive.append(True)
            yield plane

    histograms(planes(), grid, 80.0, [cylinder(), cylinder(10)])
    assert len(alive) == 41


@pytest.mark.parametrize("count", [2, 40, 42])
def test_more_or_fewer_planes_than_the_header_says_make_no_histogram(count):
    grid = grid_of()
    planes = [np.zeros((41, 41), np.uint16)] * count
    with pytest.raises(NoDoseGrid):
        histograms(planes, grid, 1.0, [cylinder()])


def test_planes_of_another_size_make_no_histogram():
    with pytest.raises(NoDoseGrid):
        histograms([np.zeros((40, 41), np.uint16)] * 41, grid_of(), 1.0, [cylinder()])


def test_a_grid_of_one_plane_makes_no_histogram():
    with pytest.raises(NoDoseGrid):
        histograms([np.zeros((41, 41), np.uint16)], grid_of(planes=1), 1.0, [cylinder()])


def test_without_any_dose_every_figure_is_zero():
    found = dvh_of(cylinder(), uniform(0))
    assert (found.mean_gy, found.max_gy, found.dose_of_hottest(1)) == (0, 0, 0)
    assert found.volume_cc == pytest.approx(WHOLE, rel=1e-3)


def test_the_lowest_and_the_highest_dose_of_the_grid_are_those_of_its_points():
    grid = grid_of()
    assert span_gy(stored(grid, ramp), grid) == pytest.approx((0, 80))


def test_contours_that_are_turned_against_the_grid_are_not_parallel_to_it():
    tilted = np.array([1.0, 0, 0, 0, np.cos(0.1), np.sin(0.1)])
    assert parallel(cylinder(), grid_of())
    assert parallel(cylinder(), grid_of(ImageOrientationPatient=[1.0, 0, 0, 0, -1, 0]))
    assert not parallel(cylinder(), grid_of(ImageOrientationPatient=list(tilted)))
