"""What a request asks: who, of which store, with which fields and which body."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

from flask import Blueprint, current_app, g, request
from werkzeug.exceptions import BadRequest, Unauthorized

from uploader.archives.embedded.accounts import User
from uploader.archives.embedded.names import field
from uploader.archives.embedded.store import Store
from uploader.archives.embedded.vault import Readable

PROJECT = "/data/projects/<project>"
SUBJECTS = (f"{PROJECT}/subjects/<subject>", "/data/subjects/<subject>")
SESSIONS = (
    f"{PROJECT}/subjects/<subject>/experiments/<experiment>",
    f"{PROJECT}/experiments/<experiment>",
    "/data/experiments/<experiment>",
)
SCANS = tuple(f"{session}/scans/<scan>" for session in SESSIONS)
HOLDERS = (PROJECT, *SUBJECTS, *SESSIONS, *SCANS)
"""URLs under which resources hang."""

View = TypeVar("View", bound=Callable[..., Any])
_NOT_FIELDS = frozenset(
    [
        "xsiType",
        "req_format",
        "format",
        "columns",
        "label",
        "subject_ID",
        "pullDataFromHeaders",
        "fixScanTypes",
        "triggerPipelines",
        "activate",
        "quarantine",
        "allowDataDeletion",
        "removeFiles",
        "overwrite",
        "extract",
        "inbody",
        "content",
        "tags",
        "update-stats",
        "XNAT_CSRF",
    ]
)
_SHORT_FIELDS = frozenset(
    [
        "gender",
        "yob",
        "dob",
        "age",
        "handedness",
        "group",
        "src",
        "date",
        "time",
        "note",
        "name",
        "secondary_ID",
        "description",
        "keywords",
        "UID",
        "modality",
        "type",
        "quality",
        "series_description",
        "condition",
        "frames",
        "operator",
        "scanner",
    ]
)


def routes(blueprint: Blueprint, urls: Iterable[str], *methods: str) -> Callable[[View], View]:
    """Register one view under several URLs."""

    def register(view: View) -> View:
        for i, url in enumerate(urls):
            endpoint = f"{view.__name__}_{i}"
            blueprint.add_url_rule(url, endpoint, view, methods=methods or ("GET",), strict_slashes=False)
        return view

    return register


def store() -> Store:
    """The archive that was asked."""
    return cast(Store, current_app.extensions["store"])


def user() -> User:
    """Who asks. Raises Unauthorized when nobody has proven who they are."""
    found: User | None = g.get("user")
    if found is None:
        raise Unauthorized("Log in first.")
    return found


def yes(name: str) -> bool:
    """Whether a query parameter is ``true``."""
    return request.args.get(name, "").lower() == "true"


def fields() -> dict[str, str]:
    """Fields of an object in the query: short names that are known, and any XNAT path; ``NULL`` empties one."""
    given = {}
    for name, value in request.args.items():
        short = field(name)
        if name not in _NOT_FIELDS and (name != short or name in _SHORT_FIELDS):
            given[short] = "" if value == "NULL" else value
    return {n: v for n, v in given.items() if n not in ("ID", "project", "label", "subject_ID")}


def label() -> str:
    """The label in the query, by its short name or as ``xnat:…/label``; empty when there is none."""
    found = [v for n, v in request.args.items() if field(n) == "label"]
    return found[0] if found else ""


def body() -> Readable:
    """The request's body, to be read in chunks. Raises BadRequest when there is none."""
    chunked = request.environ.get("wsgi.input_terminated", False)
    if not chunked and not request.content_length:
        raise BadRequest("The request has no body; nothing was stored.")
    return cast(Readable, request.stream)


def uploads() -> list[tuple[str, Readable]]:
    """(file name or empty, bytes) of each file in the body: one, unless it is multipart/form-data."""
    if request.mimetype == "multipart/form-data":
        found = [(f.filename or "", cast(Readable, f.stream)) for f in request.files.values()]
        if not found:
            raise BadRequest("The form holds no file; nothing was stored.")
        return found
    return [("", body())]
