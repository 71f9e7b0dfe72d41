"""What a script does to one object, element by element. The lines quote values: they are for the eyes of the
hospital only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from pydicom.datadict import dictionary_description
from pydicom.dataset import Dataset

from uploader.dicomedit.values import BYTES, is_sequence, items, text_of, vr_of

LONGEST = 100
"""Characters of a value that are shown."""
_SHORT_BYTES = 16


def listed(dataset: Dataset, prefix: str = "") -> dict[str, str]:
    """Path and name of every element at every depth -> its VR and value. Raises Unfit for what cannot be read."""
    found: dict[str, str] = {}
    for tag in sorted(dataset.keys()):
        written = f"{prefix}({tag >> 16:04X},{tag & 0xFFFF:04X})"
        vr = vr_of(dataset, tag)
        if is_sequence(dataset, tag):
            inside = items(dataset, tag)
            found[f"{written} {_name(tag)}"] = f"SQ, {len(inside)} item(s)"
            for index, item in enumerate(inside):
                found |= listed(item, f"{written}[{index}]/")
        else:
            found[f"{written} {_name(tag)}"] = f"{vr} {_shown(dataset, tag, vr)}"
    return found


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    """A line for each element that was removed (-), added (+) or changed (~), in the order of the paths."""
    for path in sorted(before.keys() | after.keys()):
        if path not in after:
            yield f"- {path}: {before[path]}"
        elif path not in before:
            yield f"+ {path}: {after[path]}"
        elif before[path] != after[path]:
            yield f"~ {path}: {before[path]}  ->  {after[path]}"


def _name(tag: int) -> str:
    try:
        return dictionary_description(tag)
    except KeyError:
        return "private" if tag >> 16 & 1 else "unknown"


def _shown(dataset: Dataset, tag: int, vr: str) -> str:
    """A value on one line, without what a terminal would take for a command."""
    element = dataset.get_item(tag)
    value = element.value if element is not None else None
    if (vr in BYTES or " or " in vr) and isinstance(value, bytes) and len(value) > _SHORT_BYTES:
        return f"{len(value)} bytes, SHA-256 {hashlib.sha256(value).hexdigest()[:16]}"
    text = text_of(dataset, tag) or ""
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text)} characters, {_digest(text)})"
    return f'"{"".join(c if c.isprintable() else repr(c)[1:-1] for c in cut)}"'


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
