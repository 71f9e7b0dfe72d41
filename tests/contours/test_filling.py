import numpy as np
import pytest

from tests.contours.solids import circle, keyhole
from uploader.contours.filling import crosses_itself, polygon

EIGHT = np.array([[0.0, 0], [10, 10], [10, 0], [0, 10]])
LOPSIDED = np.array([[0.0, 0], [10, 10], [10, 0], [0, 6]])


def test_a_figure_of_eight_crosses_itself():
    assert crosses_itself(EIGHT)
    assert crosses_itself(LOPSIDED)


def test_a_circle_and_a_keyhole_do_not_cross_themselves():
    assert not crosses_itself(circle(10, 0)[:, :2])
    assert not crosses_itself(keyhole(10, 4, 0)[:, :2])


def test_a_figure_of_eight_bounds_both_its_lobes():
    assert polygon(EIGHT).area == pytest.approx(50)
