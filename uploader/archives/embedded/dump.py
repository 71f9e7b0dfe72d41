"""The header of a DICOM file as rows of text, as XNAT's ``dicomdump`` tells it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from uploader import dicom, dictionary

LONGEST = 64
"""Characters of a value; XNAT cuts there too."""


def rows(path: Path, wanted: Collection[str]) -> Iterator[dict[str, str]]:
    """One row for each element, and for each in the items of a sequence; `tag2` is the inner one.

    wanted: keywords or tags in eight hex digits; all when empty
    Raises UnreadableFile.
    """
    with path.open("rb") as stream:
        dataset = dicom.read_header(stream)
    for tag in sorted(dataset.keys()):
        if not wanted or dictionary.keyword_of(tag) in wanted or f"{tag:08X}" in {name.upper() for name in wanted}:
            yield from _element(dataset, tag, "")


def _element(dataset: Any, tag: int, above: str) -> Iterator[dict[str, str]]:
    element = dicom.decoded(dataset, tag)
    items = element.value if element.VR == "SQ" else []
    value = "" if element.VR == "SQ" else _text(element.value)
    yield {
        "tag1": above or _tag(tag),
        "tag2": _tag(tag) if above else "",
        "vr": str(element.VR),
        "value": value[:LONGEST],
        "desc": dictionary.keyword_of(tag),
    }
    if not above:
        for one in items:
            for inner in sorted(one.keys()):
                yield from _element(one, inner, _tag(tag))


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return "\\".join(map(str, value)) if isinstance(value, list | tuple) or hasattr(value, "append") else str(value)


def _tag(tag: int) -> str:
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
