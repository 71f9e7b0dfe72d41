"""The rule ``registration_links``: a registration ties the frames of reference of two inputs.

A registration ties what its items name: Frame of Reference UID of each item of Registration Sequence (0070,0308),
Source Frame of Reference UID (0064,0003) of each item of Deformable Registration Sequence (0064,0002), or of the images
of Referenced Image Sequence (0008,1140) where an item names these instead, and its own Frame of Reference UID.
Frames tied to a common third one are tied to each other. Source: PS3.3 C.20.2, C.20.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from uploader.domain.finding import Finding, Severity
from uploader.ports import Case, Header
from uploader.validators.answers import Answer, right, unknown, wrong
from uploader.validators.reading import items, of_modality, text
from uploader.validators.recognition import Input


def answers(case: Case, line: str, severity: Severity, moved: Input, fixed: Input) -> Iterator[Answer]:
    """What each scan of the first input says to it."""
    goals = {text(case.headers[entry], "FrameOfReferenceUID") for entry in fixed.entries} - {""}
    known = {text(h, "SOPInstanceUID"): text(h, "FrameOfReferenceUID") for h in case.headers.values()}
    tied = _tied([ties(header, known) for header in of_modality(case.headers, "REG").values()], goals)
    for scan in moved.scans:
        frames = {text(case.headers[entry], "FrameOfReferenceUID") for entry in scan.entries}
        if "" in frames or not goals:
            yield unknown("an image does not say its frame of reference")
        elif frames <= goals:
            yield right("one frame of reference")
        elif frames <= tied:
            yield right("tied by a registration")
        else:
            yield wrong(_untied(scan.entries[0], line, severity, moved, fixed))


def ties(registration: Header, known: Mapping[str, str]) -> frozenset[str]:
    """Frames of reference that a registration ties to one another, by a matrix or a deformation.

    known: SOP Instance UID -> frame of reference, for items that name images instead
    """
    rigid = [
        text(item, "FrameOfReferenceUID") or _of_images(item, known)
        for item in items(registration, "RegistrationSequence")
        if any(items(item, "MatrixRegistrationSequence", "MatrixSequence"))
    ]
    deformed = [
        text(item, "SourceFrameOfReferenceUID") or _of_images(item, known)
        for item in items(registration, "DeformableRegistrationSequence")
    ]
    return frozenset((text(registration, "FrameOfReferenceUID"), *rigid, *deformed)) - {""}


def _of_images(item: Header, known: Mapping[str, str]) -> str:
    """The one frame of reference of the images that an item names; empty where there is none, or more than one."""
    images = (text(image, "ReferencedSOPInstanceUID") for image in items(item, "ReferencedImageSequence"))
    frames = {known.get(image, "") for image in images}
    return frames.pop() if len(frames) == 1 else ""


def _tied(registrations: Sequence[Iterable[str]], goals: Iterable[str]) -> set[str]:
    """Frames of reference that are tied to one of `goals`, over however many registrations."""
    reached = set(goals)
    before = 0
    while len(reached) > before:
        before = len(reached)
        reached.update(*(frames for frames in registrations if reached & set(frames)))
    return reached


def _untied(entry: str, line: str, severity: Severity, moved: Input, fixed: Input) -> Finding:
    return Finding(
        "references.registration-missing",
        severity,
        f"{entry} (0020,0052)",
        f"no registration of the session ties {moved.key} to {fixed.key}",
        f"export the registration of {moved.key} to {fixed.key}, and send it with them",
        line=line,
        found="another frame of reference",
        expected="the same, or a registration between the two",
    )
