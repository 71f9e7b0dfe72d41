"""Where images lie, and how large they are, as their headers say it: the one reading of image planes.

Geometry, structures, references and relations share it. Of an enhanced image each frame is an image: its place is in
the functional groups, those of the frame before those that all share. Slice Location (0020,1041) is never looked at: it
has no origin and, in real files, not even a sign.
Source: DICOM PS3.3 C.7.6.2, C.7.6.16, C.8.8.3.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice, repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uploader.contours.structure import Image
from uploader.ports import Case, Header
from uploader.validators.reading import items, text

Floats = NDArray[np.float64]
MOST_FRAMES = 10_000
"""What a header may claim, without telling their places, before it is not believed."""
FARTHEST = 1e7
"""mm; a number beyond is no place in a scanner."""
PARALLEL = 1e-3
"""The most by which direction cosines of one stack may differ, which is 0.06 degrees: scanners round."""
_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, eq=False, slots=True)
class Planes:
    """Images in the order of their entries; what one does not say is NaN.

    places: where each is, for people: its entry, with the frame of an enhanced image
    images: its SOP Instance UID and the number of its frame, 1 in an image that has one alone
    positions: (n, 3), mm, Image Position Patient (0020,0032)
    cosines: (n, 6), Image Orientation Patient (0020,0037)
    spacing: (n, 2), mm, Pixel Spacing (0028,0030)
    thickness: (n,), mm, Slice Thickness (0018,0050)
    sizes: (n, 2), Rows (0028,0010) and Columns (0028,0011)
    tilt: (n,), degrees, Gantry/Detector Tilt (0018,1120)
    mosaic: whether one image holds many slices side by side, whose places it does not say
    announced: how many slices a volume of it has, by Number of Slices (0054,0081) of PET; 0 where nothing tells
    """

    places: tuple[str, ...]
    images: tuple[Image, ...]
    positions: Floats
    cosines: Floats
    spacing: Floats
    thickness: Floats
    sizes: Floats
    tilt: Floats
    mosaic: bool
    announced: int

    def with_more(self, like: NDArray[np.intp], positions: Floats) -> Planes:
        """The same and other images at these positions (n, 3), in all else as those of these indices (n,)."""
        kept = np.concatenate([np.arange(len(self.places)), like])
        tables = (self.cosines[kept], self.spacing[kept], self.thickness[kept], self.sizes[kept], self.tilt[kept])
        places, images = tuple(self.places[n] for n in kept), tuple(self.images[n] for n in kept)
        return Planes(places, images, np.concatenate([self.positions, positions]), *tables, self.mosaic, self.announced)


@dataclass(frozen=True, slots=True)
class Plane:
    """One image, as its header says it: values may be missing, or no numbers."""

    place: str
    image: Image
    position: Any
    cosines: Any
    spacing: Any
    thickness: Any
    header: Header


def planes(case: Case) -> Mapping[str, Sequence[Plane]]:
    """Entry -> its images: one, or its frames in their order. Ask by ``case.once(planes)``."""
    return {entry: tuple(_planes(entry, header)) for entry, header in case.headers.items()}


def planes_of(case: Case, entries: Iterable[str]) -> Planes:
    """The images of these entries."""
    known = case.once(planes)
    found = [plane for entry in entries for plane in known[entry]]
    return Planes(
        tuple(plane.place for plane in found),
        tuple(plane.image for plane in found),
        _array((plane.position for plane in found), 3),
        _array((plane.cosines for plane in found), 6),
        _array((plane.spacing for plane in found), 2),
        _array((plane.thickness for plane in found), 1)[:, 0],
        _array(([plane.header.get("Rows"), plane.header.get("Columns")] for plane in found), 2),
        _array((plane.header.get("GantryDetectorTilt") for plane in found), 1)[:, 0],
        any(_is_mosaic(plane.header) for plane in found),
        max((_announced(plane.header) for plane in found), default=0),
    )


def _planes(entry: str, header: Header) -> Iterator[Plane]:
    groups = list(items(header, "PerFrameFunctionalGroupsSequence"))
    offsets = header.get("GridFrameOffsetVector")
    if groups:
        shared = next(items(header, "SharedFunctionalGroupsSequence"), _NOTHING)
        # A place is not an image, nor an image without a place none: pixels may have been lost, or groups.
        believed = min(_frames_said(header), len(groups) + MOST_FRAMES)
        frames = islice(chain(groups, repeat(_NOTHING)), believed)
        yield from (_of_frame(entry, n, header, frame, shared) for n, frame in enumerate(frames, 1))
    elif isinstance(offsets, (list, np.ndarray)) and len(offsets):
        yield from _of_grid(entry, header, offsets)
    elif _frames_said(header) > 1:
        yield from (_of_file(entry, header, None, n) for n in range(1, min(_frames_said(header), MOST_FRAMES) + 1))
    else:
        yield _of_file(entry, header, header.get("ImagePositionPatient"))


def _of_file(entry: str, header: Header, position: Any, frame: int = 0) -> Plane:
    return Plane(
        f"{entry} frame {frame}" if frame else entry,
        Image(text(header, "SOPInstanceUID"), frame or 1),
        position,
        header.get("ImageOrientationPatient"),
        header.get("PixelSpacing"),
        header.get("SliceThickness"),
        header,
    )


def _of_frame(entry: str, number: int, header: Header, frame: Header, shared: Header) -> Plane:
    measures = _group("PixelMeasuresSequence", frame, shared)
    return Plane(
        f"{entry} frame {number}",
        Image(text(header, "SOPInstanceUID"), number),
        _group("PlanePositionSequence", frame, shared).get("ImagePositionPatient"),
        _group("PlaneOrientationSequence", frame, shared).get("ImageOrientationPatient"),
        measures.get("PixelSpacing"),
        measures.get("SliceThickness"),
        header,
    )


def _group(sequence: str, frame: Header, shared: Header) -> Header:
    return next(items(frame, sequence), None) or next(items(shared, sequence), _NOTHING)


def _of_grid(entry: str, header: Header, offsets: Iterable[Any]) -> Iterator[Plane]:
    """The planes of a dose grid, which lie at offsets from the first along the normal."""
    first = _array([header.get("ImagePositionPatient")], 3)[0]
    cosines = _array([header.get("ImageOrientationPatient")], 6)[0]
    along = _array(offsets, 1)[:, 0]
    for n, offset in enumerate(along - along[0], 1):
        position = first + offset * np.cross(cosines[:3], cosines[3:])
        yield _of_file(entry, header, position, n)


def _frames_said(header: Header) -> int:
    """As many frames as pixels are read of."""
    number = header.get("NumberOfFrames")
    return max(number, 1) if isinstance(number, int) else 1


def _is_mosaic(header: Header) -> bool:
    said = header.get("ImageType")
    return isinstance(said, list) and "MOSAIC" in said and text(header, "Modality") == "MR"


def _announced(header: Header) -> int:
    """C.8.9.1. Images in Acquisition (0020,1002) tells less: several series may come of one acquisition."""
    number = header.get("NumberOfSlices")
    return number if isinstance(number, int) and text(header, "Modality") == "PT" else 0


def _array(values: Iterable[Any], width: int) -> Floats:
    """(n, width); a row of NaN for what is not `width` numbers that can be measured with."""
    rows = [_row(value, width) for value in values]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), width)
    table[~(np.abs(table) < FARTHEST).all(axis=1)] = np.nan
    return table


def _row(value: Any, width: int) -> Any:
    several = value if isinstance(value, (list, np.ndarray)) else [value]
    numeric = len(several) == width and all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in several)
    return several if numeric else [np.nan] * width
