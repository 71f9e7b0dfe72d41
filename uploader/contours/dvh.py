"""Dose-volume histograms of structures on a dose grid.

On each plane of its contours a structure fills the area that they enclose, and that area stands for a slab as thick as
the distance to the neighbouring planes says. The area is cut into cells much finer than the grid; the dose of each is
interpolated between the eight points of the grid around it. So the volume is that of the contours to the last digit
however small the structure is against the grid, and no dose is lost between the points.

The dose is taken on the plane of the contours and not throughout the slab. A contour is true on its plane only: where
the body slopes, the slab of a structure below the skin reaches into the air, and its dose there would be none of the
structure's. The price is that a dose that changes along the stack comes in steps of a plane: no figure is wrong by more
than the dose changes over half a slab. Planning systems and dicompyler-core do the same.

The planes of the grid are read once, in their order, and two of them are held at a time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from uploader.contours.axes import Axes, Floats
from uploader.contours.cells import cells
from uploader.contours.dosegrid import DoseGrid, NoDoseGrid, in_units
from uploader.contours.measures import CC
from uploader.contours.structure import Structure

BINS = 10_000
"""Steps of a histogram from 0 to the highest dose of the grid."""
_PARALLEL = 1e-3
"""By how much planes of contours and of dose may be turned against each other: 1 mm over a metre."""


@dataclass(frozen=True)
class Dvh:
    """How much of a structure has which dose.

    counts: (bins,), cm3 with a dose from n to n + 1 times `step_gy`
    volume_cc: of the structure in the grid; outside_cc: of the rest, whose dose nobody knows
    min_gy, max_gy, mean_gy: of the cells in the grid
    """

    counts: Floats
    step_gy: float
    volume_cc: float
    outside_cc: float
    min_gy: float
    max_gy: float
    mean_gy: float
    _hot: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        above = np.concatenate([np.cumsum(self.counts[::-1])[::-1], [0.0]])
        object.__setattr__(self, "_hot", above)

    def volume_at_least(self, dose_gy: float) -> float:
        """cm3 that have at least this dose."""
        if dose_gy <= self.min_gy or dose_gy > self.max_gy:
            return self.volume_cc if dose_gy <= self.min_gy else 0.0
        return float(np.interp(dose_gy / self.step_gy, np.arange(len(self._hot)), self._hot))

    def dose_of_hottest(self, volume_cc: float) -> float:
        """The dose, Gy, that the hottest part of this volume has at least."""
        steps = np.interp(-volume_cc, -self._hot, np.arange(len(self._hot)))
        return float(np.clip(steps * self.step_gy, self.min_gy, self.max_gy))


def span_gy(planes: Iterable[NDArray[Any]], grid: DoseGrid) -> tuple[float, float]:
    """The lowest and the highest dose of the grid. planes: stored values, one plane at a time. Raises NoDoseGrid as
    `histograms`."""
    low, high = np.inf, -np.inf
    for plane in in_units(planes, grid):
        low, high = min(low, float(plane.min())), max(high, float(plane.max()))
    return low, high


def parallel(structure: Structure, grid: DoseGrid) -> bool:
    """Whether the structure's contours lie in planes parallel to those of the grid."""
    return bool(np.linalg.norm(np.cross(structure.axes.matrix[2], grid.normal)) <= _PARALLEL)


def histograms(
    planes: Iterable[NDArray[Any]], grid: DoseGrid, highest_gy: float, structures: Sequence[Structure]
) -> Sequence[Dvh]:
    """The histogram of each structure, whose contours are `parallel` to the grid.

    planes: stored values, (rows, columns), one for each offset of `grid`; nan where nobody knows the dose
    highest_gy: no dose is higher, see `span_gy`

    Raises NoDoseGrid for a grid that is one point thick in some direction, or that has other planes than it says.
    """
    if min(grid.rows, grid.columns, len(grid.offsets)) < 2:
        raise NoDoseGrid("the dose grid is one point thick")
    sums = [_Sum(highest_gy / BINS or 1.0) for _ in structures]
    slabs = _by_gap(structures, grid, sums)
    for gap, (near, far) in enumerate(pairwise(in_units(planes, grid))):
        for slab in slabs.get(gap, ()):
            there = cells(slab.area, slab.at, slab.axes, grid)
            doses = (1 - slab.past) * there.places.doses(near) + slab.past * there.places.doses(far)
            sums[slab.structure].add(doses, there.shares, slab.volume_cc)
    return [found.dvh() for found in sums]


@dataclass(frozen=True, slots=True)
class _Slab:
    """What a structure fills around one plane of its contours.

    structure: number of the structure
    at: place of the plane along the normal of `axes`, mm
    past: how far it lies from one plane of the grid towards the next, 0 to 1
    """

    structure: int
    axes: Axes
    at: float
    area: shapely.Geometry
    volume_cc: float
    past: float


def _by_gap(structures: Sequence[Structure], grid: DoseGrid, sums: Sequence[_Sum]) -> Mapping[int, Sequence[_Slab]]:
    """The slabs by the number of the plane of the grid before them; those beyond the grid are added to `sums`."""
    found: dict[int, list[_Slab]] = {}
    for number, structure in enumerate(structures):
        for at, area in structure.planes.items():
            volume = float(area.area) * structure.thickness(at) / CC
            place = grid.between(_along(at, area, structure.axes, grid))
            if place is None:
                sums[number].outside_cc += volume
            elif volume > 0:
                gap, past = place
                found.setdefault(gap, []).append(_Slab(number, structure.axes, at, area, volume, past))
    return found


def _along(at: float, area: shapely.Geometry, axes: Axes, grid: DoseGrid) -> float:
    """Where a plane of contours lies along the normal of the grid, mm from its origin."""
    middle = area.representative_point()
    return float(grid.indices(axes.back(np.array([[middle.x, middle.y, at]])))[2][0])


class _Sum:
    """A histogram in the making."""

    def __init__(self, step_gy: float) -> None:
        self._step = step_gy
        self._counts = np.zeros(BINS + 1)
        self._low, self._high, self._dose = np.inf, 0.0, 0.0
        self.outside_cc = 0.0

    def add(self, doses: Floats, shares: Floats, volume_cc: float) -> None:
        """A slab of this volume. doses, shares: of its cells in the grid."""
        known = np.isfinite(doses)
        doses, shares = doses[known], shares[known]
        self.outside_cc += volume_cc * (1 - shares.sum())
        if doses.size:
            volumes = shares * volume_cc
            bins = np.clip(doses / self._step, 0, BINS).astype(np.intp)
            self._counts += np.bincount(bins, volumes, BINS + 1)
            self._dose += float((doses * volumes).sum())  # not `@`: its threads wait for a busy machine
            self._low, self._high = min(self._low, float(doses.min())), max(self._high, float(doses.max()))

    def dvh(self) -> Dvh:
        volume = float(self._counts.sum())
        low = 0.0 if math.isinf(self._low) else self._low
        mean = self._dose / volume if volume else 0.0
        return Dvh(self._counts, self._step, volume, max(0.0, self.outside_cc), low, self._high, mean)
