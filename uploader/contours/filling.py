"""Areas that closed contours of one plane bound together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from uploader.contours.axes import Floats
from uploader.contours.faces import Faces


def filled(contours: Sequence[tuple[str, shapely.Polygon]]) -> shapely.Geometry:
    """The area that contours of one plane bound.

    contours: kind (3006,0042) and outline of each
    returns: a (multi)polygon, empty when nothing is bounded

    CLOSEDPLANAR_XOR are combined by exclusive or, PS3.3 C.8.8.6.3. CLOSED_PLANAR are each an area of its own, and holes
    are keyholes; but planning systems also write the border of a hole as a contour of its own inside another. So
    a CLOSED_PLANAR inside what is filled by larger ones is a hole, and any other one is added. One that is drawn twice
    counts once. Raises Tangled.
    """
    if len(contours) == 1:
        return enclosed(contours[0][1])
    every = sorted(((kind, enclosed(outline)) for kind, outline in contours), key=lambda p: -p[1].area)
    polygons = [(kind, each) for kind, each in every if each.area]
    if _cross_too_often([each for _, each in polygons]):
        raise Tangled
    faces = Faces([each for _, each in polygons])
    again = _drawn_again(polygons, faces)
    for n, (kind, _) in enumerate(polygons):
        if kind == "CLOSEDPLANAR_XOR":
            faces.turn(n)
        elif n not in again:
            faces.fill(n, filled=not faces.covers(n))
    return faces.area()


def _drawn_again(polygons: Sequence[tuple[str, shapely.Geometry]], faces: Faces) -> set[int]:
    """Numbers of the CLOSED_PLANAR that are the same as one before, but for rounding."""
    numbers = [n for n, (kind, _) in enumerate(polygons) if kind != "CLOSEDPLANAR_XOR"]
    areas = np.array([polygons[n][1] for n in numbers], dtype=object)
    middles, bounds = shapely.centroid(areas), shapely.bounds(areas)
    near = SAME_AREA * (bounds[:, 2:] - bounds[:, :2]).sum(axis=1)
    found = shapely.STRtree(middles).query(middles, predicate="dwithin", distance=near)
    pairs = ((numbers[one], numbers[other]) for one, other in found.T.tolist() if other < one)
    return {one for one, other in pairs if faces.differ(one, other) < SAME_AREA * polygons[one][1].area}


SAME_AREA = 1e-3
"""The share of its area in which a contour differs at most from another one if both are one that is drawn twice: what
would be left of the area if the inner one were a hole is thinner than anyone draws."""


def enclosed(outline: shapely.Polygon) -> shapely.Geometry:
    """What one closed contour bounds. Where it crosses or touches itself, as keyholes do, what is enclosed an odd
    number of times. Raises Tangled."""
    if outline.is_valid:
        return outline
    if is_tangled(outline):
        raise Tangled
    return areas_of(shapely.make_valid(outline))


class Tangled(ValueError):
    """Contours that nobody drew: what they bound would take hours to tell."""


def is_tangled(outline: shapely.Polygon) -> bool:
    """Whether its line crosses itself more than `MOST_CROSSINGS` times."""
    return _crosses_more_than(MOST_CROSSINGS, [outline])


def _cross_too_often(polygons: Sequence[shapely.Geometry]) -> bool:
    """Whether the borders of polygons of one plane cross more than `MOST_IN_A_PLANE` times."""
    rings = shapely.boundary(np.array(polygons, dtype=object))
    pairs = shapely.STRtree(rings).query(rings, predicate="intersects")
    first, second = pairs[:, pairs[0] < pairs[1]]
    points = shapely.get_num_coordinates(rings)
    if points[first] @ points[second] <= MOST_IN_A_PLANE:
        return False
    return _crosses_more_than(MOST_IN_A_PLANE, [polygons[n] for n in np.union1d(first, second)])


def _crosses_more_than(most: int, polygons: Sequence[shapely.Geometry]) -> bool:
    """Whether lines of their borders cross one another more often; what is only touched is not crossed."""
    ends = np.concatenate([_lines(ring) for each in polygons for ring in _rings(each)])
    lines = shapely.linestrings(ends)
    tree, met, begin, step = shapely.STRtree(lines), 0, 0, max(1, _TRIED // len(lines))
    while begin < len(lines) and met <= most:
        one, other = tree.query(lines[begin : begin + step])
        once = one + begin < other
        met += int(_cross(ends[one[once] + begin], ends[other[once]]).sum())
        begin += step
        step = max(1, step * _TRIED // max(len(one), _TRIED // 2))  # so many that about as many pairs are tried at once
    return met > most


def _cross(first: Floats, second: Floats) -> NDArray[np.bool_]:
    """(n,), whether lines cross. first, second: (n, 2, 2), from where to where each goes."""
    between = _on_either_side(first, second), _on_either_side(second, first)
    return np.asarray(between[0] & between[1])


def _on_either_side(lines: Floats, others: Floats) -> NDArray[np.bool_]:
    """Whether the other one begins and ends on different sides of a line, and not on it."""
    along, away = lines[:, 1] - lines[:, 0], others - lines[:, :1]
    side = along[:, None, 0] * away[:, :, 1] - along[:, None, 1] * away[:, :, 0]
    return np.asarray(side[:, 0] * side[:, 1] < 0)


def _rings(polygon: shapely.Geometry) -> Sequence[shapely.Geometry]:
    rings: Sequence[shapely.Geometry] = shapely.get_rings(shapely.get_parts(polygon))
    return rings


def _lines(ring: shapely.Geometry) -> Floats:
    """(n, 2, 2), the lines from point to point."""
    points = shapely.get_coordinates(ring)
    return np.stack([points[:-1], points[1:]], axis=1)


MOST_CROSSINGS = 1000
"""Contours that people or planning systems make have a few, at keyholes; the work grows with their square and more."""
MOST_IN_A_PLANE = 50_000
"""Of all contours of a structure on one plane: a plane with so many takes seconds."""
_TRIED = 500_000
"""Pairs of lines that are tried at once, at most."""


def areas_of(geometry: shapely.Geometry) -> shapely.Geometry:
    """The geometry without its lines and points."""
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type in {"Polygon", "MultiPolygon"}]
    return shapely.union_all(parts) if parts else shapely.MultiPolygon()


def crosses_itself(outline: shapely.Polygon) -> bool:
    """Whether a closed contour's line crosses itself. Going along the same way there and back, as to a keyhole, or
    meeting itself in a point is no crossing."""
    if outline.is_valid:
        return False
    if is_tangled(outline):
        return True
    whole, lobes = outline.area, areas_of(shapely.make_valid(outline)).area
    return bool(abs(_signed(shapely.get_coordinates(outline))) < lobes - max(1e-3, 1e-3 * whole))


def _signed(points: Floats) -> float:
    """Area with the sign of its direction; lobes of a figure of eight count against each other."""
    x, y = points[:, 0], points[:, 1]
    return float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2)
