"""What an anonymised file must look like, whoever the patient was. Source: PS3.10 7.1, PS3.15 E.1 and E.3."""

from __future__ import annotations

from collections.abc import Iterator

from uploader.domain.errors import UnreadableFile
from uploader.domain.manifest import CHUNK
from uploader.stages.verify.identity import PATIENT_ID, SOP_INSTANCE
from uploader.stages.verify.walk import PIXELS, Element, Part

Fault = tuple[str, str]
"""(code, path)"""

SOP_CLASS = 0x00080016
IDENTITY_REMOVED = 0x00120062
_META = frozenset({0x00020000, 0x00020001, 0x00020002, 0x00020003, 0x00020010, 0x00020012, 0x00020013})
"""Group length and the six elements that a fresh file meta has."""
_BURNED_IN = 0x00280301
_ICON = 0x00880200
_DOCUMENT = 0x00420011


def text_of(element: Element | None) -> str:
    """The element's value as plain text, blanks trimmed; empty for none."""
    return (element.value or b"").decode("latin_1").strip(" \0") if element else ""


def top(elements: list[Element], tag: int) -> Element | None:
    """The element `tag` outside of any sequence."""
    return next((e for e in elements if e.tag == tag and not e.prefix), None)


def faults(part: Part, elements: list[Element]) -> Iterator[Fault]:
    """Everything wrong with the form of the anonymised file, as far as it can be told without the original."""
    if any(part.preamble):
        yield "verify.preamble", "preamble"
    yield from _meta_faults(part, elements)
    yield from (("verify.disorder", path) for path in part.disorder)
    for element in elements:
        yield from _element_faults(element)
    if text_of(top(elements, IDENTITY_REMOVED)) != "YES":
        yield "verify.not-marked", "(0012,0062)"


def unlike(source: Part, sources: list[Element], part: Part, elements: list[Element]) -> Iterator[Fault]:
    """Where the anonymised file differs from its original though it must not. Raises UnreadableFile."""
    if part.syntax != source.syntax:
        yield "verify.syntax", "(0002,0010)"
    if text_of(top(elements, SOP_CLASS)) != text_of(top(sources, SOP_CLASS)):
        yield "verify.class", "(0008,0016)"
    yield from _pixel_faults(source, _pixels(sources), part, _pixels(elements))


def subject_of(elements: list[Element]) -> str:
    """PatientID (0010,0020)."""
    return text_of(top(elements, PATIENT_ID))


def _meta_faults(part: Part, elements: list[Element]) -> Iterator[Fault]:
    tags = [e.tag for e in part.meta]
    if set(tags) != _META or len(tags) != len(_META):
        wrong = next((e.path for e in part.meta if e.tag not in _META), "(0002,0000)")
        yield "verify.meta", wrong
    for inside, outside in ((0x00020002, SOP_CLASS), (0x00020003, SOP_INSTANCE)):
        named = next((e for e in part.meta if e.tag == inside), None)
        if text_of(named) != text_of(top(elements, outside)):
            yield "verify.meta-differs", f"(0002,{inside & 0xFFFF:04X})"


def _element_faults(element: Element) -> Iterator[Fault]:
    group = element.tag >> 16
    if group & 1:
        yield "verify.private", element.path
    elif group >> 8 in (0x50, 0x60):
        yield "verify.overlay", element.path
    elif group < 8:
        yield "verify.meta", element.path
    elif element.tag == _BURNED_IN and text_of(element).upper() == "YES":
        yield "verify.burned-in", element.path
    elif element.tag == _ICON:
        yield "verify.icon", element.path
    elif element.tag == _DOCUMENT:
        yield "verify.document", element.path


def _pixels(elements: list[Element]) -> list[Element]:
    return [e for e in elements if e.tag in PIXELS and not e.prefix]


def _pixel_faults(source: Part, before: list[Element], part: Part, after: list[Element]) -> Iterator[Fault]:
    if [(e.tag, e.end - e.start) for e in before] != [(e.tag, e.end - e.start) for e in after]:
        yield "verify.pixels", (before or after)[0].path
        if sum(e.end - e.start for e in after) > sum(e.end - e.start for e in before) > 0:
            yield "verify.pixel-length", after[0].path
        return
    for one, other in zip(before, after, strict=True):
        pairs = zip(source.chunks(one.start, one.end, CHUNK), part.chunks(other.start, other.end, CHUNK), strict=True)
        try:
            same = all(a == b for a, b in pairs)
        except ValueError:
            raise UnreadableFile("the file became shorter while it was read") from None
        if not same:
            yield "verify.pixels", one.path
