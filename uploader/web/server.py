"""The desk as a server in this process."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from cheroot.wsgi import Server as WSGIServer

from uploader.config import DeskSettings
from uploader.review import Review
from uploader.web.app import create_app

_log = logging.getLogger("uploader.web")


class _Quiet(WSGIServer):
    """cheroot, but for its log: it would write tracebacks, and they may quote a patient."""

    def error_log(self, msg: str = "", level: int = 20, traceback: bool = False) -> None:
        _log.log(level, "trouble in the HTTP server")


class DeskServer:
    """Starts in the background, stops promptly."""

    def __init__(self, server: WSGIServer) -> None:
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
    return DeskServer(_Quiet((settings.host, settings.port), app, numthreads=8, server_name="desk"))
