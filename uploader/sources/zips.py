"""Zip files from strangers: all members or none, under our own names, within hard limits.

Names and sizes that a zip states about its members are never believed: names are not used, and sizes are
counted while the bytes come out.
"""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from uploader.domain.errors import NotTaken
from uploader.domain.manifest import CHUNK

MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
"""Begin of a zip, of one without members, of one in volumes. PKWARE APPNOTE 4.3."""
LARGEST_DIRECTORY = 1 << 24
"""Bytes of a zip's central directory, which is held in memory."""

_LOCAL = struct.Struct("<4s22xHH")  # APPNOTE 4.3.7: signature, lengths of name and extra field
_END = struct.Struct("<4s8xL6x")  # 4.3.16: signature, size of the central directory
_END64 = struct.Struct("<4s36xQ8x")  # 4.3.14: the same for large zips; a locator of 20 bytes follows it
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
    struct.error,
    LookupError,
)
"""What the standard library raises for zips that are not what they say."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a zip may be. See `config.FolderSettings`."""

    max_files: int
    max_bytes: int
    max_ratio: int
    max_depth: int


class Budget:
    """What is left to one zip and all zips inside it together."""

    def __init__(self, limits: Limits, size: int) -> None:
        self.files = limits.max_files
        self.bytes = min(limits.max_bytes, limits.max_ratio * size)
        self.depth = limits.max_depth

    def spend_files(self, count: int) -> None:
        self.files -= count
        if self.files < 0:
            raise NotTaken("quarantine.zip-limit", "a zip holds more files than the settings allow")

    def spend_bytes(self, count: int) -> None:
        self.bytes -= count
        if self.bytes < 0:
            raise NotTaken("quarantine.zip-limit", "a zip unpacks to more than the settings allow for its size")


def is_zip(head: bytes) -> bool:
    """Whether a file that begins with `head` (132 bytes) is a zip, whatever it is called. A DICOM file may begin
    with anything: its mark stands behind the preamble (PS3.10 7.1)."""
    return head.startswith(MAGIC) and head[128:132] != b"DICM"


def unpack(stream: BinaryIO, folder: Path, budget: Budget, first: int = 1) -> int:
    """Unpack into files ``1``, ``2`` … of `folder`, zips inside too; returns the number behind the last one.

    Raises NotTaken; then `folder` holds rubbish. Raises OSError for the disk.
    """
    with _translated(), zipfile.ZipFile(_checked(stream)) as archive:
        members = [m for m in archive.infolist() if not m.is_dir()]
        _check(stream, archive, members, budget)
        number = first
        for member in members:
            number = _unpack_member(archive, member, folder, budget, number)
        return number


def _unpack_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, budget: Budget, number: int) -> int:
    target = folder / str(number)
    with archive.open(member) as data, target.open("xb") as out:
        while chunk := data.read(CHUNK):
            budget.spend_bytes(len(chunk))
            out.write(chunk)
    with target.open("rb") as inner:
        if not is_zip(inner.read(132)):
            return number + 1
        target.unlink()
        return _unpack_inner(inner, folder, budget, number)


def _unpack_inner(stream: BinaryIO, folder: Path, budget: Budget, number: int) -> int:
    if budget.depth == 0:
        raise NotTaken("quarantine.zip-nested", "a zip holds zips within zips, deeper than the settings allow")
    budget.depth -= 1
    try:
        return unpack(stream, folder, budget, number)
    finally:
        budget.depth += 1


def _check(stream: BinaryIO, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], budget: Budget) -> None:
    """Refuse what can be refused before a byte is unpacked."""
    budget.spend_files(len(members))
    if any(m.flag_bits & _ENCRYPTED for m in members):
        raise NotTaken("quarantine.zip-encrypted", "a zip is encrypted; send it without a password")
    if any(m.compress_type not in _METHODS for m in members):
        raise NotTaken("quarantine.zip-damaged", "a zip uses a compression other than stored and deflated")
    if sum(m.file_size for m in members) > budget.bytes:
        raise NotTaken("quarantine.zip-limit", "a zip says it unpacks to more than the settings allow for its size")
    _check_overlaps(stream, archive.start_dir, members)


def _check_overlaps(stream: BinaryIO, directory: int, members: list[zipfile.ZipInfo]) -> None:
    """Members that share bytes make a small zip unpack to any size (CVE-2024-0450)."""
    ordered = sorted(members, key=lambda m: m.header_offset)
    limits = [m.header_offset for m in ordered[1:]] + [directory]
    for member, limit in zip(ordered, limits, strict=False):
        stream.seek(member.header_offset)
        signature, name, extra = _LOCAL.unpack(stream.read(_LOCAL.size))
        end = member.header_offset + _LOCAL.size + name + extra + member.compress_size
        if signature != b"PK\x03\x04":
            raise NotTaken("quarantine.zip-damaged", "a zip is damaged")
        if end > limit:
            raise NotTaken("quarantine.zip-overlap", "a zip is made to unpack the same bytes more than once")


def _checked(stream: BinaryIO) -> BinaryIO:
    """The stream, if its central directory is small enough to be read into memory."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - (1 << 16) - _END.size - 20 - _END64.size))
    ending = stream.read()
    at = ending.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(ending):
        raise NotTaken("quarantine.zip-damaged", "a zip ends before its table of contents")
    (_, directory), at64 = _END.unpack_from(ending, at), at - 20 - _END64.size
    if at64 >= 0 and ending.startswith(b"PK\x06\x06", at64):
        _, directory = _END64.unpack_from(ending, at64)
    if directory > LARGEST_DIRECTORY:
        raise NotTaken("quarantine.zip-limit", "a zip's table of contents is larger than this program takes")
    stream.seek(0)
    return stream


@contextmanager
def _translated() -> Iterator[None]:
    """The standard library's complaints may quote a member's name."""
    try:
        yield
    except NotTaken:
        raise
    except _BROKEN:
        raise NotTaken("quarantine.zip-damaged", "a zip is damaged") from None
