"""How the objects of a session refer to one another: instances, series and frames of reference.

Source: PS3.3 C.8.8.5 (structures), C.8.8.9, C.8.8.10 and C.12.1 (plan), C.8.8.3 (dose), C.20.2 (registration).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from uploader.contours.parsing import roi_number
from uploader.ports import Header
from uploader.validators.reading import items, text

IMAGES, ROI_FRAMES = "3006,0016", "3006,0024"
FRAME_DIFFERS = "references.frame-differs"
SERIES = ("ReferencedFrameOfReferenceSequence", "RTReferencedStudySequence", "RTReferencedSeriesSequence")
"""Where a structure set as a whole says on which series it was drawn."""
CONTOUR_IMAGES = ("ROIContourSequence", "ContourSequence", "ContourImageSequence")
"""Where it says on which images single contours were drawn."""
SEQUENCES = {
    "RTSTRUCT": ("ReferencedStructureSetSequence", "300C,0060"),
    "RTPLAN": ("ReferencedRTPlanSequence", "300C,0002"),
}
"""Modality of what is referred to -> the sequence of a plan or dose that does, and its tag."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference to an instance. series: where the object says in which series it is, else empty."""

    sop_class: str
    instance: str
    series: str = ""


def references(header: Header, modality: str) -> Sequence[Reference]:
    """References of an object to objects of this modality; each once."""
    if modality in SEQUENCES:
        return _once(_reference(item) for item in items(header, SEQUENCES[modality][0]))
    if text(header, "Modality") == "RTSTRUCT":
        return _once((*_drawn_on(header), *_contoured_on(header)))
    return _once(_anywhere(header))


def tag(header: Header, modality: str) -> str:
    """Where an object holds its references to objects of this modality."""
    if modality in SEQUENCES:
        return SEQUENCES[modality][1]
    return IMAGES if text(header, "Modality") == "RTSTRUCT" else "0008,1155"


def frames(header: Header) -> frozenset[str]:
    """Frames of reference of an object: its own (0020,0052); of structures those of their ROIs (3006,0024), or, without
    any, those of the images they were drawn on."""
    rois = [text(roi, "ReferencedFrameOfReferenceUID") for roi in items(header, "StructureSetROISequence")]
    drawn_on = [text(item, "FrameOfReferenceUID") for item in items(header, "ReferencedFrameOfReferenceSequence")]
    structures = (rois or drawn_on) if text(header, "Modality") == "RTSTRUCT" else []
    return frozenset(structures or [text(header, "FrameOfReferenceUID")]) - {""}


def roi_frames(structures: Header, number: str) -> frozenset[str]:
    """Frames of reference of the ROI of this number."""
    rois = (roi for roi in items(structures, "StructureSetROISequence") if roi_number(roi, "ROINumber") == number)
    return frozenset(text(roi, "ReferencedFrameOfReferenceUID") for roi in rois) - {""}


def frames_of_images(headers: Iterable[Header]) -> frozenset[str]:
    """Frames of reference of what is no radiotherapy object, which counts as an image, of whatever modality."""
    images = (header for header in headers if not text(header, "Modality").startswith("RT"))
    return frozenset(text(header, "FrameOfReferenceUID") for header in images) - {""}


def strays(structures: Header, frames: frozenset[str]) -> Sequence[str]:
    """Numbers of the ROIs that lie in none of these frames of reference."""
    rois = items(structures, "StructureSetROISequence")
    return [roi_number(roi, "ROINumber") for roi in rois if text(roi, "ReferencedFrameOfReferenceUID") not in frames]


def place_of_strays(entry: str, rois: Sequence[str]) -> str:
    """Where a finding says that these ROIs lie in another frame of reference."""
    return f"{entry} ({ROI_FRAMES}) ROI {', '.join(rois)}"


def astray(entry: str, structures: Header, images: Iterable[Header]) -> str:
    """The name of the finding that says that ROIs lie in a frame of reference in which there is no image."""
    return f"{FRAME_DIFFERS} {place_of_strays(entry, strays(structures, frames_of_images(images)))}"


def _drawn_on(structures: Header) -> Iterator[Reference]:
    """Images of the structure set as a whole."""
    for series in items(structures, *SERIES):
        for item in items(series, "ContourImageSequence"):
            yield _reference(item, text(series, "SeriesInstanceUID"))


def _contoured_on(structures: Header) -> Iterator[Reference]:
    """Images of single contours that the structure set as a whole does not name."""
    named = {reference.instance for reference in _drawn_on(structures)}
    for item in items(structures, *CONTOUR_IMAGES):
        if text(item, "ReferencedSOPInstanceUID") not in named:
            yield _reference(item)


def _anywhere(header: Header, series: str = "") -> Iterator[Reference]:
    """At every depth; items of a Referenced Series Sequence (0008,1115) say their series."""
    if "ReferencedSOPInstanceUID" in header:
        yield _reference(header, series)
    for keyword, value in header.items():
        for item in value if isinstance(value, list) else ():
            if isinstance(item, Mapping):
                inside = text(item, "SeriesInstanceUID") if keyword == "ReferencedSeriesSequence" else series
                yield from _anywhere(item, inside)


def _reference(item: Header, series: str = "") -> Reference:
    return Reference(text(item, "ReferencedSOPClassUID"), text(item, "ReferencedSOPInstanceUID"), series)


def _once(found: Iterable[Reference]) -> Sequence[Reference]:
    return [reference for reference in dict.fromkeys(found) if reference.instance]
