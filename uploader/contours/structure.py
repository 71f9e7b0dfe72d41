"""A structure: an ROI of an RTSTRUCT as areas in parallel planes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import shapely

from uploader.contours.axes import Axes, Floats
from uploader.contours.filling import crosses_itself, filled, is_tangled

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

    @property
    def spread(self) -> float:
        """From its lowest to its highest point along the normal, mm: 0 when it is flat in the planes of the images."""
        return float(np.ptp(self.points[:, 2]))

    @cached_property
    def outline(self) -> shapely.Polygon:
        """Of a closed one: its line, as it is drawn, whether or not it crosses itself."""
        return shapely.Polygon(self.points[:, :2])

    @cached_property
    def tangled(self) -> bool:
        """Whether nobody can have drawn a closed one; it counts for no area. See `filling.is_tangled`."""
        return not self.outline.is_valid and is_tangled(self.outline)

    @cached_property
    def crosses_itself(self) -> bool:
        """Whether a closed one does; see `filling.crosses_itself`."""
        return crosses_itself(self.outline)


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
    def planes(self) -> Mapping[float, shapely.Geometry]:
        """Place along the normal, mm, rising -> the area there, (multi)polygons in across and down, mm."""
        drawn = sorted((c for c in self.contours if c.closed and not c.tangled), key=lambda c: c.at)
        together: list[list[Contour]] = []
        for contour in drawn:
            if together and contour.at - together[-1][0].at <= SAME_PLANE:
                together[-1].append(contour)
            else:
                together.append([contour])
        areas = {group[0].at: filled([(c.kind, c.outline) for c in group]) for group in together}
        return {at: area for at, area in areas.items() if not area.is_empty}

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
