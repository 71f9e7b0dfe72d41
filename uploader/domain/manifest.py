"""What a session consists of, to the byte."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

CHUNK = 1 << 20
"""Bytes read at a time wherever a file is hashed or copied: memory does not grow with the file."""


@dataclass(frozen=True, order=True, slots=True)
class Entry:
    """One file of a session.

    name: path inside the session, POSIX, made by us: ``scans/3/DICOM/0001.dcm``
    size: bytes
    sha256: lower-case hex of the file's bytes
    md5: the same in MD5, the one digest that XNAT's listings know; integrity only, trust rests on sha256
    """

    name: str
    size: int
    sha256: str
    md5: str

    @property
    def scan(self) -> str:
        """The scan that holds this file: ``3`` for ``scans/3/DICOM/0001.dcm``."""
        return self.name.split("/")[1]


@dataclass(frozen=True, order=True, slots=True)
class Held:
    """One file as a place lists it when read back; `md5` as in Entry."""

    name: str
    size: int
    md5: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files of one session. Order does not matter; a name occurs once."""

    entries: frozenset[Entry]

    def __post_init__(self) -> None:
        if len({e.name for e in self.entries}) != len(self.entries):
            raise ValueError("a manifest names a file twice")

    @property
    def digest(self) -> str:
        """SHA-256 over the sorted entries. Equal digests mean equal sessions."""
        lines = (f"{e.sha256} {e.size} {e.name}\n" for e in self)
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(e.size for e in self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(sorted(self.entries))

    def __len__(self) -> int:
        return len(self.entries)

    def first_of_scans(self) -> dict[str, Entry]:
        """Scan ID -> its first file by name."""
        first: dict[str, Entry] = {}
        for entry in self:
            first.setdefault(entry.scan, entry)
        return first

    def lacking(self, held: Iterable[Held]) -> tuple[Entry, ...]:
        """Entries of this manifest that a place does not list at all, by name."""
        names = {h.name for h in held}
        return tuple(e for e in self if e.name not in names)

    def differing(self, held: Iterable[Held]) -> tuple[str, ...]:
        """Names that a place lists otherwise than this manifest says, or that are foreign to it."""
        known = {Held(e.name, e.size, e.md5) for e in self.entries}
        return tuple(sorted(h.name for h in set(held) - known))


def measure(name: str, data: BinaryIO) -> Entry:
    """The entry of an open file: read once, in chunks."""
    sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    while chunk := data.read(CHUNK):
        sha256.update(chunk)
        md5.update(chunk)
        size += len(chunk)
    return Entry(name, size, sha256.hexdigest(), md5.hexdigest())
