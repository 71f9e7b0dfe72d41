"""The grid of an RTDOSE: where its points lie, and which dose a stored value means.

Source: PS3.3 C.8.8.3 (RT Dose), C.7.6.2 (image plane).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uploader.contours.axes import Floats
from uploader.ports import Header

_UPRIGHT = 1e-4
"""By how much a cosine may differ from 1 or 0."""
_FAR, _NEAR = 1e6, 1e-3
"""mm: further from the patient's origin, and nearer to each other, no points of a dose lie."""
_MOST = 1e6
"""Gy, or whatever the dose is in, that one step of a stored value can mean."""


class NoDoseGrid(ValueError):
    """The header does not say where the points of the grid lie; the message says why, free of patient data."""


@dataclass(frozen=True, slots=True)
class DoseGrid:
    """Where the points of a dose grid lie. Lengths in mm, patient coordinates (LPS).

    origin: (3,), the first point of the first plane
    across, down, normal: (3,), unit vectors along a row, along a column, and from plane to plane, their cross product
    column_mm, row_mm: distance of neighbouring points along a row, and along a column
    offsets: (planes,), along the normal from the origin, in the order of the frames; rising or falling
    scaling: DoseGridScaling (3004,000E): dose of the stored value 1
    """

    origin: Floats
    across: Floats
    down: Floats
    normal: Floats
    column_mm: float
    row_mm: float
    rows: int
    columns: int
    offsets: Floats
    scaling: float

    @property
    def steps(self) -> Floats:
        """(planes - 1,), mm, distances of neighbouring planes, without sign."""
        return np.abs(np.diff(self.offsets))

    def indices(self, points: Floats) -> tuple[Floats, Floats, Floats]:
        """Where points lie in the grid.

        points: (n, 3), mm
        returns: (n,) each: column and row, 0 at the centre of the first point; mm along the normal from the origin
        """
        away = points - self.origin
        return away @ self.across / self.column_mm, away @ self.down / self.row_mm, away @ self.normal

    def overhang(self, points: Floats) -> float:
        """By how many mm the point that lies furthest outside does so; 0 if all lie inside.

        A point of the grid stands for the box around it, half a step to each side.
        """
        column, row, along = self.indices(points)
        low, high = self.reach
        outside = (
            (-0.5 - column) * self.column_mm,
            (column - self.columns + 0.5) * self.column_mm,
            (-0.5 - row) * self.row_mm,
            (row - self.rows + 0.5) * self.row_mm,
            low - along,
            along - high,
        )
        return max(0.0, *(float(each.max(initial=0.0)) for each in outside))

    def meets(self, points: Floats) -> bool:
        """Whether the box around points (n, 3), n above 0, and the grid have something in common."""
        column, row, along = self.indices(points)
        low, high = self.reach
        spans = ((column, -0.5, self.columns - 0.5), (row, -0.5, self.rows - 0.5), (along, low, high))
        return all(bool(at.max() >= first and at.min() <= last) for at, first, last in spans)

    @property
    def reach(self) -> tuple[float, float]:
        """From where to where the grid reaches along its normal, mm: half a step beyond its outermost planes."""
        offsets = np.sort(self.offsets)
        first, last = (self.steps[[0, -1]] if self.steps.size else np.zeros(2)) / 2
        return float(offsets[0] - first), float(offsets[-1] + last)

    def between(self, along: float) -> tuple[int, float] | None:
        """Between which planes a place along the normal lies, mm: number of the one before it in their order, and how
        far towards the next, 0 to 1. What lies in the outer half of a border plane is on it; None beyond. Of a grid of
        two planes or more."""
        low, high = self.reach
        if not low <= along <= high:
            return None
        turn = 1 if self.offsets[-1] > self.offsets[0] else -1
        step = float(np.interp(turn * along, turn * self.offsets, np.arange(len(self.offsets))))
        gap = min(int(step), len(self.offsets) - 2)
        return gap, step - gap


