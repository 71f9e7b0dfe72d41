"""The files of a session as one streamed tar: nothing is kept in memory but two chunks."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from uploader.domain.errors import DigestMismatch, UnreadableFile
from uploader.domain.manifest import CHUNK, Entry
from uploader.ports import Open

BATCH_BYTES = 64 * CHUNK
BATCH_FILES = 200
_LARGEST_USTAR = 8 << 30
"""Bytes: what eleven octal digits can say. Larger files need GNU's way of writing the size."""


def batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Entries by folder, in parts of at most 64 MiB or 200 files; a larger file travels alone."""
    for _, together in groupby(sorted(entries), key=folder):
        batch: list[Entry] = []
        for entry in together:
            full = len(batch) == BATCH_FILES or sum(e.size for e in batch) + entry.size > BATCH_BYTES
            if batch and full:
                yield batch
                batch = []
            batch.append(entry)
        yield batch


def folder(entry: Entry) -> tuple[str, str]:
    """(scan, resource) of an entry: ``("3", "DICOM")`` for ``scans/3/DICOM/0001.dcm``."""
    _, scan, resource, _ = entry.name.split("/", 3)
    return scan, resource


def inside(entry: Entry) -> str:
    """The entry's path inside its resource: ``0001.dcm``."""
    return entry.name.split("/", 3)[3]


class TarBody:
    """A POSIX ustar of `entries`, made while it is sent; its length is known before.

    A source that does not give exactly the bytes of its entry stops the body before the entry is complete,
    so that no place can take it for whole. Raises DigestMismatch, UnreadableFile while iterating.
    """

    def __init__(self, entries: Sequence[Entry], open_entry: Open) -> None:
        self._entries = entries
        self._open = open_entry

    def __len__(self) -> int:
        return _up(
            sum(tarfile.BLOCKSIZE + _up(e.size) for e in self._entries) + 2 * tarfile.BLOCKSIZE, tarfile.RECORDSIZE
        )

    def __iter__(self) -> Iterator[bytes]:
        sent = 0
        for entry in self._entries:
            yield _header(entry)
            yield from proven(entry, self._open)
            yield bytes(_up(entry.size) - entry.size)
            sent += tarfile.BLOCKSIZE + _up(entry.size)
        yield bytes(len(self) - sent)


def proven(entry: Entry, open_entry: Open) -> Iterator[bytes]:
    """The entry's bytes in chunks; the last one only after the digest of all has been found right."""
    sha256, size, waiting = hashlib.sha256(), 0, b""
    for chunk in _chunks(entry, open_entry):
        sha256.update(chunk)
        size += len(chunk)
        if size > entry.size:
            break
        if waiting:
            yield waiting
        waiting = chunk
    if size != entry.size or sha256.hexdigest() != entry.sha256:
        raise DigestMismatch("the source", (entry.name,))
    yield waiting


def _chunks(entry: Entry, open_entry: Open) -> Iterator[bytes]:
    # An OSError must not reach urllib3, which would take it for trouble on the wire
    try:
        with open_entry(entry) as data:
            while chunk := data.read(CHUNK):
                yield chunk
    except OSError as error:
        raise UnreadableFile(f"{entry.name} cannot be read from where it is kept ({type(error).__name__})") from None


def _header(entry: Entry) -> bytes:
    info = tarfile.TarInfo(inside(entry))
    info.size = entry.size
    return info.tobuf(tarfile.USTAR_FORMAT if entry.size < _LARGEST_USTAR else tarfile.GNU_FORMAT)


def _up(size: int, block: int = tarfile.BLOCKSIZE) -> int:
    """`size` rounded up to whole blocks."""
    return -(-size // block) * block
