import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon

from tests.contours.solids import circle, keyhole, solid
from uploader.contours.filling import Tangled, crosses_itself, enclosed, filled
from uploader.contours.structure import Contour

EIGHT = Polygon([[0, 0], [10, 10], [10, 0], [0, 10]])
LOPSIDED = Polygon([[0, 0], [10, 10], [10, 0], [0, 6]])


def test_a_figure_of_eight_crosses_itself():
    assert crosses_itself(EIGHT)
    assert crosses_itself(LOPSIDED)


def test_a_circle_and_a_keyhole_do_not_cross_themselves():
    assert not crosses_itself(Polygon(circle(10, 0)[:, :2]))
    assert not crosses_itself(Polygon(keyhole(10, 4, 0)[:, :2]))


def test_a_figure_of_eight_bounds_both_its_lobes():
    assert enclosed(EIGHT).area == pytest.approx(50)


def test_a_contour_that_nobody_drew_is_told_at_once_and_bounds_nothing():
    tangle = Polygon(np.random.default_rng(1).random((2000, 2)) * 300)
    assert crosses_itself(tangle)
    with pytest.raises(Tangled):
        enclosed(tangle)


def test_a_contour_that_is_drawn_twice_is_no_hole():
    once, again = Polygon(circle(10, 0)[:, :2]), Polygon(circle(9.999, 0)[:, :2])
    elsewhere = Polygon(circle(10, 0, (50, 0))[:, :2])
    both = filled([("CLOSED_PLANAR", each) for each in (once, again, elsewhere)])
    assert both.area == pytest.approx(2 * np.pi * 100, rel=0.01)


def test_a_contour_that_nobody_can_have_drawn_counts_for_no_area():
    tangle = np.random.default_rng(1).random((400, 2)) * 100
    contour = Contour("CLOSED_PLANAR", np.column_stack([tangle, np.zeros(400)]))
    both = solid(contour.points, circle(10, 3))
    assert (both.tangled, list(both.planes)) == (1, [3.0])


def test_a_hole_that_is_drawn_twice_is_a_hole():
    outer, hole = (Polygon(circle(radius, 0)[:, :2]) for radius in (10, 4))
    ring = filled([("CLOSED_PLANAR", each) for each in (outer, hole, hole)])
    assert ring.area == pytest.approx(outer.area - hole.area)


def one_after_another(contours):
    """What contours of one plane bound, as the rule says it: the larger ones first."""
    area, before = shapely.MultiPolygon(), []
    for kind, each in sorted(contours, key=lambda c: -c[1].area):
        again = any(each.symmetric_difference(other).area < each.area * 1e-3 for other in before)
        if kind == "CLOSEDPLANAR_XOR":
            area = area.symmetric_difference(each)
            continue
        if not again and each.difference(area).area < 1e-9:
            area = area.difference(each)
        elif not again:
            area = area.union(each)
        before.append(each)
    return area


KINDS = st.sampled_from(["CLOSED_PLANAR", "CLOSED_PLANAR", "CLOSEDPLANAR_XOR"])
WHOLE = st.integers(1, 6)
BOXES = st.builds(lambda x, y, w, h: shapely.box(x, y, x + w, y + h), WHOLE, WHOLE, WHOLE, WHOLE)
DISCS = st.builds(lambda x, y, r: Polygon(circle(r, 0, (x + 0.1, y), 12)[:, :2]), WHOLE, WHOLE, WHOLE)


@settings(max_examples=40)
@given(st.lists(st.tuples(KINDS, BOXES | DISCS), min_size=2, max_size=7))
def test_contours_of_a_plane_bound_what_they_bound_one_after_another(contours):
    area = filled(contours)
    assert area.is_valid
    assert area.symmetric_difference(one_after_another(contours)).area == pytest.approx(0, abs=1e-6)


def discs(count, field):
    middles = np.random.default_rng(1).uniform(0, field, (count, 2))
    return [("CLOSED_PLANAR", Polygon(circle(5, 0, tuple(middle), 40)[:, :2])) for middle in middles]


def test_a_thousand_contours_of_a_plane_that_overlap_are_told():
    together = shapely.union_all([each for _, each in discs(1000, 560)])
    assert 0.95 * together.area < filled(discs(1000, 560)).area < together.area + 1e-6  # what lies in others is a hole


def test_contours_that_cross_one_another_beyond_telling_count_for_no_area():
    with pytest.raises(Tangled):
        filled(discs(300, 5))
    tangle = solid(*(np.column_stack([np.array(each.exterior.coords), np.zeros(41)]) for _, each in discs(300, 5)))
    assert (tangle.tangled, dict(tangle.planes)) == (300, {})
