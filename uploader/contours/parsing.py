"""What an RTSTRUCT's header draws."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from uploader.contours.axes import AXIAL, Axes, Floats, normal_of
from uploader.contours.structure import Contour, Image, Structure
from uploader.ports import Header


def structures(entry: str, header: Header, axes: Axes | None = None, spacing: float = 0.0) -> Sequence[Structure]:
    """The ROIs of an RTSTRUCT in the order of their definition, joined to their contours by ROI number, never by place.

    axes, spacing: directions and distance (mm) of the images they were drawn on; unknown, the contours themselves tell.
    Contours whose data are not triples of numbers are left out; `structures` the validator says so.
    Source: PS3.3 C.8.8.5, C.8.8.6, C.8.8.8.
    """
    drawn = _drawn(header)
    axes = axes or _axes([points for contours in drawn.values() for _, points, _ in contours])
    kinds = {
        roi_number(i, "ReferencedROINumber"): _text(i, "RTROIInterpretedType")
        for i in _items(header, "RTROIObservationsSequence")
    }
    return [
        Structure(
            entry,
            number,
            _text(item, "ROIName"),
            kinds.get(number, ""),
            axes,
            [Contour(kind, axes.flat(points), images) for kind, points, images in drawn.get(number, ())],
            spacing,
        )
        for item in _items(header, "StructureSetROISequence")
        for number in [roi_number(item, "ROINumber")]
    ]


def points_of(data: Any) -> Floats | None:
    """(n, 3) points of a Contour Data (3006,0050), mm; None when it does not hold triples of numbers."""
    try:
        numbers = np.asarray(data, dtype=np.float64).ravel()
    except (TypeError, ValueError):
        return None
    whole = numbers.size > 0 and numbers.size % 3 == 0 and bool(np.isfinite(numbers).all())
    return numbers.reshape(-1, 3) if whole else None


def roi_number(item: Header, keyword: str) -> str:
    """ROINumber (3006,0022) or what refers to it (3006,0084), as text; empty for what is no number.

    Findings tell it, and a text that stands there instead could be a person's name.
    """
    written = _text(item, keyword)
    return written if _NUMBER.fullmatch(written) else ""


def images_of(reference: Header) -> Iterator[Image]:
    """What an item of a Contour Image Sequence (3006,0016) refers to: frames, where it says some (0008,1160).

    A frame 0 is none, and told as -1.
    """
    instance, said = _text(reference, "ReferencedSOPInstanceUID"), reference.get("ReferencedFrameNumber")
    numbers = [n for n in (said if isinstance(said, list) else [said]) if isinstance(n, int)]
    return (Image(instance, number or -1) for number in numbers) if numbers else iter((Image(instance),))


_NUMBER = re.compile(r"[+-]?[0-9]{1,11}")
_Drawn = tuple[str, Floats, tuple[Image, ...]]


def _drawn(header: Header) -> dict[str, list[_Drawn]]:
    """ROI number -> kind, points and images of each of its contours."""
    found: dict[str, list[_Drawn]] = defaultdict(list)
    for item in _items(header, "ROIContourSequence"):
        for contour in _items(item, "ContourSequence"):
            points = points_of(contour.get("ContourData"))
            if points is not None:
                kind = _text(contour, "ContourGeometricType")
                images = tuple(i for item in _items(contour, "ContourImageSequence") for i in images_of(item))
                found[roi_number(item, "ReferencedROINumber")].append((kind, points, images))
    return found


def _axes(contours: Sequence[Floats]) -> Axes:
    """Those of the largest contour; axial where none spans a plane."""
    normals = [normal for points in contours[:200] if len(points) >= 3 and (normal := normal_of(points)) is not None]
    return Axes.along(max(normals, key=lambda n: float(np.linalg.norm(n)))) if normals else AXIAL


def _items(header: Header, keyword: str) -> Iterator[Header]:
    value = header.get(keyword)
    return (item for item in (value if isinstance(value, list) else ()) if isinstance(item, Mapping))


def _text(header: Header, keyword: str) -> str:
    value = header.get(keyword)
    return "" if value is None or isinstance(value, list) else str(value).strip()
