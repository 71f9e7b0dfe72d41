import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contours.solids import circle, cylinder, solid
from uploader.contours.margins import margin


def ball(radius, step=3.0):
    """A sphere about the origin, drawn on every plane that meets it."""
    reach = int(radius / step)
    places = [n * step for n in range(-reach, reach + 1) if abs(n * step) < radius]
    return solid(*(circle(np.sqrt(radius**2 - at**2), at) for at in places))


@settings(max_examples=20)
@given(st.floats(8, 40), st.floats(2, 15), st.sampled_from([1.0, 2.0, 3.0]))
def test_a_sphere_that_was_grown_has_its_margin_but_for_what_the_planes_leave_open(radius, grown, step):
    found = margin(ball(radius, step), ball(radius + grown, step))
    assert found.most_at_least <= grown + 0.5
    assert found.least_at_most >= grown - 0.5
    assert found.least <= grown + 0.5
    assert found.most >= grown - 0.5


def test_a_margin_is_measured_along_the_stack_too():
    inner = cylinder(10, 30)
    assert margin(inner, cylinder(15, 42, start=-6)).least == pytest.approx(5, abs=0.1)
    assert margin(inner, cylinder(15, 36, start=-3)).least == pytest.approx(3)
    assert margin(inner, cylinder(15, 30)).least == pytest.approx(0)


def test_a_margin_that_is_wide_on_one_side_has_a_most():
    found = margin(cylinder(10, 30), cylinder(15, 42, middle=(2, 0), start=-6))
    assert (found.least, found.most) == pytest.approx((3, np.hypot(7, 6)), abs=0.6)


def test_a_part_that_was_never_grown_from_the_inner_one_is_far_away():
    stray = solid(*(circle(15, at) for at in range(0, 30, 3)), circle(5, 12, (60, 0)))
    assert margin(cylinder(10, 30, start=-1.5), stray).most == pytest.approx(55, abs=0.5)


@pytest.mark.parametrize(("outer", "depth"), [(cylinder(12, 30, middle=(5, 0)), 3), (cylinder(15, 24), 4.5)])
def test_a_margin_is_negative_where_the_inner_one_sticks_out(outer, depth):
    assert margin(cylinder(10, 30), outer).least == pytest.approx(-depth, abs=0.1)


def test_there_is_no_margin_without_areas():
    assert margin(cylinder(10, 30), solid(circle(10, 0), kind="POINT")) is None
