"""Multipart bodies, written and read in chunks: memory holds one chunk, whatever the size of a part.

Source: RFC 2046 5.1, RFC 2387, PS3.18 8.6.1.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from secrets import token_hex
from typing import NoReturn

from werkzeug.exceptions import BadRequest

from uploader.archives.embedded.accepts import media_type
from uploader.archives.embedded.vault import Readable
from uploader.domain.manifest import CHUNK

HEAD_BYTES = 16 << 10
"""The header of one part."""
MOST_PARTS = 200_000
_BOUNDARY = re.compile(r"[A-Za-z0-9'()+_,./:=? -]{1,70}")

Part = tuple[str, Iterable[bytes]]
"""Content-Type of a part, and its bytes in chunks."""


def boundary() -> str:
    """One that no file holds."""
    return token_hex(24)


def written(parts: Iterable[Part], boundary: str) -> Iterator[bytes]:
    """The body of an answer."""
    for kind, chunks in parts:
        yield f"--{boundary}\r\nContent-Type: {kind}\r\n\r\n".encode()
        yield from chunks
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def read(stream: Readable, content_type: str) -> Iterator[tuple[str, Readable]]:
    """(Content-Type, bytes) of each part; the bytes can be read until the next part is asked for.

    Raises BadRequest for a body that is not what it says, or ends before its last boundary.
    """
    name = media_type(content_type)[1].get("boundary", "")
    if not _BOUNDARY.fullmatch(name):
        raise BadRequest("The request names no boundary of its parts; nothing was stored.")
    body = _Body(stream, f"\r\n--{name}".encode())
    for _ in range(MOST_PARTS):
        if not body.next():
            return
        yield body.kind(), body
    raise BadRequest(f"The request has more than {MOST_PARTS} parts; nothing was stored.")


class _Body:
    """A multipart body; as a stream, the rest of the part at hand."""

    def __init__(self, stream: Readable, mark: bytes) -> None:
        self._stream, self._mark = stream, mark
        self._data = bytearray(b"\r\n")  # so that a boundary at the very beginning is one like the others
        self._over = False

    def read(self, size: int, /) -> bytes:
        """As a file's `read`. Raises BadRequest when the body ends in the middle of the part."""
        while not self._over:
            at = self._data.find(self._mark)
            ready = len(self._data) - len(self._mark) + 1 if at < 0 else at
            if ready > 0:
                return self._take(min(size, ready))
            self._over = at == 0
            if at < 0:
                self._more()
        return b""

    def next(self) -> bool:
        """Go to the next part, over what is left of this one; False behind the last."""
        while self.read(CHUNK):
            pass
        self._take(len(self._mark))
        self._over = False
        if self._starts_with(b"--"):
            self._stream.read(CHUNK)  # a line end at most: whoever leaves it unread loses the connection
            return False
        if self._until(b"\r\n", HEAD_BYTES).strip(b" \t"):
            self._wrong()
        return True

    def kind(self) -> str:
        """Content-Type of the part, whose header is read over."""
        lines = []
        while line := self._until(b"\r\n", HEAD_BYTES):
            lines.append(line.decode("latin-1"))
            if sum(map(len, lines)) > HEAD_BYTES:
                self._wrong()
        fields = (line.partition(":") for line in lines)
        return next((value.strip() for name, _, value in fields if name.strip().lower() == "content-type"), "")

    def _until(self, end: bytes, most: int) -> bytes:
        while (at := self._data.find(end)) < 0:
            if len(self._data) > most:
                self._wrong()
            self._more()
        found = self._take(at)
        self._take(len(end))
        return found

    def _starts_with(self, wanted: bytes) -> bool:
        while len(self._data) < len(wanted):
            self._more()
        return self._data.startswith(wanted)

    def _take(self, size: int) -> bytes:
        data = bytes(memoryview(self._data)[:size])
        del self._data[:size]
        return data

    def _more(self) -> None:
        chunk = self._stream.read(CHUNK)
        if not chunk:
            raise BadRequest("The request ends in the middle of its parts; nothing was stored.")
        self._data += chunk

    def _wrong(self) -> NoReturn:
        raise BadRequest("The parts of the request are not separated as they should be; nothing was stored.")
