"""What this program writes besides elements: a fresh file meta, and pixels copied as they are."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache
from typing import BinaryIO

from uploader.domain.errors import UnreadableFile
from uploader.domain.manifest import CHUNK
from uploader.elements import EXPLICIT, encoded

IMPLEMENTATION_UID = "2.25.124853154618436105447302870432651078913"
"""Implementation Class UID (0002,0012) of everything this program writes: a random UUID under 2.25."""
IMPLEMENTATION_NAME = "SDU_1"


def file_meta(sop_class: str, instance_uid: str, syntax: str) -> bytes:
    """Zero preamble and a file meta made anew: nothing of the old one survives. PS3.10 7.1. Raises UnreadableFile."""
    if not sop_class or not instance_uid:
        raise UnreadableFile("the file has no SOP Class UID or no SOP Instance UID")
    before, after = _around(sop_class, syntax)
    group = before + encoded(0x00020003, b"UI", _padded(instance_uid, b"\0"), EXPLICIT) + after
    length = encoded(0x00020000, b"UL", len(group).to_bytes(4, "little"), EXPLICIT)
    return b"\0" * 128 + b"DICM" + length + group


@lru_cache(maxsize=64)
def _around(sop_class: str, syntax: str) -> tuple[bytes, bytes]:
    """What stands before and after the instance UID in a file meta, but for the length in front."""
    before = ((0x0001, b"OB", b"\0\1"), (0x0002, b"UI", _padded(sop_class, b"\0")))
    after = (
        (0x0010, b"UI", _padded(syntax, b"\0")),
        (0x0012, b"UI", _padded(IMPLEMENTATION_UID, b"\0")),
        (0x0013, b"SH", _padded(IMPLEMENTATION_NAME, b" ")),
    )
    return _group(before), _group(after)


def _group(elements: Iterable[tuple[int, bytes, bytes]]) -> bytes:
    return b"".join(encoded(0x00020000 | number, vr, value, EXPLICIT) for number, vr, value in elements)


def splice(stream: BinaryIO, out: BinaryIO, offset: int, length: int) -> None:
    """Append `length` bytes of `stream` from `offset` to `out`, by the kernel where it can. Raises UnreadableFile."""
    source, target = stream.fileno(), out.fileno()
    while length > 0:
        try:
            moved = os.copy_file_range(source, target, min(length, 1 << 30), offset)
        except OSError:  # between two file systems, or one that cannot; a full disk says so again below
            moved = os.write(target, os.pread(source, min(length, CHUNK), offset))
        if moved == 0:
            raise UnreadableFile("the file became shorter while it was read")
        offset, length = offset + moved, length - moved
    out.seek(0, os.SEEK_END)


def _padded(text: str, padding: bytes) -> bytes:
    value = text.encode("ascii")
    return value + padding if len(value) & 1 else value