def dose_grid(header: Header) -> DoseGrid:
    """The grid of an RTDOSE. Raises NoDoseGrid."""
    origin, orientation = _numbers(header, "ImagePositionPatient", 3), _numbers(header, "ImageOrientationPatient", 6)
    row_mm, column_mm = _numbers(header, "PixelSpacing", 2)
    across, down = orientation[:3], orientation[3:]
    normal = np.cross(across, down)
    if not np.allclose([across @ across, down @ down, across @ down], [1, 1, 0], atol=_UPRIGHT):
        raise NoDoseGrid("(0020,0037) holds no two directions at right angles")
    if min(row_mm, column_mm) < _NEAR:
        raise NoDoseGrid("(0028,0030) is no distance of points")
    rows, columns = (_whole(header, keyword) for keyword in ("Rows", "Columns"))
    offsets = _offsets(header, origin, normal)
    if max(np.abs(origin).max(), np.abs(offsets).max(), row_mm, column_mm) > _FAR:
        raise NoDoseGrid("its points lie more than a kilometre away")
    return DoseGrid(
        *(origin, across, down, normal, float(column_mm), float(row_mm), rows, columns, offsets, _scaling(header))
    )


def in_units(planes: Iterable[NDArray[Any]], grid: DoseGrid) -> Iterator[Floats]:
    """The planes of a grid as doses, one at a time.

    planes: stored values, (rows, columns)

    Raises NoDoseGrid for one that is not as large as the grid, or for more or fewer of them than it has.
    """
    count = 0
    for plane in planes:
        count += 1
        if plane.shape != (grid.rows, grid.columns):
            raise NoDoseGrid("a plane is not as large as the header says")
        yield plane.astype(np.float64) * grid.scaling
    if count != len(grid.offsets):
        raise NoDoseGrid("there are more or fewer planes than the header says")


def _offsets(header: Header, origin: Floats, normal: Floats) -> Floats:
    """Grid Frame Offset Vector (3004,000C) as distances from the origin along the normal. PS3.3 C.8.8.3.2.

    Its first element is 0: then it holds these distances. Or it is the third element of Image Position (Patient), and
    the planes are stacked along z: then it holds heights in the patient. Anything else has no meaning.
    """
    frames = _whole(header, "NumberOfFrames") if header.get("NumberOfFrames") is not None else 1
    if header.get("GridFrameOffsetVector") is None and frames == 1:
        return np.zeros(1)
    said = _finite(header.get("GridFrameOffsetVector"))
    if said is None or len(said) != frames:
        raise NoDoseGrid(f"(3004,000C) does not have a number for each of the {frames} frames")
    steps = np.diff(said)
    if not ((steps >= _NEAR).all() or (steps <= -_NEAR).all()):
        raise NoDoseGrid("(3004,000C) neither rises nor falls throughout")
    if said[0] == 0:
        return said
    if np.isclose(said[0], origin[2], atol=1e-3) and np.allclose(normal, [0, 0, 1], atol=_UPRIGHT):
        return np.asarray(said - said[0], dtype=np.float64)
    raise NoDoseGrid("(3004,000C) begins neither with 0 nor with the height of the first plane")


def _scaling(header: Header) -> float:
    said = _finite(header.get("DoseGridScaling"))
    if said is None or len(said) != 1 or not 0 < said[0] <= _MOST:
        raise NoDoseGrid("(3004,000E) does not say which dose a stored value means")
    return float(said[0])


def _numbers(header: Header, keyword: str, count: int) -> Floats:
    said = _finite(header.get(keyword))
    if said is None or len(said) != count:
        raise NoDoseGrid(f"{keyword} does not hold {count} numbers")
    return said


def _finite(value: Any) -> Floats | None:
    """One number or several, none of them infinite; None for anything else."""
    several = value if isinstance(value, (list, np.ndarray)) else [value]
    if not all(isinstance(each, (int, float)) for each in several):
        return None
    numbers = np.asarray(several, dtype=np.float64)
    return numbers if np.isfinite(numbers).all() else None


def _whole(header: Header, keyword: str) -> int:
    value = header.get(keyword)
    if not isinstance(value, int) or value < 1:
        raise NoDoseGrid(f"{keyword} is not a number above 0")
    return value
