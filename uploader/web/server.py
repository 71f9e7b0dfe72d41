"""The desk as a server in this process."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from uploader.config import DeskSettings
from uploader.httpserver import HttpServer
from uploader.review import Review
from uploader.web.app import create_app

_log = logging.getLogger("uploader.web")


THREADS = 16
"""Requests served at the same time."""
LARGEST_BODY = 1 << 20
"""Bytes of a request's body; the application allows less still."""


class DeskServer:
    """Starts in the background, stops promptly."""

    def __init__(self, server: HttpServer) -> None:
        self._server = server

    def start(self) -> None:
        """Returns once the port listens."""
        self._server.prepare()
        threading.Thread(target=self._server.serve, daemon=True).start()

    def stop(self) -> None:
        self._server.stop()

    @property
    def port(self) -> int:
        return int(self._server.bind_addr[1])


def serve_desk(review: Review, settings: DeskSettings, key: bytes, diagnostics: Path) -> DeskServer:
    """The desk, ready to start; port 0 means any free one."""
    app = create_app(review, key, settings, diagnostics)
    address = (settings.host, settings.port)
    return DeskServer(HttpServer(address, app, log=_log, largest=LARGEST_BODY, numthreads=THREADS, server_name="desk"))
