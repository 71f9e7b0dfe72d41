"""The faces into which outlines cut their plane: what they bound together is told face by face.

All lines are cut at once where they cross, and each face then lies in an outline or not. To add one area to the others
after another would take time that grows with the square of their number and more: minutes, for some hundreds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from uploader.contours.axes import Floats

_NOTHING = 1e-9
"""The share of an area that counts for nothing: slivers that come of rounding where lines are cut."""


class Faces:
    """The faces of some outlines, and which of them are filled; none at first.

    areas: (n,), mm2, of each face
    """

    def __init__(self, outlines: Sequence[shapely.Geometry]) -> None:
        bounding = np.array(outlines, dtype=object)
        lines = shapely.get_parts(shapely.union_all(shapely.boundary(bounding)))
        self._faces = shapely.get_parts(shapely.polygonize(lines))
        self.areas: Floats = shapely.area(self._faces)
        self._filled = np.zeros(len(self._faces), dtype=np.bool_)
        points = shapely.STRtree(shapely.point_on_surface(self._faces))
        outline, face = points.query(bounding, predicate="contains")
        order = np.argsort(outline, kind="stable")
        self._own = np.split(face[order], np.searchsorted(outline[order], np.arange(1, len(bounding))))

    def covers(self, outline: int) -> bool:
        """Whether all that the outline of this number bounds is filled."""
        areas = self.areas[self._own[outline]]
        return bool(areas[~self._filled[self._own[outline]]].sum() <= _NOTHING * areas.sum())

    def fill(self, outline: int, *, filled: bool) -> None:
        """Fill what it bounds, or empty it."""
        self._filled[self._own[outline]] = filled

    def turn(self, outline: int) -> None:
        """Fill what is empty of what it bounds, and empty what is filled."""
        self._filled[self._own[outline]] ^= True

    def differ(self, first: int, second: int) -> float:
        """Area, mm2, of what one of two outlines bounds and the other one does not."""
        return float(self.areas[np.setxor1d(self._own[first], self._own[second], assume_unique=True)].sum())

    def area(self) -> shapely.Geometry:
        """What is filled, a (multi)polygon."""
        whole = shapely.coverage_union_all(self._faces[self._filled])
        return whole if self._filled.any() else shapely.MultiPolygon()
