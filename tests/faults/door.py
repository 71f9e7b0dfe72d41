"""A door between a gateway and an archive: a real proxy on a real socket that goes wrong.

It passes everything on until it sees an upload; what happens then is the fault, as often as it is told.
"""

from __future__ import annotations

import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum

UPLOAD = b"/files/batch.tar"
GATEWAY_TIMEOUT = (
    b"HTTP/1.1 504 Gateway Time-out\r\nServer: nginx\r\nContent-Type: text/html\r\nConnection: close\r\n"
    b"Content-Length: 44\r\n\r\n<html><center>504 Gateway Time-out</center>\r\n"
)


class Fault(Enum):
    NONE = "passes everything"
    LOSES_REPLY = "lets it be done, and hangs up instead of answering"
    CUTS = "gives up after `seconds` with 504, while the archive goes on"
    BREAKS = "calls `breaks` in the middle of what is sent"


@dataclass
class Door:
    """target: port of the archive; uploads: how many it has seen; tls: what it shows to who knocks"""

    target: int
    fault: Fault = Fault.NONE
    times: int = 0
    seconds: float = 0.0
    breaks: Callable[[], object] = lambda: None
    tls: ssl.SSLContext | None = None
    uploads: int = 0
    port: int = 0
    _threads: list[threading.Thread] = field(default_factory=list)
    _visitors: list[socket.socket] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def struck(self) -> bool:
        """Whether the fault happens to the upload that comes now."""
        self.uploads += 1
        self.times -= 1
        return self.times >= 0

    def begin(self, work: Callable[..., None], *given: object) -> None:
        thread = threading.Thread(target=work, args=given)
        self._threads.append(thread)
        thread.start()

    def take(self, listening: socket.socket) -> None:
        with suppress(OSError):  # closed: nobody comes any more
            while True:
                self.begin(self._visited, listening.accept()[0])

    def _visited(self, visitor: socket.socket) -> None:
        with suppress(OSError), closing(visitor):
            client = self.tls.wrap_socket(visitor, server_side=True) if self.tls else visitor
            self._visitors.append(client)
            with closing(client), closing(socket.create_connection(("127.0.0.1", self.target))) as archive:
                _Visit(self, client, archive).lasts()

    def close(self) -> None:
        """Show everybody out."""
        for visitor in self._visitors:
            _end(visitor)
        for thread in self._threads:
            thread.join(20)


@dataclass
class _Visit:
    """One connection."""

    door: Door
    client: socket.socket
    archive: socket.socket
    struck: Fault = Fault.NONE
    due: float = 0.0

    def lasts(self) -> None:
        answers = threading.Thread(target=self._down)
        answers.start()
        with suppress(OSError):
            self._up()
        if self.struck in (Fault.NONE, Fault.BREAKS):
            _end(self.archive)
        answers.join(20)

    def _up(self) -> None:
        """What the gateway sends."""
        while chunk := self.client.recv(1 << 14):
            if chunk.startswith(b"PUT ") and UPLOAD in chunk and self.door.struck():
                self.struck, self.due = self.door.fault, time.monotonic() + self.door.seconds
            if self.struck is Fault.BREAKS:
                self.archive.sendall(chunk[: len(chunk) // 2])
                self.door.breaks()
                return
            self.archive.sendall(chunk)

    def _down(self) -> None:
        """What the archive answers."""
        with suppress(OSError):
            while self._comes() and self._passes(self.archive.recv(1 << 14)):
                pass
        _end(self.client)
        with suppress(OSError):
            while self.struck is Fault.CUTS and self.archive.recv(1 << 14):
                pass  # the archive goes on until it is done

    def _comes(self) -> bool:
        """Waits for the archive; False when this door has given up on it."""
        while not select.select([self.archive], [], [], 0.05)[0]:
            if self.struck is Fault.CUTS and time.monotonic() > self.due:
                self.client.sendall(GATEWAY_TIMEOUT)
                return False
        return True

    def _passes(self, chunk: bytes) -> bool:
        if not chunk or self.struck is Fault.LOSES_REPLY:
            return False
        self.client.sendall(chunk)
        return True


def _end(side: socket.socket) -> None:
    with suppress(OSError):
        side.shutdown(socket.SHUT_RDWR)


@contextmanager
def opened(door: Door) -> Iterator[Door]:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        door.port = listening.getsockname()[1]
        door.begin(door.take, listening)
        try:
            yield door
        finally:
            _end(listening)
    door.close()
