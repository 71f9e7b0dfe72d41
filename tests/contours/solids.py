"""Analytic solids as contours."""

import numpy as np

from uploader.contours.axes import AXIAL
from uploader.contours.structure import Contour, Structure


def circle(radius, at, middle=(0.0, 0.0), points=180):
    """A polygon of the circle's area: its corners lie a little outside."""
    turn = np.linspace(0, 2 * np.pi, points, endpoint=False)
    radius *= np.sqrt(2 * np.pi / points / np.sin(2 * np.pi / points))
    x, y = middle[0] + radius * np.cos(turn), middle[1] + radius * np.sin(turn)
    return np.column_stack([x, y, np.full(points, at)])


def heights(length, step):
    """Planes whose slabs fill `length` mm from 0."""
    return np.arange(step / 2, length, step)


def solid(*contours, spacing=0.0, kind="CLOSED_PLANAR", axes=AXIAL, kinds=""):
    return Structure("rs", "1", "solid", kinds, axes, [Contour(kind, points) for points in contours], spacing)


def cylinder(radius, length, step=3.0, middle=(0.0, 0.0), start=0.0):
    return solid(*(circle(radius, start + at, middle) for at in heights(length, step)))


def sphere(radius, step=2.0):
    return solid(*(circle(np.sqrt(radius**2 - (at - radius) ** 2), at) for at in heights(2 * radius, step)))


def keyhole(outer, inner, at):
    """An area with a hole in one contour: round, in along a line, round the hole the other way, and back."""
    border, hole = circle(outer, at), np.roll(circle(inner, at)[::-1], 1, axis=0)
    return np.concatenate([border, border[:1], hole, hole[:1]])
