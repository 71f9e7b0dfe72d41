"""One file, opened once: its bytes if they are few, its digest, and its elements."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, cast

from uploader.domain.errors import UnreadableFile
from uploader.domain.manifest import CHUNK, Entry
from uploader.stages.verify.blocks import Block, Memory
from uploader.stages.verify.walk import Element, Part

_WHOLE = 4 << 20
"""Bytes up to which a file is held in memory."""


class Opened:
    """A file of the session. Whole files that are not large are read once for everything."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        size = os.fstat(stream.fileno()).st_size
        self._whole = stream.read(size) if size <= _WHOLE else b""

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def measured(self, name: str) -> Entry:
        """The file as an entry called `name`, without the MD5 that only archives ask for. Raises OSError."""
        digest, size = hashlib.sha256(self._whole), len(self._whole)
        if not self._whole:
            self._stream.seek(0)
            while chunk := self._stream.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
        return Entry(name, size, digest.hexdigest(), "")

    def part(self) -> Part:
        """Its elements. Raises UnreadableFile."""
        if self._whole:
            return Part(BytesIO(self._whole), self._whole)
        return Part(self._stream)

    def is_same(self, own: tuple[int, int], other: Opened, others: tuple[int, int]) -> bool:
        """Are the bytes between two offsets those between two offsets of `other`? Raises UnreadableFile."""
        (begin, end), (start, stop) = own, others
        if end - begin != stop - start:
            return False
        if self._whole and other._whole:
            return self._whole.startswith(memoryview(other._whole)[start:stop], begin)
        pairs = zip(self._chunks(begin, end), other._chunks(start, stop), strict=True)
        return all(one == two for one, two in pairs)

    def _chunks(self, begin: int, end: int) -> Iterator[bytes]:
        while begin < end:
            self._stream.seek(begin)
            chunk = self._stream.read(min(CHUNK, end - begin))
            if len(chunk) < min(CHUNK, end - begin):
                raise UnreadableFile("the file became shorter while it was read")
            begin += len(chunk)
            yield chunk


def differ(one: Entry, other: Entry) -> bool:
    """Are they not of the same bytes?"""
    return (one.size, one.sha256) != (other.size, other.sha256)


def opened(path: Path) -> Opened:
    """The file, open, to be closed by `with`. Raises OSError."""
    stream = path.open("rb", buffering=0)
    with ExitStack() as undo:
        undo.callback(stream.close)
        found = Opened(cast(BinaryIO, stream))
        undo.pop_all()
    return found


@dataclass(slots=True)
class Original:
    """The original of an anonymised file, as far as there is one that can be read; `broken` if it cannot."""

    file: Opened | None = None
    part: Part | None = None
    changed: bool = False
    broken: bool = False

    @classmethod
    def beside(cls, path: Path, entry: Entry | None) -> Original:
        """The original at `path`, to be closed by `with`; `changed` if it is not that of its manifest's entry, where
        that has a digest. Raises nothing."""
        original = cls()
        try:
            original.file = opened(path)
            if entry and entry.sha256:
                original.changed = differ(entry, original.file.measured(entry.name))
            original.part = original.file.part()
        except (UnreadableFile, OSError):
            original.broken = True
        return original

    def __enter__(self) -> Original:
        return self

    def __exit__(self, *_: object) -> None:
        if self.file:
            self.file.__exit__()

    def blocks(self, memory: Memory) -> list[Block]:
        """Its blocks; none if it cannot be read."""
        try:
            return memory.blocks(self.part) if self.part else []
        except (UnreadableFile, OSError):
            self.broken = True
            return []

    def elements(self, block: Block | None) -> Iterator[Element]:
        """What is in one of its blocks, up to where it cannot be read."""
        try:
            if block and self.part:
                yield from block.elements(self.part)
        except (UnreadableFile, OSError):
            self.broken = True
