"""Files as a zip or a tar, made while it is sent: nothing is kept on the disk or in memory."""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from time import gmtime

from uploader.archives.embedded.vault import chunks

Item = tuple[str, Path]
"""Name in the archive, and the file."""
KINDS = {"zip": "application/zip", "tar": "application/x-tar", "tar.gz": "application/gzip"}
"""Formats by the name that `format=` gives them, and their media types."""


_EARLIEST = 315_532_800
"""1980-01-01: a zip knows no earlier date."""


def pack(kind: str, items: Iterable[Item], compression: int = 0) -> Iterator[bytes]:
    """The archive's bytes, in chunks. `compression`: 0 to 9; 0 stores, which suits images."""
    if kind == "zip":
        return _zip(items, compression)
    return _tar(items) if kind == "tar" else _gzip(_tar(items), compression or 1)


class _Sink:
    """A file that can only be written; what was written waits until it is taken."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing to do; zipfile asks for it."""

    def take(self) -> bytes:
        data, self._parts = b"".join(self._parts), []
        return data


def _zip(items: Iterable[Item], compression: int) -> Iterator[bytes]:
    sink = _Sink()
    method = zipfile.ZIP_DEFLATED if compression else zipfile.ZIP_STORED
    with zipfile.ZipFile(sink, "w", method, compresslevel=compression or None) as archive:  # type: ignore[call-overload]
        for name, path in items:
            with path.open("rb") as stream:
                info = zipfile.ZipInfo(name, gmtime(max(path.stat().st_mtime, _EARLIEST))[:6])
                info.compress_type, info.external_attr = method, 0o600 << 16
                with archive.open(info, "w", force_zip64=True) as out:
                    for chunk in chunks(stream):
                        out.write(chunk)
                        yield sink.take()
    yield sink.take()


def _tar(items: Iterable[Item]) -> Iterator[bytes]:
    for name, path in items:
        with path.open("rb") as stream:
            info = tarfile.TarInfo(name)
            stat = path.stat()
            info.size, info.mtime, info.mode = stat.st_size, int(stat.st_mtime), 0o600
            yield info.tobuf(tarfile.PAX_FORMAT)
            yield from chunks(stream)
            yield b"\0" * (-info.size % tarfile.BLOCKSIZE)
    yield b"\0" * tarfile.BLOCKSIZE * 2


def _gzip(parts: Iterable[bytes], compression: int) -> Iterator[bytes]:
    packer = zlib.compressobj(compression, wbits=31)
    for part in parts:
        yield packer.compress(part)
    yield packer.flush()
