"""A structure: an ROI of an RTSTRUCT as areas in parallel planes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from uploader.contours.axes import Axes, Floats
from uploader.contours.filling import Tangled, crosses_itself, filled, is_tangled

SAME_PLANE = 0.1
"""mm along the normal within which contours of a structure count as drawn on one plane: planning systems write two
decimals, scanners more."""


class Image(NamedTuple):
    """An image. instance: SOP Instance UID; frame: its number in a multi-frame one, from 1; 0 for all that there are"""

    instance: str
    frame: int = 0


@dataclass(frozen=True, eq=False)
class Contour:
    """One item of a Contour Sequence (3006,0040).

    kind: Contour Geometric Type (3006,0042): CLOSED_PLANAR, CLOSEDPLANAR_XOR, OPEN_PLANAR, OPEN_NONPLANAR, POINT
    points: (n, 3): across, down and along the normal of the structure's axes, mm
    images: those it was drawn on, Contour Image Sequence (3006,0016)
    """

    kind: str
    points: Floats
    images: tuple[Image, ...] = ()

    @property
    def closed(self) -> bool:
        """Whether it bounds an area."""
        return self.kind in {"CLOSED_PLANAR", "CLOSEDPLANAR_XOR"} and len(self.points) >= 3

    @cached_property
    def at(self) -> float:
        """Its place along the normal, mm."""
        return float(self.points[:, 2].mean())


@dataclass(frozen=True, eq=False, slots=True)
class Closed:
    """The closed contours of a structure, in their order: what is looked at one by one takes seconds for thousands.

    outlines: (n,), polygons in across and down, as they are drawn, whether or not they cross themselves
    valid: (n,), whether one neither crosses nor touches itself
    at: (n,), mm along the normal
    spread: (n,), mm, from the lowest to the highest point along the normal: 0 when flat in the planes of the images
    """

    contours: Sequence[Contour]
    outlines: NDArray[np.object_]
    valid: NDArray[np.bool_]
    at: Floats
    spread: Floats

    @classmethod
    def of(cls, contours: Sequence[Contour]) -> Closed:
        """Of these, which are closed."""
        if not contours:
            return cls((), np.empty(0, object), np.empty(0, bool), np.empty(0), np.empty(0))
        counts = np.array([len(contour.points) for contour in contours])
        points, begins = np.concatenate([contour.points for contour in contours]), np.cumsum(counts) - counts
        rings = shapely.linearrings(points[:, :2], indices=np.repeat(np.arange(len(counts)), counts))
        outlines, along = shapely.polygons(rings), points[:, 2]
        spread = np.maximum.reduceat(along, begins) - np.minimum.reduceat(along, begins)
        at = np.array([contour.at for contour in contours])
        return cls(contours, outlines, shapely.is_valid(outlines), at, spread)


@dataclass(frozen=True, eq=False)
class Structure:
    """An ROI with its contours.

    entry: the RTSTRUCT it is in; number: ROINumber (3006,0022), as text; name: ROIName (3006,0026), which may tell who
        the patient is; kind: RTROIInterpretedType (3006,00A4), empty where the RTSTRUCT says none
    spacing: distance of the images on which it was drawn, mm; 0 when it is not known
    """

    entry: str
    number: str
    name: str
    kind: str
    axes: Axes
    contours: Sequence[Contour]
    spacing: float = 0.0

    @cached_property
    def closed(self) -> Closed:
        """Those that bound an area."""
        return Closed.of([contour for contour in self.contours if contour.closed])

    @property
    def planes(self) -> Mapping[float, shapely.Geometry]:
        """Place along the normal, mm, rising -> the area there, (multi)polygons in across and down, mm."""
        return self._filled[0]

    @property
    def tangled(self) -> int:
        """How many closed contours nobody can have drawn: they count for no area. See `filling.is_tangled`."""
        return self._filled[1]

    @cached_property
    def _filled(self) -> tuple[Mapping[float, shapely.Geometry], int]:
        known, areas, tangled = self.closed, dict[float, shapely.Geometry](), 0
        drawn = [n for n, outline in enumerate(known.outlines) if known.valid[n] or not is_tangled(outline)]
        tangled += len(known.outlines) - len(drawn)
        for group in _on_planes(known.at, sorted(drawn, key=lambda n: known.at[n])):
            try:
                area = filled([(known.contours[n].kind, known.outlines[n]) for n in group])
            except Tangled:
                tangled += len(group)
                continue
            if not area.is_empty:
                areas[float(known.at[group[0]])] = area
        return areas, tangled

    @property
    def crossing(self) -> int:
        """How many closed contours cross themselves; see `filling.crosses_itself`."""
        return sum(crosses_itself(outline) for outline in self.closed.outlines[~self.closed.valid])

    @cached_property
    def places(self) -> Floats:
        """(n,), where its planes lie along the normal, mm, rising."""
        return np.array(list(self.planes), dtype=np.float64)

    @cached_property
    def areas(self) -> Floats:
        """(n,), mm2, of each plane."""
        return np.asarray(shapely.area(list(self.planes.values())), dtype=np.float64)

    @cached_property
    def middles(self) -> Floats:
        """(n, 3), the centre of mass of each plane: across, down and along, mm."""
        flat = shapely.get_coordinates(shapely.centroid(list(self.planes.values())))
        return np.column_stack([flat, self.places])

    @cached_property
    def step(self) -> float:
        """The usual distance of its planes, mm, whether it is drawn on every image, on every other, or between them; of
        fewer than three planes that of the images, if it is known. 0 when nothing tells."""
        gaps = np.diff(self.places)
        if gaps.size > 1 or (gaps.size and not self.spacing):
            return float(np.median(gaps))
        return self.spacing

    @cached_property
    def thicknesses(self) -> Floats:
        """(n,), how far the area of each plane reaches along the normal, mm: half way to each neighbour, where the
        neighbours are no further than one missing plane would make them; half a step at the ends and beside gaps."""
        gaps = np.diff(self.places, prepend=-np.inf, append=np.inf)
        halves = np.where(gaps < 1.5 * self.step, gaps, self.step) / 2
        return np.asarray(halves[:-1] + halves[1:], dtype=np.float64)

    def thickness(self, at: float) -> float:
        """That of the plane at this place."""
        return float(self.thicknesses[bisect_left(self.places, at)])

    def area_at(self, at: float, tolerance: float | None = None) -> shapely.Geometry:
        """The area on the plane nearest to this place, no further than `tolerance`, mm (half a step); empty if none."""
        after = bisect_left(self.places, at)
        near = self.places[max(after - 1, 0) : after + 1]
        allowed = self.step / 2 if tolerance is None else tolerance
        if near.size:
            nearest = float(near[np.argmin(np.abs(near - at))])
            if abs(nearest - at) <= allowed + 1e-9:
                return self.planes[nearest]
        return shapely.MultiPolygon()


def _on_planes(at: Floats, order: Sequence[int]) -> Sequence[Sequence[int]]:
    """Numbers of contours by the plane they lie on. order: as their places (n,) rise"""
    together: list[list[int]] = []
    for n in order:
        if together and at[n] - at[together[-1][0]] <= SAME_PLANE:
            together[-1].append(n)
        else:
            together.append([n])
    return together
