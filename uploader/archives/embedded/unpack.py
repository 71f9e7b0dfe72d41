"""Members of an uploaded zip or tar, one by one, each checked before a byte of it is stored."""

from __future__ import annotations

import gzip
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path
from typing import IO, BinaryIO, cast

from werkzeug.exceptions import BadRequest

from uploader.archives.embedded.names import inner_path
from uploader.archives.embedded.vault import Readable
from uploader.domain.manifest import CHUNK

MOST_MEMBERS = 200_000
"""Files in one upload."""
MOST_BYTES = 1 << 40
"""Bytes that one upload may unpack to."""
FREE_BYTES = 1 << 30
"""So much may come out of an upload of any size; beyond it `MOST_RATIO` holds."""
MOST_RATIO = 200
"""Bytes that may come out for each byte of the upload. Real images compress to a third, masks to a fiftieth."""

LONGEST_HEAD = 1 << 20
"""Bytes of a tar between two files: their names, attributes and maps of holes, which `tarfile` holds in memory."""

LARGEST_INDEX = 64 << 20
"""Bytes of a zip's index, which `zipfile` holds in memory, six times as large: room for the most members."""

Member = tuple[str, Readable]
"""Path inside the resource, and its bytes, readable once, until the next member is asked for."""


class Counting:
    """A stream that knows how much of it has been read, and hands on what was read ahead."""

    def __init__(self, stream: Readable, ahead: bytes = b"") -> None:
        self._stream, self._ahead = stream, ahead
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        """As a file's `read`; `size` must be positive."""
        data, self._ahead = self._ahead[:size], self._ahead[size:]
        if len(data) < size:
            data += self._stream.read(size - len(data))
        self.count += len(data)
        return data


class Budget:
    """What may still come out of an upload, so that a small one cannot fill the disk."""

    def __init__(self, taken: Callable[[], int]) -> None:
        self._taken = taken
        self._members = self._bytes = 0

    def member(self) -> None:
        """One more member. Raises BadRequest when there are too many."""
        self._members += 1
        if self._members > MOST_MEMBERS:
            raise BadRequest(f"The upload holds more than {MOST_MEMBERS} files; nothing was stored.")

    def spend(self, size: int) -> None:
        """`size` more bytes came out. Raises BadRequest when they are too many."""
        self._bytes += size
        if self._bytes > min(MOST_BYTES, max(FREE_BYTES, MOST_RATIO * self._taken())):
            raise BadRequest("The upload unpacks to far more than it should; nothing was stored.")


class Metered:
    """A member's bytes, counted against the budget of the upload."""

    def __init__(self, stream: Readable, budget: Budget) -> None:
        self._stream, self._budget = stream, budget

    def read(self, size: int, /) -> bytes:
        """As a file's `read`. Raises BadRequest when the member is damaged, or too much comes out."""
        try:
            data = self._stream.read(size)
        except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, gzip.BadGzipFile):
            raise BadRequest("The uploaded archive is damaged; nothing was stored.") from None
        self._budget.spend(len(data))
        return data


class ZipOnDisk(FileIO):
    """A zip. Only its index is ever read in one piece as large as its sender likes."""

    def read(self, size: int | None = -1, /) -> bytes:
        """As a file's `read`. Raises BadRequest for an index that is larger than `LARGEST_INDEX`."""
        if size is not None and size > LARGEST_INDEX:
            raise BadRequest("The uploaded zip has an index of more than 64 MiB; nothing was stored.")
        return super().read(size)


class Heads:
    """A tar's bytes, of which no more than `LONGEST_HEAD` may come between two files, whatever they claim to be.

    inside: whether what is read now belongs to a file, and is counted there
    """

    def __init__(self, stream: Readable) -> None:
        self._stream, self._left = stream, LONGEST_HEAD
        self.inside = False

    def read(self, size: int, /) -> bytes:
        """As a file's `read`. Raises BadRequest when too much comes."""
        data = self._stream.read(size)
        self._left = LONGEST_HEAD if self.inside else self._left - len(data)
        if self._left < 0:
            raise BadRequest("The uploaded tar has a header of more than 1 MiB; nothing was stored.")
        return data


def members(stream: Readable, spool: Callable[[Readable], Path]) -> Iterator[Member]:
    """The files in a zip, tar or tar.gz, told apart by their first bytes.

    spool: keeps a stream in a scratch file; a zip has its index at the end
    Raises BadRequest for a damaged archive, a name that leads out of the resource, and anything but files and folders.
    """
    head = stream.read(4)
    whole = Counting(stream, head)
    if head[:2] == b"PK":
        path = spool(whole)
        try:
            yield from zip_members(path)
        finally:
            path.unlink(missing_ok=True)
    else:
        plain = cast(Readable, gzip.GzipFile(fileobj=cast(BinaryIO, whole))) if head[:2] == b"\x1f\x8b" else whole
        yield from _tar_members(Heads(plain), Budget(lambda: whole.count))


def zip_members(path: Path) -> Iterator[Member]:
    """The files in a zip on the disk. Raises BadRequest."""
    size = path.stat().st_size
    budget = Budget(lambda: size)
    with ZipOnDisk(path) as stream, _indexed(stream) as archive:
        for item in archive.infolist():
            budget.member()
            name = _name(item.filename, item.is_dir())
            if not item.is_dir():
                _plain_zip(item)
                with _opened(archive, item) as data:
                    yield name, Metered(data, budget)


def _indexed(stream: ZipOnDisk) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, ValueError):
        raise BadRequest("The uploaded zip is damaged; nothing was stored.") from None


def _tar_members(stream: Heads, budget: Budget) -> Iterator[Member]:
    try:
        with tarfile.open(fileobj=cast(BinaryIO, stream), mode="r|") as archive:
            for item in archive:
                budget.member()
                if not (item.isfile() or item.isdir()):
                    raise BadRequest("The uploaded tar holds links or devices; nothing was stored.")
                name = _name(item.name, item.isdir())
                if item.isfile() and (data := archive.extractfile(item)) is not None:
                    yield from _tar_file(name, Metered(cast(Readable, data), budget), stream)
    except (tarfile.TarError, zlib.error, EOFError, gzip.BadGzipFile):
        raise BadRequest("The upload is neither a whole zip nor a whole tar; nothing was stored.") from None


def _tar_file(name: str, data: Metered, stream: Heads) -> Iterator[Member]:
    stream.inside = True
    yield name, data
    while data.read(CHUNK):
        pass  # whoever took it may have left some
    stream.inside = False


def _name(name: str, folder: bool) -> str:
    """The member's path inside the resource; ``./`` itself is a folder that tar likes to mention."""
    bare = name.rstrip("/") if folder else name
    return "" if folder and bare in ("", ".") and not name.startswith("/") else inner_path(bare)


def _plain_zip(item: zipfile.ZipInfo) -> None:
    """Raises BadRequest for a symbolic link (Unix mode in the high half) or an encrypted member."""
    if (item.external_attr >> 16) & 0o170000 == 0o120000 or item.flag_bits & 0x1:
        raise BadRequest("The uploaded zip holds links or encrypted files; nothing was stored.")


def _opened(archive: zipfile.ZipFile, item: zipfile.ZipInfo) -> IO[bytes]:
    try:
        return archive.open(item)
    except (zipfile.BadZipFile, NotImplementedError, EOFError):
        raise BadRequest("The uploaded zip is damaged, or packed in a way unknown here; nothing was stored.") from None
