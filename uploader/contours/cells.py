"""An area cut into equal cells, and the dose of each between the points of a dose grid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from uploader.contours.axes import Axes, Floats
from uploader.contours.dosegrid import DoseGrid

CELLS = 4_000
"""Cells of an area at least, about: a dose that falls off over a few mm across a small structure is resolved."""
CELL_MM2 = 4.0
"""Area of a cell at most, about."""
MOST = 100_000
"""Cells that are tried, inside or not: a thin rim around the body is a small part of what encloses it."""
BORDER_MM = 2.0
"""Distance at most of the points on the border."""
_GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True, slots=True)
class Places:
    """Places in the planes of a dose grid.

    corner: (n,), index in a flattened plane of the point left above each
    right, below: (n,), how far the place lies towards the next point, 0 to 1
    columns: points of a row of the grid
    """

    corner: NDArray[np.intp]
    right: Floats
    below: Floats
    columns: int

    def doses(self, plane: Floats) -> Floats:
        """(n,), the dose at each place between the four points around it. plane: (rows, columns)"""
        flat, at = plane.ravel(), self.corner
        above = flat[at] + (flat[at + 1] - flat[at]) * self.right
        at = at + self.columns
        under = flat[at] + (flat[at + 1] - flat[at]) * self.right
        doses: Floats = above + (under - above) * self.below
        return doses


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells of an area, those that lie in the grid.

    shares: (n,), parts of the area; their sum is below 1 by what lies outside the grid
    """

    places: Places
    shares: Floats


def cells(area: shapely.Geometry, at: float, axes: Axes, grid: DoseGrid) -> Cells:
    """The cells of an area that lies at this place along the normal of its axes, mm.
    The grid is two points wide or more."""
    points, shares = _spread(area)
    found, inside = places(axes.back(np.column_stack([points, np.full(len(points), at)])), grid)
    return Cells(found, shares[inside])


def places(points: Floats, grid: DoseGrid) -> tuple[Places, NDArray[np.bool_]]:
    """Where points lie in the planes of a grid that is two points wide or more, whatever their place along its normal.

    points: (n, 3), mm
    returns: the places of those within half a step around the grid, and (n,) which these are
    """
    column, row, _ = grid.indices(points)
    inside = (np.abs(column - (grid.columns - 1) / 2) <= grid.columns / 2) & (
        np.abs(row - (grid.rows - 1) / 2) <= grid.rows / 2
    )
    left, right = _between(column[inside], grid.columns)
    top, below = _between(row[inside], grid.rows)
    return Places(top * grid.columns + left, right, below, grid.columns), inside


def _between(index: Floats, count: int) -> tuple[NDArray[np.intp], Floats]:
    """The point before, and how far towards the next. What lies in the outer half of a border cell counts as on it."""
    kept = np.clip(index, 0, count - 1)
    before = np.minimum(kept.astype(np.intp), count - 2)
    return before, kept - before


def _spread(area: shapely.Geometry) -> tuple[Floats, Floats]:
    """Points (n, 2) in the area, and (n,) the share of the area that each stands for. Points of the border stand for
    none of it; but the highest dose, and the lowest, are often there."""
    parts = [part for part in shapely.get_parts(area) if part.area > 0]
    size = min(area.area / CELLS, CELL_MM2)
    spread = [_points(part, size) for part in parts]
    shares = [np.full(len(each), part.area / area.area / len(each)) for part, each in zip(parts, spread, strict=True)]
    border = shapely.get_coordinates(area.segmentize(BORDER_MM))
    return np.concatenate([*spread, border]), np.concatenate([*shares, np.zeros(len(border))])


def _points(polygon: Any, size: float) -> Floats:
    """Points spread evenly over the polygon, one for each `size`, mm2; one in it where it is thinner than that.

    They lie on a lattice turned against the axes: a border of dose along an axis would else take or leave a whole row
    of them. Source: Kronecker sequence of the golden ratio.
    """
    west, south, east, north = polygon.bounds
    wide, high = east - west, north - south
    turn = np.arange(math.ceil(min(MOST, wide * high / size)))
    x, y = west + wide * (turn + 0.5) / len(turn), south + high * (turn * _GOLDEN % 1)
    shapely.prepare(polygon)
    inside = shapely.contains_xy(polygon, x, y)
    found = np.column_stack([x[inside], y[inside]])
    return found if len(found) else np.array([polygon.representative_point().coords[0]])
