"""Whether what a protocol asks of DICOM attributes can be asked: the attribute exists, and the comparison has what it
needs and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from uploader import dictionary
from uploader.linear import compiled
from uploader.protocols.faults import Wrong
from uploader.protocols.rules import Place

TAKES: Mapping[str, tuple[str, ...]] = {
    "present": (),
    "non_empty": (),
    "absent": (),
    "eq": ("value",),
    "in": ("values",),
    "not_in": ("values",),
    "range": ("range",),
    "regex": ("value",),
    "contains_all": ("values",),
    "same_across_series": (),
    "same_as": ("ref",),
}
"""Comparison -> the fields that it needs; of the others it takes none."""
_FIELDS = ("value", "values", "range", "ref")
_INDEX = re.compile(r"\[[0-9]+\]$")


def wrong(found: Iterable[Place]) -> Iterator[Wrong]:
    for place in found:
        if isinstance(place.value, Mapping):
            if "attr" in place.value:
                yield from _attribute(f"{place.pointer}/attr", place.value["attr"])
            if "op" in place.value and "attr" in place.value:
                yield from _comparison(place)


def _comparison(place: Place) -> Iterator[Wrong]:
    said, takes = place.value, TAKES[place.value["op"]]
    for name in takes:
        if name not in said:
            yield place.pointer, f"op {said['op']} needs {name}"
    for name in _FIELDS:
        if name in said and name not in takes:
            yield f"{place.pointer}/{name}", f"op {said['op']} does not look at {name}"
    if said["op"] == "regex" and "value" in said:
        yield from _expression(f"{place.pointer}/value", said["value"])


def _expression(where: str, value: object) -> Iterator[Wrong]:
    if not isinstance(value, str):
        yield where, "expected a regular expression"
        return
    try:
        compiled(value)
    except ValueError as error:
        yield where, str(error)


def _attribute(where: str, path: str) -> Iterator[Wrong]:
    """Each part of a path must be known, and all but the last be a sequence."""
    *outer, last = [_INDEX.sub("", part) for part in path.split(".")]
    for part in (*outer, last):
        tag = int(part.strip("()").replace(",", ""), 16) if part.startswith("(") else dictionary.tag_of(part)
        if tag is None:
            near = get_close_matches(part, dictionary.keywords(), n=1)
            yield where, f"{part} is not in the DICOM dictionary" + (f"; is {near[0]} meant?" if near else "")
        elif part is not last and dictionary.vr_of(tag) not in (None, "SQ"):
            yield where, f"{part} is not a sequence"
