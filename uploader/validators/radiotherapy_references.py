"""The rules of `radiotherapy` on references; they are told in its docstring."""

from __future__ import annotations

from collections.abc import Iterator

from uploader.domain.finding import Finding, Severity
from uploader.ports import Header, Headers
from uploader.validators.reading import items, of_modality, text

IMAGE_LISTS = (
    (
        "ReferencedFrameOfReferenceSequence",
        "RTReferencedStudySequence",
        "RTReferencedSeriesSequence",
        "ContourImageSequence",
    ),
    ("ROIContourSequence", "ContourSequence", "ContourImageSequence"),
)
"""Where an RTSTRUCT says which images it was drawn on: as a whole, and contour by contour."""


def findings(headers: Headers) -> Iterator[Finding]:
    """Which references lead nowhere in the session."""
    images = {name: header for name, header in headers.items() if not text(header, "Modality").startswith("RT")}
    frames = {text(header, "FrameOfReferenceUID") for header in images.values()} - {""}
    for name, header in of_modality(headers, "RTSTRUCT").items():
        yield from _images(name, header, _uids(images))
        yield from _roi_frames(name, header, frames)
    structures = _uids(of_modality(headers, "RTSTRUCT"))
    for name, header in of_modality(headers, "RTPLAN").items():
        drawn_on = text(header, "RTPlanGeometry") != "TREATMENT_DEVICE"
        yield from _linked(name, header, "structures", structures, needed=drawn_on)
        yield from _frame(name, header, frames, needed=False)
    plans = _uids(of_modality(headers, "RTPLAN"))
    for name, header in of_modality(headers, "RTDOSE").items():
        yield from _linked(name, header, "plan", plans, needed=True)
        yield from _linked(name, header, "structures", structures, needed=False)
        yield from _frame(name, header, frames, needed=True)


_LINKS = {
    "structures": ("ReferencedStructureSetSequence", "300C,0060", "RTSTRUCT"),
    "plan": ("ReferencedRTPlanSequence", "300C,0002", "RTPLAN"),
}


def _uids(headers: Headers) -> frozenset[str]:
    return frozenset(text(header, "SOPInstanceUID") for header in headers.values())


def _images(name: str, structures: Header, present: frozenset[str]) -> Iterator[Finding]:
    wanted = {text(item, "ReferencedSOPInstanceUID") for path in IMAGE_LISTS for item in items(structures, *path)}
    missing = wanted - present
    if missing:
        yield Finding(
            "radiotherapy.image-missing",
            Severity.REFUSAL,
            f"{name} (3006,0016)",
            f"{len(missing)} of the {len(wanted)} images the structures reference are not in the session",
            "send the whole scan the structures were drawn on",
        )
    if not wanted:
        yield Finding(
            "radiotherapy.image-unreferenced",
            Severity.REFUSAL,
            f"{name} (3006,0016)",
            "the structures do not say which images they were drawn on",
            "export the RTSTRUCT again together with its images",
        )


def _linked(name: str, header: Header, what: str, present: frozenset[str], *, needed: bool) -> Iterator[Finding]:
    """`what`: ``structures`` or ``plan``; `needed`: whether the object must reference one."""
    sequence, tag, modality = _LINKS[what]
    wanted = {text(item, "ReferencedSOPInstanceUID") for item in items(header, sequence)}
    if wanted - present:
        yield Finding(
            f"radiotherapy.{what}-missing",
            Severity.REFUSAL,
            f"{name} ({tag})",
            f"the object references an {modality} that is not in the session",
            f"send the {modality} it was made with, or the object that belongs to the {modality} sent",
        )
    if needed and not wanted:
        yield Finding(
            f"radiotherapy.{what}-unreferenced",
            Severity.REFUSAL,
            f"{name} ({tag})",
            f"the object does not say which {modality} it was made with",
            "export it again from the planning system",
        )


def _roi_frames(name: str, structures: Header, frames: set[str]) -> Iterator[Finding]:
    outside = [
        text(roi, "ROINumber")
        for roi in items(structures, "StructureSetROISequence")
        if text(roi, "ReferencedFrameOfReferenceUID") not in frames
    ]
    if outside:
        yield _frame_differs(f"{name} (3006,0024) ROI {', '.join(outside)}", f"{len(outside)} ROI(s)")


def _frame(name: str, header: Header, frames: set[str], *, needed: bool) -> Iterator[Finding]:
    frame = text(header, "FrameOfReferenceUID")
    if (frame or needed) and frame not in frames:
        yield _frame_differs(f"{name} (0020,0052)", "the object")


def _frame_differs(where: str, what: str) -> Finding:
    return Finding(
        "radiotherapy.frame-differs",
        Severity.REFUSAL,
        where,
        f"the frame of reference of {what} is not that of an image of the session",
        "send the scan on which it was made",
    )
