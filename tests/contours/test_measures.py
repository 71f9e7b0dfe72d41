import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contours.solids import circle, cylinder, heights, keyhole, solid, sphere
from uploader.contours.measures import centroid, gaps, outside_cc, overlap_cc, reach, volume_cc

PERCENT = 0.01
radii = st.floats(5, 200)


@given(radii)
def test_the_volume_of_a_sphere_is_right_to_one_percent(radius):
    assert volume_cc(sphere(radius, radius / 10)) == pytest.approx(4 / 3 * np.pi * radius**3 / 1000, rel=PERCENT)


@given(radii, st.integers(1, 40), st.floats(0.5, 5))
def test_the_volume_of_a_cylinder_is_its_area_times_its_planes(radius, planes, step):
    drawn = solid(*(circle(radius, at) for at in heights(planes * step, step)), spacing=step)
    assert volume_cc(drawn) == pytest.approx(np.pi * radius**2 * planes * step / 1000, rel=1e-6)


@settings(max_examples=20)
@given(st.floats(10, 100), st.floats(0.1, 0.9))
def test_a_hole_is_a_hole_in_whichever_way_it_is_drawn(radius, share):
    inner = radius * share
    true = np.pi * (radius**2 - inner**2) * 30 / 1000
    nested = [circle(r, at) for at in heights(30, 3) for r in (inner, radius)]
    for drawn in (
        solid(*nested),
        solid(*nested, kind="CLOSEDPLANAR_XOR"),
        solid(*(keyhole(radius, inner, at) for at in heights(30, 3))),
    ):
        assert volume_cc(drawn) == pytest.approx(true, rel=PERCENT)


def test_an_island_in_a_hole_counts():
    drawn = solid(*(circle(radius, 0) for radius in (5, 20, 30)), spacing=3.0)
    assert volume_cc(drawn) == pytest.approx(np.pi * (900 - 400 + 25) * 3 / 1000, rel=PERCENT)


def test_two_areas_that_overlap_are_not_counted_twice():
    drawn = solid(circle(10, 0), circle(10, 0, (5, 0)), spacing=3.0)
    one = np.pi * 100 * 3 / 1000
    assert one < volume_cc(drawn) < 2 * one


def test_a_structure_that_branches_has_the_volume_of_its_branches():
    trunk = [circle(20, at) for at in heights(30, 3)]
    branches = [circle(8, 30 + at, (side, 0)) for at in heights(30, 3) for side in (-12, 12)]
    assert volume_cc(solid(*trunk, *branches)) == pytest.approx(np.pi * (400 + 2 * 64) * 30 / 1000, rel=PERCENT)


def test_one_contour_is_as_thick_as_the_images_are_apart():
    assert volume_cc(solid(circle(10, 7), spacing=3.0)) == pytest.approx(np.pi * 100 * 3 / 1000, rel=PERCENT)


def test_a_structure_without_areas_has_no_volume_no_reach_and_no_centre():
    points = solid(circle(10, 0), kind="POINT")
    assert (volume_cc(points), reach(points), centroid(points)) == (0, None, None)


def test_a_missing_plane_is_a_gap_and_fills_nothing():
    drawn = solid(*(circle(10, at) for at in (0, 3, 6, 15, 18)))
    assert list(gaps(drawn)) == [3, 3, 9, 3]
    assert volume_cc(drawn) == pytest.approx(np.pi * 100 * 15 / 1000, rel=PERCENT)


def test_a_structure_that_is_drawn_on_every_other_image_is_no_smaller_for_it():
    drawn = solid(*(circle(10, at) for at in range(0, 60, 6)), spacing=3.0)
    assert volume_cc(drawn) == pytest.approx(np.pi * 100 * 60 / 1000, rel=PERCENT)


def test_what_lies_in_another_has_nothing_outside_it():
    inner, outer = cylinder(10, 30), cylinder(15, 60, start=-15)
    assert outside_cc(inner, outer) == 0
    assert overlap_cc(inner, outer) == pytest.approx(volume_cc(inner))


@given(st.floats(0, 60))
def test_what_is_outside_and_what_overlaps_make_up_the_whole(shift):
    one, other = cylinder(20, 30), cylinder(20, 30, middle=(shift, 0))
    assert outside_cc(one, other) + overlap_cc(one, other) == pytest.approx(volume_cc(one))
    assert overlap_cc(one, other) == pytest.approx(overlap_cc(other, one))


def test_what_has_no_plane_near_overlaps_nothing():
    assert overlap_cc(cylinder(10, 30), cylinder(10, 30, start=90)) == 0


def test_the_centre_is_that_of_the_mass():
    assert centroid(cylinder(10, 30, middle=(4, -7))) == pytest.approx([4, -7, 15], abs=1e-6)
