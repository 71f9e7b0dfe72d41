"""What an anonymised file must look like, whoever the patient was. Source: PS3.10 7.1, PS3.15 E.1 and E.3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from uploader.stages.verify.identity import PATIENT_ID, SOP_INSTANCE
from uploader.stages.verify.walk import PIXELS, Element, Part

Fault = tuple[str, str]
"""(code, path)"""
Tops = Mapping[int, Element]
"""The elements outside of any sequence, by tag."""

SOP_CLASS = 0x00080016
IDENTITY_REMOVED = 0x00120062
_META = frozenset({0x00020000, 0x00020001, 0x00020002, 0x00020003, 0x00020010, 0x00020012, 0x00020013})
"""Group length and the six elements that a fresh file meta has."""
_BURNED_IN = 0x00280301
_ASKED = {_BURNED_IN: "verify.burned-in", 0x00880200: "verify.icon", 0x00420011: "verify.document"}
"""Burned in annotation, icon image, encapsulated document: a person is asked about them."""


def text_of(element: Element | None) -> str:
    """The element's value as plain text, blanks trimmed; empty for none."""
    return (element.value or b"").decode("latin_1").strip(" \0") if element else ""


def faults(part: Part, tops: Tops) -> Iterator[Fault]:
    """Everything wrong with the form of the anonymised file as a whole."""
    if part.preamble.strip(b"\0"):
        yield "verify.preamble", "preamble"
    yield from _meta_faults(part, tops)
    yield from (("verify.disorder", path) for path in part.disorder)
    if text_of(tops.get(IDENTITY_REMOVED)) != "YES":
        yield "verify.not-marked", "(0012,0062)"


def unlike(source: Part, befores: Tops, part: Part, tops: Tops) -> Iterator[Fault]:
    """Where the anonymised file differs as a whole from its original though it must not."""
    if part.syntax != source.syntax:
        yield "verify.syntax", "(0002,0010)"
    if text_of(tops.get(SOP_CLASS)) != text_of(befores.get(SOP_CLASS)):
        yield "verify.class", "(0008,0016)"


def subject_of(tops: Tops) -> str:
    """PatientID (0010,0020)."""
    return text_of(tops.get(PATIENT_ID))


def pixels_of(tops: Tops) -> list[Element]:
    """Pixel Data, and their like of floating point numbers."""
    return [tops[tag] for tag in sorted(PIXELS) if tag in tops]


def _meta_faults(part: Part, tops: Tops) -> Iterator[Fault]:
    tags = [e.tag for e in part.meta]
    if set(tags) != _META or len(tags) != len(_META):
        wrong = next((e.path for e in part.meta if e.tag not in _META), "(0002,0000)")
        yield "verify.meta", wrong
    for inside, outside in ((0x00020002, SOP_CLASS), (0x00020003, SOP_INSTANCE)):
        named = next((e for e in part.meta if e.tag == inside), None)
        if text_of(named) != text_of(tops.get(outside)):
            yield "verify.meta-differs", f"(0002,{inside & 0xFFFF:04X})"


def fault_of(element: Element) -> str:
    """Code of what is wrong with the form of one element, as far as it can be told without the original, or empty."""
    tag = element.tag
    if tag in _ASKED:
        return _ASKED[tag] if tag != _BURNED_IN or text_of(element).upper() == "YES" else ""
    if tag >> 16 & 1:
        return ""  # judged against the list of private elements
    if tag >> 24 in (0x50, 0x60):
        return "verify.overlay"
    return "verify.meta" if tag < 0x00080000 else ""
