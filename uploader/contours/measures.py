"""Measures of structures: volumes, extents, and what two of them have in common; for distances see `margins`.

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
    return float(structure.areas @ structure.thicknesses) / CC


def reach(structure: Structure) -> tuple[float, float] | None:
    """Lowest and highest plane along the normal, mm; None without areas. The solid reaches half a step further."""
    places = structure.places
    return (float(places[0]), float(places[-1])) if places.size else None


def centroid(structure: Structure, between: tuple[float, float] = (-np.inf, np.inf)) -> Floats | None:
    """(3,), the centre of mass in the patient, mm, of what lies between two places along the normal; None without
    areas there."""
    half = structure.step / 2
    there = (structure.places >= between[0] - half) & (structure.places <= between[1] + half)
    thick = structure.thicknesses if structure.step else 1.0  # a single plane, nobody knows how thick
    masses = structure.areas * thick * there
    if not masses.sum():
        return None
    return structure.axes.back(np.asarray(masses @ structure.middles / masses.sum()))


def gaps(structure: Structure) -> Floats:
    """(n - 1,), distances between neighbouring planes, mm."""
    return np.asarray(np.diff(structure.places), dtype=np.float64)


def outside_cc(structure: Structure, other: Structure) -> float:
    """Volume of the one that does not lie in the other; where the other has no plane near, all of it."""
    return float(sum(_outside(a, b) * thick for a, b, thick in _facing(structure, other))) / CC


def overlap_cc(structure: Structure, other: Structure) -> float:
    """Volume that both have."""
    return float(sum(a.intersection(b).area * thick for a, b, thick in _facing(structure, other))) / CC


def _outside(area: shapely.Geometry, other: shapely.Geometry) -> float:
    """mm2. Most structures lie within, which is told far sooner than what a cut leaves."""
    return 0.0 if other.covers(area) else float(area.difference(other).area)


def _facing(structure: Structure, other: Structure) -> Iterator[tuple[shapely.Geometry, shapely.Geometry, float]]:
    """Each area of the one, the area of the other on that plane, and how far the plane reaches along the normal, mm."""
    tolerance = max(structure.step, other.step) / 2
    for (at, area), thick in zip(structure.planes.items(), structure.thicknesses, strict=True):
        yield area, other.area_at(at, tolerance), float(thick)
