"""One file as a stream."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from urllib3 import BaseHTTPResponse

from uploader.archives.xnat.client import Client
from uploader.archives.xnat.faults import translated
from uploader.domain.errors import ArchiveUnavailable
from uploader.domain.manifest import CHUNK

_DOING = "reading a file"


class _Wire(io.RawIOBase):
    """The body of a response. An end before `size` bytes is an error, not an end: XNAT may send no length."""

    def __init__(self, raw: BaseHTTPResponse, size: int, name: str) -> None:
        self._raw = raw
        self._lacking = size
        self._name = name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        view = memoryview(buffer)
        with translated(self._name, _DOING):
            chunk = self._raw.read(len(view), decode_content=True)
        view[: len(chunk)] = chunk
        self._lacking -= len(chunk)
        if view and not chunk and self._lacking > 0:
            raise ArchiveUnavailable(f"{self._name}: {_DOING}: it ended {self._lacking} bytes early")
        return len(chunk)


@contextmanager
def download(client: Client, where: str, size: int) -> Iterator[BinaryIO]:
    """The file at `where`, of at least `size` bytes. Leaving early hangs up."""
    answer = client.ask("GET", where, doing=_DOING, keep_open=True)
    if answer.raw is None:
        raise ArchiveUnavailable(f"{client.name}: {_DOING}: the archive answered with a web page")
    try:
        yield io.BufferedReader(_Wire(answer.raw, size, client.name), CHUNK)
    finally:
        answer.raw.close()
