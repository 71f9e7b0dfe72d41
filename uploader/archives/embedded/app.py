"""The WSGI application: doors, identification, errors in XNAT's form."""

from __future__ import annotations

import errno
import logging
import re
import sqlite3
from collections.abc import Callable, Iterable
from copy import copy
from functools import lru_cache
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Any, cast

from flask import Flask, Request, Response, current_app, request
from werkzeug.exceptions import HTTPException, Unauthorized

from uploader.archives.embedded.rest import (
    administration,
    anonymize,
    assessors,
    auth,
    cache,
    customfields,
    dicomweb,
    experiments,
    files,
    imports,
    prearchive,
    projects,
    receivers,
    reconstructions,
    resources,
    rois,
    scans,
    search,
    services,
    sharing,
    site,
    stow,
    subjects,
    viewer,
    wado,
    workflows,
)
from uploader.archives.embedded.rest.answers import status_page
from uploader.archives.embedded.store import Store
from uploader.archives.embedded.whose import HEADER, mark

_DOORS = (
    auth,
    anonymize,
    site,
    administration,
    projects,
    subjects,
    experiments,
    scans,
    search,
    reconstructions,
    services,
    cache,
    customfields,
    workflows,
    resources,
    files,
    sharing,
    imports,
    prearchive,
    receivers,
    dicomweb,
    wado,
    stow,
    assessors,
    rois,
    viewer,
)
_ARCHIVED = re.compile(r"^/(?:data|REST)/archive/(?=projects|subjects|experiments)")
_log = logging.getLogger("uploader.archives.embedded")


class Door(Flask):
    """Flask, but for the log: a traceback may quote labels and paths, so only its kind is told."""

    def log_exception(
        self,
        exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None],
    ) -> None:
        kind = exc_info[0].__name__ if exc_info[0] else "error"
        _log.error("%s in %s", kind, request.endpoint)


class Asked(Request):
    """A request whose uploaded forms wait in the archive's own folder, not in /tmp."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        folder = cast(Store, self.environ["uploader.store"]).vault.scratch().parent
        return TemporaryFile("w+b", dir=folder)


def create_app(store: Store) -> Flask:
    """The archive's REST door over `store`."""
    app = copy(_door())
    app.config, app.extensions = copy(app.config), {"store": store, "mark": mark(store.vault.root)}
    app.wsgi_app = _aliases(app.wsgi_app, store)  # type: ignore[method-assign, assignment]
    return app


@lru_cache
def _door() -> Door:
    """What the doors of all archives of a process share. To compile its several hundred routes takes longer than all
    else that an archive does when it starts."""
    app = Door(__name__, static_folder=None)
    app.request_class = Asked
    app.url_map.merge_slashes = False
    for module in _DOORS:
        app.register_blueprint(module.blueprint)
    app.before_request(auth.refuse_foreign_pages)
    app.before_request(auth.identify)
    app.before_request(auth.touch_no_body_of_strangers)
    app.after_request(auth.tell_expiry)
    app.after_request(_finish)
    app.teardown_request(_close_uploads)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(OSError, _disk_trouble)
    app.register_error_handler(sqlite3.OperationalError, _database_trouble)
    return app


def _close_uploads(_error: BaseException | None) -> None:
    """Forms' files wait in temporary files; the room is free as soon as the answer is made."""
    request.close()


def _refused(error: HTTPException) -> Response:
    answer = status_page(error.code or 500, error.name, error.description or error.name)
    if isinstance(error, Unauthorized):
        answer.headers["WWW-Authenticate"] = 'Basic realm="XNAT Protected Area"'
    return answer


def _disk_trouble(error: OSError) -> Response:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _full()
    if error.errno in (errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY):
        return status_page(409, "Conflict", "A file would take the place of a folder, or a folder that of a file.")
    _log.error("OSError %s in %s", errno.errorcode.get(error.errno or 0, "?"), request.endpoint)
    return status_page(
        500, "Internal Server Error", "The archive could not reach its disk; what was asked may not be done."
    )


def _database_trouble(error: sqlite3.OperationalError) -> Response:
    if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
        return _full()
    _log.error("%s in %s", error.sqlite_errorname, request.endpoint)
    return status_page(500, "Internal Server Error", "The archive could not reach its database; nothing was stored.")


def _full() -> Response:
    return status_page(507, "Insufficient Storage", "The disk is full; nothing was stored.")


def _finish(answer: Response) -> Response:
    """Headers of every answer. What a refusal left unread of a body, the server deals with."""
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers.setdefault("Cache-Control", "no-store")
    answer.headers[HEADER] = current_app.extensions["mark"]
    return answer


Wsgi = Callable[[Any, Any], Iterable[bytes]]


def _aliases(app: Wsgi, store: Store) -> Wsgi:
    """``/REST/…`` and ``/data/archive/…`` are other names of ``/data/…``."""

    def renamed(environ: Any, start_response: Any) -> Iterable[bytes]:
        path = _ARCHIVED.sub("/data/", environ.get("PATH_INFO", ""))
        if path.startswith("/REST/"):
            path = "/data/" + path.removeprefix("/REST/")
        environ["PATH_INFO"] = path
        environ["uploader.store"] = store
        return app(environ, start_response)

    return renamed
