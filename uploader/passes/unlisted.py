"""Elements that PS3.15 table E.1-1 does not list: those of the encoding, those of an IOD, and private ones."""

from __future__ import annotations

from collections.abc import Collection

from uploader.domain.policy import Action, Option
from uploader.passes.attributes import (
    CHARACTERISTICS,
    CLASSES,
    CLEANED,
    DEVICE,
    GRAPHICS,
    NEVER,
    PRIVATE_DESCRIPTIONS,
    TECHNICAL,
    TYPED_CODES,
    tags_of,
)
from uploader.passes.classes import Kind
from uploader.passes.vrs import BULK, DATES, NUMBERS, TEXT, without

[SOP_CLASS] = tags_of("SOPClassUID")
[DOCUMENT] = tags_of("EncapsulatedDocument")
[_TEXT_VALUE] = tags_of("TextValue")
[_MEASURED_VALUES] = tags_of("MeasuredValueSequence")

_FIRST_GROUP, _LAST_GROUP = 0x0008, 0x7FE0
_CURVES, _OVERLAYS = 0x5000, 0x6000


def structural(tag: int) -> bool:
    """Whether an element goes under every policy: commands, file meta and directories, which are not part of an
    object; group lengths; private elements, which `private` decides; curves and overlays, whose graphics nobody has
    read; digital signatures, which an edit breaks, and padding (PS3.5 7, PS3.3 C.9, C.12.1.1.3)."""
    group = tag >> 16
    return (
        not _FIRST_GROUP <= group <= _LAST_GROUP
        or bool(group & 1)
        or not tag & 0xFFFF
        or group & 0xFF00 in (_CURVES, _OVERLAYS)
    )


def action(tag: int, vr: str, demand: str | None, options: Collection[Option], kind: Kind) -> Action:
    """What becomes of an attribute that is not listed.

    demand: its most demanding type in the IOD; None when the IOD does not name it: then it goes
    kind: of the object, as far as it needs rules of its own
    """
    if demand is None:
        return Action.REMOVE
    if tag in NEVER:
        return Action.REMOVE if vr == "SQ" and demand[0] == "1" else without(demand)
    wanted = _conditional(tag, kind)
    if wanted is not None and wanted not in options:
        return without(demand)
    if wanted is not None:
        return Action.CLEAN if vr in TEXT and wanted is not Option.RETAIN_DEVICE_IDENTITY else Action.KEEP
    if Option.CLEAN_STRUCTURED_CONTENT not in options and kind is Kind.REPORT and tag == _MEASURED_VALUES:
        return Action.EMPTY
    if tag == _TEXT_VALUE:
        return Action.CLEAN if Option.CLEAN_STRUCTURED_CONTENT in options else without(demand)
    return _by_vr(tag, vr, demand, options)


def private(vr: str, options: Collection[Option]) -> Action:
    """What becomes of a safe private element, by its VR: Retain Safe Private does not retain dates or UIDs."""
    if vr in DATES or vr == "AS":
        return _date(options) or Action.REMOVE
    if vr == "UI":
        return Action.KEEP if Option.RETAIN_UIDS in options else Action.UID
    if vr in TEXT:
        return Action.CLEAN
    return Action.KEEP if vr in NUMBERS | BULK | {"CS", "SQ"} else Action.REMOVE


def _conditional(tag: int, kind: Kind) -> Option | None:
    """The option without which an attribute goes."""
    if tag in GRAPHICS and kind is Kind.DRAWN_OVER:
        return Option.CLEAN_GRAPHICS
    if tag in DEVICE:
        return Option.RETAIN_DEVICE_IDENTITY
    if tag in CHARACTERISTICS:
        return Option.RETAIN_PATIENT_CHARACTERISTICS
    return Option.RETAIN_SAFE_PRIVATE if tag in PRIVATE_DESCRIPTIONS else None


def _by_vr(tag: int, vr: str, demand: str, options: Collection[Option]) -> Action:
    if tag in TECHNICAL:
        return Action.KEEP
    if tag in CLEANED:
        return Action.CLEAN
    if vr in TEXT or tag in TYPED_CODES:
        return Action.CLEAN if Option.CLEAN_DESCRIPTORS in options else without(demand)
    if vr in NUMBERS | BULK | {"CS", "SQ"}:
        return Action.KEEP
    if vr == "UI":
        return Action.KEEP if Option.RETAIN_UIDS in options or tag in CLASSES else Action.UID
    return (_date(options) if vr in DATES else None) or without(demand)


def _date(options: Collection[Option]) -> Action | None:
    if Option.RETAIN_MODIFIED_DATES in options:
        return Action.SHIFT
    return Action.KEEP if Option.RETAIN_FULL_DATES in options else None
