"""The HTTP server of an embedded archive, in a thread of this process. Why cheroot: docs/embedded-archive.md."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any, Protocol

from uploader.httpserver import HttpServer

_log = logging.getLogger("uploader.archives.embedded")
THREADS = 32
"""Requests served at the same time."""
STALL_SECONDS = 120
"""A connection on which nothing moves for so long is closed."""
STOP_SECONDS = 5
"""How long requests under way may take to finish when the server stops."""


class Beside(Protocol):
    """What works beside the server, from its start to its stop."""

    def start(self) -> None: ...
    def stop(self) -> None: ...


class Server:
    """One archive, listening. `port` 0 takes any free one; `url` tells which.

    beside: what works for the archive while it is served
    """

    def __init__(self, app: Any, host: str, port: int, beside: Sequence[Beside] = ()) -> None:
        self._host, self._beside = host, beside
        self._server = HttpServer(
            (host, port),
            app,
            log=_log,
            numthreads=THREADS,
            timeout=STALL_SECONDS,
            shutdown_timeout=STOP_SECONDS,
            request_queue_size=128,
        )
        self._thread = threading.Thread(target=self._server.serve, name="embedded-archive", daemon=True)

    @property
    def url(self) -> str:
        """Root of the archive, e.g. ``http://127.0.0.1:8081``."""
        return f"http://{self._host}:{self._server.bind_addr[1]}"

    def start(self) -> None:
        """Serve in the background; when this returns, the port is listening. Raises OSError when it is taken."""
        self._server.prepare()
        self._thread.start()
        for each in self._beside:
            each.start()

    def stop(self) -> None:
        """Take no more requests, let those under way finish, close."""
        for each in self._beside:
            each.stop()
        self._server.stop()
        self._thread.join(STOP_SECONDS)
