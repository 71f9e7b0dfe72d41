"""The few private elements that judging an image needs: what scanners write in places of their own.

A `Header` holds no private elements but these, under the name that protocols give them in ``private_allow``, such as
``(0019,xx0C) SIEMENS MR HEADER``. They are read before anonymisation removes them; nothing of them is kept.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Any, Final

PET_SCAN_TIME: Final = "(0009,xx0D) GEMS_PETD_01"
"""When a GE scanner began to acquire, also in a series that was processed later. DT."""
PET_SUV_FACTOR: Final = "(7053,xx00) Philips PET Private Group"
"""SUV by body weight for each count of a Philips image. DS."""
PET_ACTIVITY_FACTOR: Final = "(7053,xx09) Philips PET Private Group"
"""Bq/ml for each count, before Rescale Slope (0028,1053). DS."""
B_SIEMENS: Final = "(0019,xx0C) SIEMENS MR HEADER"
"""b-value, s/mm2. IS."""
B_GE: Final = "(0043,xx39) GEMS_PARM_01"
"""Four numbers, of which the first is the b-value in s/mm2, with 10^9 added by some versions. IS."""
B_PHILIPS: Final = "(2001,xx03) Philips Imaging DD 001"
"""b-value, s/mm2. FL."""

_VRS: Mapping[str, bytes] = {
    PET_SCAN_TIME: b"DT",
    PET_SUV_FACTOR: b"DS",
    PET_ACTIVITY_FACTOR: b"DS",
    B_SIEMENS: b"IS",
    B_GE: b"IS",
    B_PHILIPS: b"FL",
}
_NAMES: Mapping[tuple[int, int, str], str] = {
    (int(name[1:5], 16), int(name[8:10], 16), name[12:]): name for name in _VRS
}
"""By group, the lower half of the element number, and creator."""
_GROUPS = frozenset(group for group, _, _ in _NAMES)
_FORMATS = {b"FL": "f", b"FD": "d", b"SL": "i", b"UL": "I", b"SS": "h", b"US": "H"}


def is_creator(tag: int) -> bool:
    """Whether the element reserves a block of a group in which we know one. PS3.5 7.8.1."""
    return tag >> 16 in _GROUPS and 0x10 <= tag & 0xFFFF <= 0xFF


def named(tag: int) -> str:
    """The one we know with this group and lower half of the element number; empty for none."""
    return next((n for (group, low, _), n in _NAMES.items() if (group, low) == (tag >> 16, tag & 0xFF)), "")


def known(creators: Mapping[int, bytes], tags: Iterator[int]) -> Iterator[tuple[int, str]]:
    """(tag, name) of those of `tags` that we know, by the creators of the same data set."""
    for tag in tags:
        creator = creators.get(tag & 0xFFFF0000 | (tag & 0xFFFF) >> 8)
        if creator is not None:
            name = _NAMES.get((tag >> 16, tag & 0xFF, creator.decode("latin-1").strip(" \0")))
            if name is not None:
                yield tag, name


def value(name: str, written: bytes, raw: bytes, *, little: bool) -> Any:
    """The value as a `Header` has it; None for one that cannot be read, which is as if it were not there.

    written: the VR in the file, ``UN`` or nothing where it has none
    """
    vr = written if written and written != b"UN" else _VRS[name]
    try:
        return _decoded(vr, raw, "<" if little else ">")
    except (ValueError, struct.error):
        return None


def _decoded(vr: bytes, raw: bytes, order: str) -> Any:
    if vr in _FORMATS:
        values: list[Any] = [number for (number,) in struct.iter_unpack(order + _FORMATS[vr], raw)]
    else:
        parts = raw.decode("ascii").strip(" \0").split("\\")
        values = [part.strip() for part in parts] if vr == b"DT" else [float(part) for part in parts]
    return values[0] if len(values) == 1 else values or None
