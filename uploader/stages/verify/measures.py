"""Measurements: what must be the same in the anonymised file, to the byte."""

from __future__ import annotations

from collections.abc import Callable

from uploader.stages.verify.walk import Element

_NUMBERS = frozenset(
    ["DS", "IS", "US", "SS", "UL", "SL", "FL", "FD", "SV", "UV", "AT", "OB", "OW", "OF", "OD", "OL", "OV"]
)
"""VRs of numbers."""
_NOTHING = (b"", b"0")
"""What stands for no value where there must be one (PS3.15 E.1.1, action D); `NEEDED` never are."""
_DOCUMENT = 0x00420011
"""Encapsulated document: how it is cleaned is asked about."""
_NEEDED = """
    00280002 00280008 00280010 00280011 00280030 00280100 00280101 00280102 00280103 00281052 00281053
    00180050 00181074 00181075 00181164 00189087 00189089 00200032 00200037 00541300
    30060022 30060046 30060050 30060084 3004000C 3004000E 30040052 30040058 300A0026 300A0086 300A011C 300A011E
    300A012C 300A00B6 300A00BE 300A010A
"""
NEEDED = frozenset(int(tag, 16) for tag in _NEEDED.split())
"""Size and bits of the image, spacing, position and orientation, thickness, rescale; injected activity and half-life,
b-value and gradient, time of the frame; ROI and contour numbers and points; dose grid, scaling and histogram;
prescribed dose, meterset, leaf positions, gantry and isocentre."""


def is_needed(element: Element) -> bool:
    """Must it be in the anonymised file, too?"""
    return element.tag in NEEDED and not element.tag >> 16 & 1


def altered(old: Element, new: Element, same: Callable[[Element, Element], bool]) -> bool:
    """Is a number not what it was? `same` compares values that are too long to hold."""
    if old.vr not in _NUMBERS or new.vr not in _NUMBERS:
        return False
    if not new.tag & 0xFFFF or new.tag == _DOCUMENT:
        return False  # group lengths follow from the file
    if old.value is None or new.value is None:
        return not same(old, new)
    was, now = old.value.rstrip(b" \0"), new.value.rstrip(b" \0")
    return was != now and (new.tag in NEEDED or now not in _NOTHING)
