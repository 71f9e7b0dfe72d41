"""What anonymising took out of texts and images, as sentences for the person who signs. Built from the provenance of
a submission, which holds places, kinds and numbers, and never a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_KINDS = {
    "patient-name": "a name of the patient",
    "id": "an ID",
    "date": "a date, which was moved or taken out",
    "number": "a number as long as an ID",
    "staff": "a name of staff",
    "place": "a place",
    "phone": "a telephone number",
    "email": "an e-mail address",
    "path": "an address of a page or file",
    "uid": "a UID",
    "text": "all of it, for it could not be cleaned",
    "kept-word": "nothing: a word of the field that is also a name stayed; look at it",
}


def told(notes: set[tuple[int, str]]) -> list[str]:
    """Notes of (tag, kind), as they are kept: ``(0008,103E) patient-name``."""
    return sorted(f"({tag >> 16:04X},{tag & 0xFFFF:04X}) {kind}" for tag, kind in notes)


def changes(provenance: Mapping[str, Any]) -> Iterator[str]:
    """One sentence an element and an image."""
    taken: dict[str, list[str]] = {}
    for tag, kind in (each.split(" ", 1) for each in provenance.get("cleaned", ())):
        taken.setdefault(tag, []).append(_KINDS.get(kind, kind))
    for tag, kinds in taken.items():
        yield f"{named(tag)}: {', '.join(kinds)}"
    for name, boxes in provenance.get("blanked", {}).items():
        yield f"{name}: made black in every frame: {'; '.join(map(_box, boxes))}"


def named(tag: str) -> str:
    """``(0008,1030) StudyDescription``; the tag alone where the dictionary has no such element."""
    from pydicom.datadict import keyword_for_tag  # slow to load, and only the desk asks

    keyword = keyword_for_tag(int(tag[1:5] + tag[6:10], 16))
    return f"{tag} {keyword}" if keyword else tag


def _box(box: Sequence[int]) -> str:
    x, y, width, height = box
    return f"{width} x {height} pixels at column {x}, row {y}"
