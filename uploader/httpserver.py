"""cheroot, made ready for strangers: nobody holds up others by sending slowly, and nobody fills the memory.

+ A connection gets a thread only when the whole header of its request has come; until then it waits in the
  `Vestibule`, which costs no thread, and not for longer than HEADER_SECONDS.
+ A body must have come UNPROVEN_SECONDS after the header, until the application calls
  ``environ[PATIENCE]()`` because it knows who asks; from then on a connection must merely not stall.
+ What the application leaves unread of a body is thrown away after the answer, within limits.
+ Its log is silenced: it would write tracebacks, and they may quote a patient.
"""

from __future__ import annotations

import logging
import select
import socket
import threading
import time
from contextlib import suppress
from typing import Any

from cheroot import server, wsgi
from cheroot.makefile import MakeFile, StreamReader

HEADER_BYTES = 64 << 10
"""Request line and header fields together."""
HEADER_SECONDS = 10
"""From the connection, or the end of the request before, to the end of the header."""
UNPROVEN_SECONDS = 10
"""For the body of one of whom the application does not know who they are."""
LINGER_SECONDS = 2
LINGER_BYTES = 64 << 20
"""How long, and how much, is still listened to after a refusal, so that the client reads the answer instead of
a broken pipe."""
WAITING_CONNECTIONS = 256
"""In the vestibule; when more come, the one that has waited longest goes."""
PATIENCE = "uploader.patience"


class Vestibule:
    """Where connections wait for the rest of their header, all in one thread."""

    def __init__(self, ready: Any) -> None:
        self._ready = ready
        self._poll = select.epoll()
        self._waiting: dict[int, tuple[Any, float]] = {}
        self._lock = threading.Lock()
        self._open = True
        self._thread = threading.Thread(target=self._watch, name="vestibule", daemon=True)
        self._thread.start()

    def admit(self, connection: Any) -> None:
        """Let it wait. It is told as soon as there is more to read, also of what is there already."""
        number = connection.socket.fileno()
        with self._lock:
            if not self._open:
                connection.close()
                return
            if len(self._waiting) >= WAITING_CONNECTIONS:
                self._dismiss(next(iter(self._waiting)))
            self._waiting[number] = (connection, time.monotonic() + HEADER_SECONDS)
            self._poll.register(number, select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLET)

    def close(self) -> None:
        """Nobody waits any longer."""
        with self._lock:
            self._open = False
        self._thread.join()
        with self._lock:
            for number in list(self._waiting):
                self._dismiss(number)
            self._poll.close()

    def _watch(self) -> None:
        while self._open:
            events = self._poll.poll(0.25)
            with self._lock:
                ready = [found for number, event in events if (found := self._released(number, event))]
                for number in [n for n, (_, until) in self._waiting.items() if until < time.monotonic()]:
                    self._dismiss(number)
            for connection in ready:
                self._ready(connection)

    def _released(self, number: int, event: int) -> Any | None:
        """The connection, once its header is there or there will be no more of it."""
        connection, _ = self._waiting.get(number, (None, 0.0))
        over = event & (select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR)
        if connection is None or not (over or header_is_there(connection.socket)):
            return None
        self._poll.unregister(number)
        del self._waiting[number]
        return connection

    def _dismiss(self, number: int) -> None:
        connection, _ = self._waiting.pop(number)
        self._poll.unregister(number)
        connection.close()


def header_is_there(sock: socket.socket) -> bool:
    """Whether the socket holds a whole header, or more than a header may be, or is at its end."""
    anything = select.poll()
    anything.register(sock, select.POLLIN)
    if not anything.poll(0):
        return False  # Python's recv would wait for the socket's timeout, whatever its flags say
    try:
        seen = sock.recv(HEADER_BYTES + 1, socket.MSG_PEEK)
    except OSError:
        return True
    return not seen or len(seen) > HEADER_BYTES or b"\r\n\r\n" in seen


