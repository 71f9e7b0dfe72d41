"""Areas that closed contours of one plane bound together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from uploader.contours.axes import Floats


def filled(contours: Sequence[tuple[str, shapely.Polygon]]) -> shapely.Geometry:
    """The area that contours of one plane bound.

    contours: kind (3006,0042) and outline of each
    returns: a (multi)polygon, empty when nothing is bounded

    CLOSEDPLANAR_XOR are combined by exclusive or, PS3.3 C.8.8.6.3. CLOSED_PLANAR are each an area of its own, and holes
    are keyholes; but planning systems also write the border of a hole as a contour of its own inside another. So
    a CLOSED_PLANAR inside what is filled by larger ones is a hole, and any other one is added. One that is drawn twice
    counts once.
    """
    if len(contours) == 1:
        return enclosed(contours[0][1])
    area: shapely.Geometry = shapely.MultiPolygon()
    polygons = sorted(((kind, enclosed(outline)) for kind, outline in contours), key=lambda p: -p[1].area)
    for kind, each in polygons:
        if kind == "CLOSEDPLANAR_XOR":
            area = area.symmetric_difference(each)
        elif not area.covers(each):
            area = area.union(each)
        elif not _is_drawn(each, area):
            area = area.difference(each)
    return areas_of(area)


def _is_drawn(each: shapely.Geometry, area: shapely.Geometry) -> bool:
    """Whether it is a part of the area already, but for rounding."""
    parts = shapely.get_parts(area)
    around = parts[shapely.covers(parts, each)]
    return bool(around.size and around[0].area < each.area * (1 + SAME_AREA))


SAME_AREA = 1e-3
"""The share by which two contours of one plane, one in the other, differ at most if they are one that is drawn twice:
what would be left of the area if the inner one were a hole is thinner than anyone draws."""


def enclosed(outline: shapely.Polygon) -> shapely.Geometry:
    """What one closed contour bounds. Where it crosses or touches itself, as keyholes do, what is enclosed an odd
    number of times. Raises Tangled."""
    if outline.is_valid:
        return outline
    if is_tangled(outline):
        raise Tangled
    return areas_of(shapely.make_valid(outline))


class Tangled(ValueError):
    """A contour that nobody drew: what it bounds would take hours to tell."""


def is_tangled(outline: shapely.Polygon) -> bool:
    """Whether its line crosses itself more than `MOST_CROSSINGS` times."""
    points = shapely.get_coordinates(outline)
    lines = shapely.linestrings(np.stack([points[:-1], points[1:]], axis=1))
    tree, step, met = shapely.STRtree(lines), max(1, _TRIED // len(lines)), 0
    for begin in range(0, len(lines), step):
        met += tree.query(lines[begin : begin + step], predicate="crosses").shape[1]
        if met > 2 * MOST_CROSSINGS:  # each is met from both sides
            return True
    return False


MOST_CROSSINGS = 1000
"""Contours that people or planning systems make have a few, at keyholes; the work grows with their square and more."""
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
