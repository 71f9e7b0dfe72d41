"""What a request asks: who, of which store, with which fields and which body."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar, cast

from flask import Blueprint, current_app, g, request
from werkzeug.exceptions import BadRequest, Unauthorized

from uploader.archives.embedded import documents
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
ASSESSORS = tuple(f"{session}/assessors/<assessor>" for session in SESSIONS)
HOLDERS = (PROJECT, *SUBJECTS, *SESSIONS, *SCANS, *ASSESSORS)
"""URLs under which resources hang."""

LARGEST_JSON = 1 << 20
"""Bytes of a JSON object that sets something."""
_XML = ("text/xml", "application/xml")
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
        "alias",
    ]
)
_NOT_KEPT = ("ID", "project", "label", "subject_ID", "image_session_ID", "imageSession_ID")
_LISTS = ("sharing/", "resources/", "experiments/", "scans/", "assessors/", "reconstructions/")
"""Of a document, what has an address of its own."""


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
    """Fields of an object, in the query and in a document that is sent: short names that are known, and any XNAT path;
    ``NULL`` empties one."""
    given = documents.flat(document()) if has_document() else {}
    given = {name: value for name, value in given.items() if not name.startswith(_LISTS)}
    for name, value in (_whole(*pair) for pair in request.args.items()):
        short = field(name)
        if name not in _NOT_FIELDS and (name != short or name in _SHORT_FIELDS):
            given[short] = "" if value == "NULL" else value
    return {name: value for name, value in given.items() if name not in _NOT_KEPT}


def _whole(name: str, value: str) -> tuple[str, str]:
    """A field and its value. People write ``field[name=trial]/field=x`` as it is, and it is cut at the first ``=``."""
    if name.count("[") == name.count("]") or "]" not in value:
        return name, value
    inner, _, rest = value.partition("]")
    leaf, _, value = rest.partition("=")
    return f"{name}={inner}]{leaf}", value


def has_document() -> bool:
    """Whether the body is XML, by itself or as the file of a form."""
    return request.mimetype in _XML or (
        request.mimetype == "multipart/form-data" and any(file.mimetype in _XML for file in request.files.values())
    )


def document() -> ET.Element:
    """The XML document that was sent. Raises BadRequest."""
    if "document" not in g:
        stream = request.stream if request.mimetype in _XML else next(iter(request.files.values())).stream
        g.document = documents.parse(stream.read(documents.LARGEST + 1))
    return cast(ET.Element, g.document)


def kind(known: Collection[str]) -> str:
    """The xsiType in the query, or that of the document; empty when neither tells one that is known."""
    if "xsiType" in request.args or not has_document():
        return request.args.get("xsiType", "")
    root = document()
    told = root.get(documents.KIND) or f"xnat:{root.tag}Data"
    return next((name for name in known if name.lower() == told.lower()), "")


def key() -> str:
    """The ID in the query, for a new object; empty when there is none."""
    return next((v for n, v in request.args.items() if field(n) == "ID"), "")


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


def json_object(force: bool = False) -> Mapping[str, Any]:
    """The JSON object in the body. Raises BadRequest for anything else, RequestEntityTooLarge.

    force: whatever the request calls its body
    """
    request.max_content_length = LARGEST_JSON
    try:
        given = request.get_json(force=force)
    except RecursionError:
        given = None
    if not isinstance(given, dict):
        raise BadRequest("The body must be a JSON object.")
    return given


def destination(dest: str) -> tuple[str, dict[str, str]]:
    """``archive`` or ``prearchive``, and what a `dest` names there: project, subject, session. Raises BadRequest."""
    kinds = {"projects": "project", "subjects": "subject", "experiments": "session"}
    place, *rest = dest.strip("/").removeprefix("data/").split("/")
    if place == "archive":
        return place, {kinds.get(kind, kind): name for kind, name in zip(rest[::2], rest[1::2], strict=False)}
    if place == "prearchive":
        return place, dict(zip(("project", "stamp", "session"), rest[1:], strict=False))
    raise BadRequest("dest must begin with /archive or /prearchive.")


def uploads() -> list[tuple[str, Readable]]:
    """(file name or empty, bytes) of each file in the body: one, unless it is multipart/form-data."""
    if request.mimetype == "multipart/form-data":
        found = [(f.filename or "", cast(Readable, f.stream)) for f in request.files.values()]
        if not found:
            raise BadRequest("The form holds no file; nothing was stored.")
        return found
    return [("", body())]