class _Raw(socket.SocketIO):
    """A socket's bytes, until `deadline` (monotonic seconds) where there is one, else while it does not stall."""

    deadline: float | None = None

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock, "rb")
        self._stall = sock.gettimeout()
        self._of = sock

    def readinto(self, buffer: Any) -> int | None:
        if self.deadline is None:
            return super().readinto(buffer)
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._of.settimeout(left)
        try:
            return super().readinto(buffer)
        finally:
            self._of.settimeout(self._stall)


class _Reader(StreamReader):
    def __init__(self, raw: _Raw, bufsize: int) -> None:
        super(StreamReader, self).__init__(raw, bufsize)  # cheroot's own would make a plain SocketIO
        self.bytes_read = 0


def _make_file(sock: socket.socket, mode: str, bufsize: int) -> Any:
    return _Reader(_Raw(sock), bufsize) if "r" in mode else MakeFile(sock, mode, bufsize)


class _Connection(server.HTTPConnection):
    """Knows until when the client's next bytes are waited for."""

    def __init__(self, owner: Any, sock: socket.socket, _makefile: Any = None) -> None:
        super().__init__(owner, sock, _make_file)

    def within(self, seconds: float | None) -> None:
        """The client has this long for all that it still sends; None: for as long as it does not stall."""
        self.rfile.raw.deadline = None if seconds is None else time.monotonic() + seconds


class _Request(server.HTTPRequest):
    def parse_request(self) -> None:
        self.conn.within(HEADER_SECONDS)
        super().parse_request()
        self.conn.within(UNPROVEN_SECONDS)

    def respond(self) -> None:
        try:
            super().respond()
        finally:
            self.conn.within(None)
        if self.close_connection and self._unread():
            self._linger()

    def send_headers(self) -> None:
        if self._unread():
            self.close_connection = True  # or cheroot would read the rest into the memory
        super().send_headers()

    def _unread(self) -> bool:
        if self.chunked_read:
            return not self.rfile.closed
        return bool(getattr(self.rfile, "remaining", 0))

    def _linger(self) -> None:
        """The answer is sent, and the connection will be closed: first hear the client out, within limits."""
        self.conn.within(LINGER_SECONDS)
        left = LINGER_BYTES
        with suppress(OSError, ValueError):
            self.conn.socket.shutdown(socket.SHUT_WR)
            while left > 0 and (chunk := self.conn.rfile.read1(1 << 16)):
                left -= len(chunk)


_Connection.RequestHandlerClass = _Request


class _Gateway(wsgi.Gateway_10):
    def get_environ(self) -> Any:
        environ = super().get_environ()  # type: ignore[no-untyped-call]
        connection = self.req.conn
        environ[PATIENCE] = lambda: connection.within(None)
        return environ


class HttpServer(wsgi.Server):
    """A WSGI server in threads of this process. `largest`: bytes of a body, 0 for any size."""

    ConnectionClass = _Connection
    max_request_header_size = HEADER_BYTES

    def __init__(self, address: tuple[str, int], app: Any, *, log: logging.Logger, largest: int = 0, **more: Any):
        super().__init__(address, app, **more)
        self.gateway = _Gateway
        self.max_request_body_size = largest
        self._log = log
        self._vestibule: Vestibule | None = None

    def prepare(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        super().prepare()
        self._vestibule = Vestibule(super().process_conn)

    def error_log(self, msg: str = "", level: int = 20, traceback: bool = False) -> None:
        self._log.log(level, "trouble in the HTTP server")

    def process_conn(self, conn: Any) -> None:
        """A thread for the connection, or a place to wait in."""
        if self._vestibule is None or conn.rfile.has_data() or header_is_there(conn.socket):
            super().process_conn(conn)
        else:
            self._vestibule.admit(conn)

    def put_conn(self, conn: Any) -> None:
        """Wait for the next request, unless the server has begun to stop between one look at it and the next."""
        try:
            super().put_conn(conn)
        except (ValueError, KeyError, RuntimeError, OSError):
            conn.close()

    def stop(self) -> None:
        """Take no more requests, let those under way finish, close."""
        if self._vestibule is not None:
            self._vestibule.close()
        super().stop()
