"""What text and faces in images mean for a session."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from typing import TYPE_CHECKING, Any

from uploader.domain.finding import Finding, Severity
from uploader.pixels.box import Box
from uploader.pixels.faces import face
from uploader.pixels.match import Kind, Known

if TYPE_CHECKING:  # reading texts loads numpy
    from uploader.pixels.text import Found, Looked

_SAYS = {
    Kind.IDENTITY: "The image shows text that names the patient",
    Kind.LIKENESS: "The image shows text that nearly names the patient, or may",
    Kind.DATE: "The image shows a date",
    Kind.NUMBER: "The image shows a number that may be an ID",
    Kind.TEXT: "The image shows text",
}


def texts(entry: str, looked: Looked, known: Known) -> Iterator[Finding]:
    """About the text read in one file. entry: its name in the session."""
    kinds = _kinds(looked.found, known)
    for found, kind in zip(looked.found, kinds, strict=True):
        code = "pixels.identity" if kind is Kind.IDENTITY else "pixels.text"
        severity = Severity.QUESTION if kind in (Kind.NUMBER, Kind.TEXT) else Severity.REFUSAL
        says = f"{_SAYS[kind]}: {_place(found)}."
        remedy = "Blank the box by a rule for the device, or leave the image out."
        yield Finding(code, severity, entry, says, remedy, found.text)
    if looked.unread:
        says = f"{looked.unread} frames of the image differ from those that were searched for text."
        yield Finding("pixels.unread", Severity.QUESTION, entry, says, "Look at all frames of the image.")


def drawn(entry: str, annotations: int) -> Finding:
    """About lines in a presentation state that may be writing."""
    says = f"Lines that may be writing are drawn over an image, in {annotations} annotation(s)."
    remedy = "Look at the presentation state with its image, and leave it out if a name or number can be read."
    return Finding("pixels.drawn", Severity.QUESTION, entry, says, remedy)


def unreadable(entry: str) -> Finding:
    """About an image that must be searched and cannot be decoded."""
    says = "The image cannot be decoded here, so it was not searched for text."
    return Finding("pixels.unread", Severity.QUESTION, entry, says, "Look at the image with the viewer of its maker.")


def unsearched(entry: str) -> Finding:
    """About an image that must be searched, and over which the process that reads was lost."""
    says = "The image was not searched for text: the process that reads was lost over it twice."
    return Finding("pixels.unread", Severity.REFUSAL, entry, says, "Try again; look at all of the image.")


def faces(scan: str, headers: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """About one scan. scan: its folder in the session."""
    if why := face(headers):
        says = f"A face could be drawn from this scan: {why}."
        yield Finding("pixels.face", Severity.NOTE, scan, says, "Ask whether the trial wants faces removed.", None)


def _kinds(found: Sequence[Found], known: Known) -> list[Kind]:
    """What each line is; a name or a number that is broken over two that stand beside each other is the patient's."""
    kinds = [known.kind(line.text.reveal()) for line in found]
    strange = [n for n, kind in enumerate(kinds) if kind not in (Kind.IDENTITY, Kind.LIKENESS)]
    for one, other in permutations(strange, 2):
        if _beside(found[one], found[other]) and known.broken(found[one].text.reveal(), found[other].text.reveal()):
            kinds[one] = kinds[other] = Kind.LIKENESS
    return kinds


def _beside(one: Found, other: Found) -> bool:
    """Whether two lines stand in one frame, no further apart than they are high."""
    apart = max(min(line.box.width, line.box.height) for line in (one, other))
    around = Box(one.box.x - apart, one.box.y - apart, one.box.width + 2 * apart, one.box.height + 2 * apart)
    return around.overlap(other.box) > 0 and not set(one.frames).isdisjoint(other.frames)


def _place(found: Found) -> str:
    box = found.box
    frames = f"frame {found.frames[0] + 1}" if len(found.frames) == 1 else f"{len(found.frames)} of the frames read"
    return f"{box.width} x {box.height} pixels at column {box.x}, row {box.y}, {frames}"
