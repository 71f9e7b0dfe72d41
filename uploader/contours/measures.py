"""Measures of structures: volumes, extents, and how two of them lie to each other.

Two structures are compared plane by plane: of the other one, the plane nearest within half a step counts.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from uploader.contours.axes import Floats
from uploader.contours.structure import Structure

CC = 1000.0
"""mm3 in a cm3."""


def volume_cc(structure: Structure) -> float:
    """Volume: each area times what its plane stands for along the normal."""
    return float(sum(area.area * structure.thickness(at) for at, area in structure.planes.items())) / CC


def reach(structure: Structure) -> tuple[float, float] | None:
    """Lowest and highest plane along the normal, mm; None without areas. The solid reaches half a step further."""
    places = list(structure.planes)
    return (places[0], places[-1]) if places else None


def centroid(structure: Structure) -> Floats | None:
    """(3,), the centre of mass in the patient, mm; None without areas."""
    masses = [(area.area * structure.thickness(at), area.centroid, at) for at, area in structure.planes.items()]
    whole = sum(mass for mass, _, _ in masses)
    if not whole:
        return None
    flat = sum(mass * np.array([middle.x, middle.y, at]) for mass, middle, at in masses) / whole
    return structure.axes.back(np.asarray(flat))


def gaps(structure: Structure) -> list[float]:
    """Distances between neighbouring planes that are wider than one step, mm."""
    return [float(gap) for gap in np.diff(list(structure.planes)) if gap > 1.5 * structure.step]


def outside_cc(structure: Structure, other: Structure) -> float:
    """Volume of the one that does not lie in the other; where the other has no plane near, all of it."""
    return float(sum(a.difference(b).area * thick for a, b, thick in _facing(structure, other))) / CC


def overlap_cc(structure: Structure, other: Structure) -> float:
    """Volume that both have."""
    return float(sum(a.intersection(b).area * thick for a, b, thick in _facing(structure, other))) / CC


def margins(inner: Structure, outer: Structure) -> tuple[float, float] | None:
    """The smallest and the largest distance from the border of the inner one outwards to that of the outer one, mm,
    within the planes that both have; negative where the inner one sticks out. None where they share no plane."""
    least, most = np.inf, -np.inf
    for a, b, _ in _facing(inner, outer):
        if not b.is_empty:
            points = shapely.points(shapely.get_coordinates(a.segmentize(1.0).boundary))
            away = shapely.distance(points, b.boundary) * np.where(shapely.covers(b, points), 1, -1)
            least, most = min(least, float(away.min())), max(most, float(away.max()))
    return (least, most) if np.isfinite(least) else None


def _facing(structure: Structure, other: Structure) -> Iterator[tuple[shapely.Geometry, shapely.Geometry, float]]:
    """Each area of the one, the area of the other on that plane, and how far the plane reaches along the normal, mm."""
    tolerance = max(structure.step, other.step) / 2
    for at, area in structure.planes.items():
        yield area, other.area_at(at, tolerance), structure.thickness(at)
