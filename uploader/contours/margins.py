"""How far a structure reaches beyond another one that it was grown from, in three dimensions.

Measured from the surface of the outer one to the inner one: after growing by 5 mm in all directions it is 5 mm there,
wherever one looks, while within the planes it is more where the inner one tapers. Both are stacks of slabs, each half
way to its neighbours. Between two planes nobody knows where the surface runs, so a margin along the stack is known to
less than one distance of the planes only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely

from uploader.contours.axes import Floats
from uploader.contours.structure import Structure

POINTS = 72
"""Of a border or of a face, about, from which is measured: smooth ones are no nearer in between."""
_CLOSER, _AS_DRAWN, _FURTHER = range(3)
"""How surfaces may run between the planes."""


@dataclass(frozen=True, slots=True)
class Margin:
    """Distances from the surface of the outer structure to the inner one, mm; negative where the inner one sticks out.

    least, most: the smallest and the largest that is measured
    least_at_most, most_at_least: the same if between the planes the surfaces run as far apart, and as near, as can be
    """

    least: float
    most: float
    least_at_most: float
    most_at_least: float


def margin(inner: Structure, outer: Structure) -> Margin | None:
    """How far `outer` reaches beyond `inner`; None where one of them has no areas."""
    if not inner.planes or not outer.planes:
        return None
    reaches = _reaches(inner)
    away = [_away(inner, reaches, points, places) for points, places in _surface(outer)]
    least, most = (np.array([pick(each, axis=1) for each in away]) for pick in (np.min, np.max))
    depth = _sticking(inner, outer)
    return Margin(
        -depth if depth else float(least[:, _AS_DRAWN].min()),
        float(most[:, _AS_DRAWN].max()),
        -depth if depth else float(least[:, _FURTHER].min()),
        float(most[:, _CLOSER].max()),
    )


def _reaches(structure: Structure) -> Floats:
    """(3, n), how far each plane's slab reaches to both sides: up to the next plane, half way, and not at all."""
    return np.outer([1.0, 0.5, 0.0], structure.thicknesses)


def _away(structure: Structure, reaches: Floats, points: Floats, places: Floats) -> Floats:
    """(3, n), how far points (n, 2) at these places along the stack, (3,), are from the structure, mm; 0 in it."""
    along = np.maximum(0, np.abs(structure.places - places[:, None]) - reaches)
    found, made = np.full((3, len(points)), np.inf), shapely.points(points)
    areas = list(structure.planes.values())
    for n in np.argsort(along[_CLOSER], kind="stable"):
        if along[_CLOSER, n] >= found.max():
            break
        found = np.minimum(found, np.hypot(along[:, n, None], shapely.distance(areas[n], made)))
    return np.asarray(found, dtype=np.float64)


def _surface(structure: Structure) -> Iterator[tuple[Floats, Floats]]:
    """Points of a structure's surface, (n, 2), and their places along the stack, (3,): of each contour, and of the
    faces with which it ends along the stack."""
    areas, places = list(structure.planes.values()), structure.places
    ends = np.diff(places, prepend=-np.inf, append=np.inf) >= 1.5 * structure.step
    faces = np.array([0.0, 0.5, 1.0]) * structure.step
    for n, area in enumerate(areas):
        yield _border(area), np.full(3, places[n])
        if ends[n]:
            yield _inside(area), places[n] - faces
        if ends[n + 1]:
            yield _inside(area), places[n] + faces


def _border(area: shapely.Geometry) -> Floats:
    points = shapely.get_coordinates(area.boundary.segmentize(area.boundary.length / POINTS))
    return np.asarray(points[:: max(1, len(points) // POINTS)], dtype=np.float64)


def _inside(area: shapely.Geometry) -> Floats:
    """Points throughout an area, one at least."""
    west, south, east, north = area.bounds
    step = float(np.sqrt((east - west) * (north - south) / POINTS))
    x, y = (each.ravel() for each in np.meshgrid(np.arange(west, east, step), np.arange(south, north, step)))
    inside = shapely.contains_xy(area, x, y)
    middle = shapely.get_coordinates(area.representative_point())
    return np.concatenate([np.column_stack([x[inside], y[inside]]), middle])


def _sticking(inner: Structure, outer: Structure) -> float:
    """By how much the inner one sticks out of the outer one at most, mm; 0 where it does not."""
    reaches, tolerance = _reaches(outer), max(inner.step, outer.step) / 2
    out = (item for item in inner.planes.items() if not outer.area_at(item[0], tolerance).covers(item[1]))
    depths = (_away(outer, reaches, _border(area), np.full(3, at))[_AS_DRAWN].max() for at, area in out)
    return float(max(depths, default=0.0))
