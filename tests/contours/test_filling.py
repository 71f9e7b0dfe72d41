import numpy as np
import pytest
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
    assert contour.tangled
    assert not solid(contour.points, circle(10, 3)).planes.get(0.0)
