"""On which side of the body the contours of an ROI are seen to lie: an argument beside its name, never a name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from uploader.contours.parsing import points_of, roi_number
from uploader.nomenclature import Side
from uploader.ports import Case, Header
from uploader.validators.naming import Roi
from uploader.validators.reading import items, of_modality, text

MIDLINE_MM = 10.0
"""From the middle of the body: what is centred nearer lies on neither side."""

Extent = tuple[float, float, float]
"""Smallest, mean and largest x of points, mm, towards the patient's left (PS3.3 C.7.6.2.1.1)."""


@dataclass(frozen=True, slots=True)
class Extents:
    """Of the ROIs of one structure set that have contours, by number; `body`: of the one of type EXTERNAL."""

    rois: Mapping[str, Extent] = field(default_factory=dict)
    body: Extent | None = None


def side_seen(case: Case, roi: Roi) -> Side:
    """UNKNOWN in the midline, too, and where the body's outline is not drawn."""
    return side_of(case.once(_extents).get(roi.entry, Extents()), roi.number)


def side_of(extents: Extents, number: str) -> Side:
    """Of an ROI among those of one structure set. UNKNOWN for one that is half as wide as the body."""
    body, own = extents.body, extents.rois.get(number)
    if body is None or own is None or _width(body) < 2 * _width(own):
        return Side.UNKNOWN
    offset = own[1] - (body[0] + body[2]) / 2
    if abs(offset) < MIDLINE_MM:
        return Side.UNKNOWN
    return Side.LEFT if offset > 0 else Side.RIGHT


def extents_of(structures: Header) -> Extents:
    """Of the ROIs of an RTSTRUCT that have contours."""
    rois = dict(_extents_of(structures))
    outlines = [
        roi_number(item, "ReferencedROINumber")
        for item in items(structures, "RTROIObservationsSequence")
        if text(item, "RTROIInterpretedType") == "EXTERNAL"
    ]
    return Extents(rois, next((rois[number] for number in outlines if number in rois), None))


def _width(extent: Extent) -> float:
    return extent[2] - extent[0]


def _extents(case: Case) -> Mapping[str, Extents]:
    return {entry: extents_of(header) for entry, header in of_modality(case.headers, "RTSTRUCT").items()}


def _extents_of(structures: Header) -> Iterator[tuple[str, Extent]]:
    for item in items(structures, "ROIContourSequence"):
        drawn = [x for contour in items(item, "ContourSequence") if (x := _across(contour)).size]
        if drawn:
            xs = np.concatenate(drawn)
            yield roi_number(item, "ReferencedROINumber"), (float(xs.min()), float(xs.mean()), float(xs.max()))


def _across(contour: Header) -> NDArray[np.float64]:
    """The x of every point; empty for a contour that is no list of points, which lies on no side."""
    points = points_of(contour.get("ContourData"))
    return np.empty(0) if points is None else points[:, 0]
