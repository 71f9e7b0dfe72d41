"""The sum of several doses, on the points of the finest grid and one plane at a time.

Between its own points the dose of another grid is interpolated between the eight around it. Where one of the grids does
not reach, nobody knows the sum, and it is nan there: what lies beyond the grid of a boost may have had a dose of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uploader.contours.axes import Floats
from uploader.contours.cells import Places, places
from uploader.contours.dosegrid import DoseGrid, NoDoseGrid, in_units

_PARALLEL = 1e-4
"""By how much the planes of two grids may be turned against each other: 0.1 mm over a metre."""
_MOST_HELD = 1 << 26
"""Points of a grid that is held in memory because its planes come in the other order."""


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose grid, and what opens its planes anew: stored values, (rows, columns), one for each offset."""

    grid: DoseGrid
    planes: Callable[[], Iterable[NDArray[Any]]]


def summed(doses: Sequence[Dose]) -> Dose:
    """The sum of doses, whatever their order; of one alone, that one.

    doses: one at least; all in the same units and the same frame of reference

    Raises NoDoseGrid for grids that are turned against each other, or one point thick; reading the planes raises it
    as `in_units` does.
    """
    if len(doses) == 1:
        return doses[0]
    first, *others = sorted(doses, key=_finest_first)
    for each in (first, *others):
        if min(each.grid.rows, each.grid.columns, len(each.grid.offsets)) < 2:
            raise NoDoseGrid("a dose grid is one point thick")
    if any(np.linalg.norm(np.cross(each.grid.normal, first.grid.normal)) > _PARALLEL for each in others):
        raise NoDoseGrid("the dose grids are turned against each other")
    return Dose(replace(first.grid, scaling=1.0), partial(_planes, first, others))


def _finest_first(dose: Dose) -> tuple[float, ...]:
    """By the volume of the box around a point; alike ones by what else tells them apart, so that no order counts."""
    grid = dose.grid
    box = round(grid.column_mm * grid.row_mm * float(np.median(grid.steps)) if grid.steps.size else 0.0, 6)
    return (
        box,
        grid.rows * grid.columns * len(grid.offsets),
        *grid.origin,
        *grid.across,
        *grid.down,
        *grid.offsets[:2],
    )


def _planes(first: Dose, others: Sequence[Dose]) -> Iterator[Floats]:
    own = in_units(first.planes(), first.grid)
    for plane, *more in zip(own, *(_onto(first.grid, each) for each in others), strict=True):
        yield sum(more, plane)


def _onto(onto: DoseGrid, dose: Dose) -> Iterator[Floats]:
    """The dose at the points of another grid whose planes are parallel, plane by plane of that one. Two of its own
    planes are held at a time."""
    along = (onto.origin - dose.grid.origin) @ dose.grid.normal + onto.offsets * (onto.normal @ dose.grid.normal)
    grid, planes = _in_step(dose, rising=bool(along[-1] > along[0]))
    lattice = _Lattice.of(onto, grid)
    pairs = pairwise(map(lattice.of_plane, in_units(planes, grid)))
    gap, (near, far) = 0, next(pairs)
    for place in (grid.between(at) for at in along.tolist()):
        number, past = place or (gap, np.nan)
        while gap < number:
            gap, (near, far) = gap + 1, next(pairs)
        yield lattice.full(near + (far - near) * past)
    for _ in pairs:  # a plane too many is told at the end
        pass


def _in_step(dose: Dose, *, rising: bool) -> tuple[DoseGrid, Iterable[NDArray[Any]]]:
    """The grid and its planes in rising or falling order along its normal. Planes come from a file in one order; those
    wanted in the other one are held, as they are stored."""
    grid = dose.grid
    if (grid.offsets[-1] > grid.offsets[0]) == rising:
        return grid, dose.planes()
    if grid.rows * grid.columns * len(grid.offsets) > _MOST_HELD:
        raise NoDoseGrid("a dose grid lies the other way round and is too large to be turned")
    return replace(grid, offsets=grid.offsets[::-1]), list(dose.planes())[::-1]


@dataclass(frozen=True, slots=True)
class _Lattice:
    """The points of a plane of one grid among those of another.

    inside: (points,), which of them the other grid holds; places: where these lie in it
    shape: rows and columns of the plane
    """

    inside: NDArray[np.bool_]
    places: Places
    shape: tuple[int, int]

    @classmethod
    def of(cls, onto: DoseGrid, grid: DoseGrid) -> _Lattice:
        row, column = np.mgrid[: onto.rows, : onto.columns].reshape(2, -1, 1)
        across, down = onto.column_mm * onto.across, onto.row_mm * onto.down
        found, inside = places(onto.origin + column * across + row * down, grid)
        return cls(inside, found, (onto.rows, onto.columns))

    def of_plane(self, plane: Floats) -> Floats:
        """The doses at the points inside, of a plane of the other grid."""
        return self.places.doses(plane)

    def full(self, doses: Floats) -> Floats:
        """The whole plane, nan where the other grid does not reach."""
        plane = np.full(self.inside.size, np.nan)
        plane[self.inside] = doses
        return plane.reshape(self.shape)
