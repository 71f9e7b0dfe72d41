"""What a header says of an attribute as a protocol names it: by keyword, by tag, or by a path into sequences.

In an enhanced multi-frame object a plain keyword also finds what stands in the functional groups (PS3.3 C.7.6.16),
there once for each frame that differs and under the name it has there; and b-values that a scanner wrote elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from uploader import dictionary, vendor
from uploader.ports import Header

ENHANCED: Mapping[str, str] = {
    "EchoTime": "EffectiveEchoTime",
    "InversionTime": "InversionTimes",
    "ImagingFrequency": "TransmitterFrequency",
    "XRayTubeCurrent": "XRayTubeCurrentInmA",
    "ExposureTime": "ExposureTimeInms",
    "Exposure": "ExposureInmAs",
}
"""Attributes that have another name, with the same unit, in enhanced objects. PS3.3 C.8.13, C.8.15."""
_GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
_PART = re.compile(r"(?P<name>\w+|\([0-9A-Fa-f]{4},[0-9A-Fa-f]{4}\))(\[(?P<index>\d+)\])?$")
_SEVERAL_B = 100_000
"""GE scanners count b-values modulo this. s/mm2."""

Part = tuple[str, int | None]


def values(header: Header, attribute: str) -> list[Any]:
    """Every value that is there and not empty, of a multi-valued attribute each for itself; [] for a missing one.

    attribute: ``EchoTime``, ``(0018,0081)``, ``ImageType[2]``, or such parts joined by dots, all but the last sequences
    """
    return [value for value in written(header, attribute) if value not in (None, "")]


def written(header: Header, attribute: str) -> list[Any]:
    """As `values`, with None for an attribute that is there and empty."""
    path = parts(attribute)
    found = list(_found(header, path))
    if not found and len(path) == 1:
        found = [*_grouped(header, path), *_of_vendors(header, path[0][0])]
    return [value.strip() if isinstance(value, str) else value for value in found]


@lru_cache(maxsize=512)
def parts(attribute: str) -> tuple[Part, ...]:
    """The keyword, and the index if one is said, of each part. Raises ValueError for what is no attribute."""
    matches = [_PART.match(part) for part in attribute.split(".")]
    if not all(matches):
        raise ValueError(f"{attribute} is not an attribute")
    return tuple((_keyword(m["name"]), int(m["index"]) if m["index"] else None) for m in matches if m)


def place(attribute: str) -> str:
    """How findings call it: keyword and tag of its last part, ``KVP (0018,0060)``."""
    name = parts(attribute)[-1][0]
    tag = dictionary.tag_of(name)
    return name if tag is None else f"{name} ({tag >> 16:04X},{tag & 0xFFFF:04X})"


def vr(attribute: str) -> str:
    """VR of its last part; empty where the dictionary knows none."""
    tag = dictionary.tag_of(parts(attribute)[-1][0])
    return (dictionary.vr_of(tag) if tag is not None else None) or ""


def _keyword(name: str) -> str:
    """A tag's keyword, or the name under which a header has a private element; a keyword as it is."""
    if not name.startswith("("):
        return name
    tag = int(name[1:5] + name[6:10], 16)
    return dictionary.keyword_of(tag) or vendor.named(tag) or name


def _found(header: Any, path: tuple[Part, ...]) -> Iterator[Any]:
    (name, index), *rest = path
    if not isinstance(header, Mapping) or name not in header:
        return
    several = _several(header[name])
    chosen = (several or [None]) if index is None else several[index : index + 1]
    for each in chosen:
        if rest:
            yield from _found(each, tuple(rest))
        else:
            yield each


def _several(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return value.tolist() if isinstance(value, np.ndarray) else [value]


def _grouped(header: Header, path: tuple[Part, ...]) -> Iterator[Any]:
    """From the functional groups, shared ones first; an attribute stands in one sequence of a group's item."""
    (name, index), alias = path[0], ENHANCED.get(path[0][0], "")
    for item in (item for groups in _GROUPS for item in _items(header.get(groups))):
        for macro in (macro for sequence in item.values() for macro in _items(sequence)):
            yield from _found(macro, ((name if name in macro else alias, index),))


def _items(sequence: Any) -> Iterator[Header]:
    for item in sequence if isinstance(sequence, list) else ():
        if isinstance(item, Mapping):
            yield item


def _of_vendors(header: Header, name: str) -> Iterator[Any]:
    if name != "DiffusionBValue":
        return
    for place_of_its_own in (vendor.B_SIEMENS, vendor.B_PHILIPS, vendor.B_GE):
        value = header.get(place_of_its_own)
        first = value[0] if isinstance(value, list) and value else value
        if isinstance(first, float):
            yield first % _SEVERAL_B
            return
