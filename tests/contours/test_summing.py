"""Doses of several grids are one dose, whatever the grids and their order, and never more than is known."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contours.doses import cylinder, grid_of, stored
from uploader.contours.dosegrid import NoDoseGrid, in_units
from uploader.contours.dvh import histograms
from uploader.contours.summing import Dose, summed

FEET = {"ImageOrientationPatient": [1.0, 0, 0, 0, -1, 0], "ImagePositionPatient": [-50.0, 50.0, 60.0]}
PRONE = {"ImageOrientationPatient": [-1.0, 0, 0, 0, -1, 0], "ImagePositionPatient": [50.0, 50.0, -60.0]}
DOWN = {"ImagePositionPatient": [-50.0, -50.0, 60.0]}


def across(points):
    """100 mm in each direction of the planes."""
    return {"PixelSpacing": [100 / (points - 1)] * 2, "Rows": points, "Columns": points}


GRIDS = {
    "plain": grid_of(13, 10.0, **across(11)),
    "coarse": grid_of(7, 20.0, **across(6)),
    "fine": grid_of(25, 5.0, **across(21)),
    "prone": grid_of(13, 10.0, **across(11), **PRONE),
    "feet": grid_of(13, 10.0, **across(11), **FEET),
    "downwards": grid_of(13, -10.0, **across(11), **DOWN),
    "fine, downwards": grid_of(25, -5.0, **across(21), **DOWN),
}
grids = st.sampled_from(sorted(GRIDS)).map(GRIDS.__getitem__)
slopes = st.tuples(*[st.floats(-0.4, 0.4)] * 3)


def sloping(slope, x, y, z):
    """A dose that rises evenly in one direction, so that interpolating makes no error."""
    return 70 + slope[0] * x + slope[1] * y + slope[2] * z


def dose(grid, slope):
    return Dose(grid, lambda: stored(grid, partial(sloping, slope)))


def doses(total):
    return np.stack(list(in_units(total.planes(), total.grid)))


def expected(grid, *slopes):
    def all_of(x, y, z):
        return sum(sloping(slope, x, y, z) for slope in slopes)

    return np.stack(list(stored(replace(grid, scaling=1e-5), all_of))) * 1e-5


@given(parts=st.lists(st.tuples(grids, slopes), min_size=1, max_size=3))
@settings(max_examples=15, deadline=None)
def test_doses_of_any_grids_add_up_at_every_point_that_all_of_them_hold(parts):
    total = summed([dose(*part) for part in parts])
    wanted = expected(total.grid, *(slope for _, slope in parts))
    np.testing.assert_allclose(doses(total), wanted, atol=1e-3)


@given(parts=st.lists(st.tuples(grids, slopes), min_size=2, max_size=3), data=st.data())
@settings(max_examples=15, deadline=None)
def test_the_order_of_doses_makes_no_difference(parts, data):
    other = data.draw(st.permutations(parts))
    one, two = (summed([dose(*part) for part in order]) for order in (parts, other))
    assert (one.grid.origin == two.grid.origin).all()
    np.testing.assert_allclose(doses(one), doses(two))


@given(grid=grids, slope=slopes, count=st.integers(2, 4))
@settings(max_examples=10, deadline=None)
def test_the_sum_of_parts_of_a_dose_is_the_dose(grid, slope, count):
    part = Dose(replace(grid, scaling=grid.scaling / count), lambda: stored(grid, partial(sloping, slope)))
    np.testing.assert_allclose(doses(summed([part] * count)), doses(dose(grid, slope)))


@given(grid=grids, slope=slopes)
@settings(max_examples=10, deadline=None)
def test_adding_a_dose_of_nothing_changes_nothing(grid, slope):
    nothing = Dose(grid, lambda: (np.zeros((grid.rows, grid.columns), np.uint16) for _ in grid.offsets))
    np.testing.assert_allclose(doses(summed([dose(grid, slope), nothing])), doses(dose(grid, slope)))


def test_a_dose_alone_is_as_it_was():
    alone = dose(grid_of(), (0, 0, 0))
    assert summed([alone]) is alone


def test_the_finest_grid_is_that_of_the_sum():
    total = summed([dose(GRIDS[name], (0, 0, 0)) for name in ("coarse", "fine", "plain")])
    assert (total.grid.rows, total.grid.columns, len(total.grid.offsets)) == (21, 21, 25)


def test_beyond_one_of_the_grids_the_sum_is_not_known():
    wide, small = dose(grid_of(), (0, 0, 0)), grid_of(20, PixelSpacing=[4.0, 4.0], Rows=11, Columns=11)
    onto_wide = doses(summed([wide, dose(small, (0, 0, 0))]))
    assert np.isfinite(onto_wide[:19, :16, :16]).all()
    assert np.isnan(onto_wide).sum() > np.isfinite(onto_wide).sum() > 0
    (found,) = histograms(*histogram_of(summed([wide, dose(small, (0, 0, 0))])), [cylinder()])
    assert found.outside_cc > found.volume_cc > 0
    assert found.mean_gy == pytest.approx(140)


def histogram_of(total):
    return total.planes(), total.grid, 200.0


def test_grids_that_have_nothing_in_common_have_no_sum_anywhere():
    away = grid_of(ImagePositionPatient=[500.0, -50.0, -60.0])
    assert np.isnan(doses(summed([dose(grid_of(), (0, 0, 0)), dose(away, (0, 0, 0))]))).all()


@pytest.mark.parametrize(
    "other",
    [
        grid_of(ImageOrientationPatient=[1.0, 0, 0, 0, np.cos(0.01), np.sin(0.01)]),
        grid_of(planes=1),
        grid_of(Rows=1),
    ],
)
def test_grids_that_are_turned_or_one_point_thick_are_not_added(other):
    with pytest.raises(NoDoseGrid):
        summed([dose(grid_of(), (0, 0, 0)), dose(other, (0, 0, 0))])


@pytest.mark.parametrize("count", [11, 14])
@pytest.mark.parametrize("name", ["plain", "downwards"])
def test_a_dose_that_has_other_planes_than_it_says_makes_no_sum(name, count):
    grid = GRIDS[name]
    broken = Dose(grid, lambda: iter([np.zeros((11, 11), np.uint16)] * count))
    with pytest.raises(NoDoseGrid):
        doses(summed([dose(GRIDS["plain"], (0, 0, 0)), broken]))


def test_planes_are_taken_from_every_dose_as_they_are_needed():
    taken = []

    def watched(name, grid):
        for plane in stored(grid, partial(sloping, (0, 0, 0))):
            taken.append(name)
            yield plane

    fine, coarse = GRIDS["fine"], GRIDS["coarse"]
    total = summed([Dose(fine, lambda: watched("fine", fine)), Dose(coarse, lambda: watched("coarse", coarse))])
    next(iter(total.planes()))
    assert (taken.count("fine"), taken.count("coarse")) == (1, 2)
