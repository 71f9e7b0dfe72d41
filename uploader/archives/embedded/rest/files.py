"""Files: listing, sending, taking, removing."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterator
from contextlib import ExitStack
from email.utils import formatdate
from pathlib import Path

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest, Conflict, NotFound

from uploader.archives.embedded import find, pack, resources, scans, unpack
from uploader.archives.embedded.database import Row
from uploader.archives.embedded.find import Holder
from uploader.archives.embedded.names import inner_path
from uploader.archives.embedded.resources import Kept
from uploader.archives.embedded.rest.answers import table, text
from uploader.archives.embedded.rest.asked import HOLDERS, SESSIONS, routes, store, uploads, user, yes
from uploader.archives.embedded.rest.resources import RESOURCES, described
from uploader.archives.embedded.unpack import Member
from uploader.archives.embedded.vault import Readable, Staged, chunks

COLUMNS = "Name,Size,URI,collection,file_tags,file_format,file_content,cat_ID,digest"
blueprint = Blueprint("files", __name__)
Shelf = tuple[Holder, Row]
"""A resource, and what it hangs on."""


@routes(blueprint, [f"{url}/files" for url in HOLDERS if "<scan>" not in url])
def of_holder(**names: str) -> Response:
    """Files of all its resources; with ``all=true`` a session's scans are among them."""
    with store().database.read() as c:
        holder = find.holder(c, user(), "read", **names)
        shelves = [(holder, row) for row in resources.of(c, holder)]
    if yes("all") and "experiment" in names:
        shelves += _scan_shelves("ALL", **names)
    return _listing(shelves)


@routes(blueprint, [f"{url}/scans/<selection>/files" for url in SESSIONS])
def of_scans(selection: str, **names: str) -> Response:
    """Files of the scans that ``ALL``, ``1,2,3`` or a type names."""
    return _listing(_scan_shelves(selection, **names))


@routes(blueprint, [f"{url}/files" for url in RESOURCES])
def of_resource(resource: str, **names: str) -> Response:
    return _listing([_shelf("read", resource, names)])


@routes(blueprint, [f"{url}/files/<path:path>" for url in RESOURCES])
def one(resource: str, path: str, **names: str) -> Response:
    """The file; or a listing, where the path is a folder's or ends with ``*``."""
    holder, row = _shelf("read", resource, names)
    target = store().vault.root / resources.folder(holder, row) / inner_path(path.rstrip("/"))
    if target.is_file() and not target.is_symlink():
        return whole_file(target)
    found = [k for k in resources.files(store(), holder, row) if resources.within(k.found.path, path)]
    if not found:
        raise NotFound("There is no such file.")
    return _told([(holder, row, found)])


@routes(blueprint, [f"{url}{tail}" for url in RESOURCES for tail in ("/files", "/files/<path:path>")], "PUT", "POST")
def take(resource: str, path: str = "", **names: str) -> Response:
    """Store the body: as one file, or its members with ``extract=true``.

    Files whose names are taken are refused, all of them, unless ``overwrite=true``.
    """
    holder = _holder("edit", names)
    with ExitStack() as undo:
        staged = [_stage(name, data, undo) for name, data in _members(path)]
        if not staged:
            raise BadRequest("The upload holds no file; nothing was stored.")
        unique = dict(staged)
        if len(unique) < len(staged):
            raise BadRequest("The upload holds two files of one name; nothing was stored.")
        with store().lock(holder.lock):
            holder = _holder("edit", names)  # it may have been renamed or removed while the body came in
            taken = resources.add(store(), holder, resource, list(unique.items()), described(), yes("overwrite"))
    if taken:
        raise Conflict(json.dumps({"duplicates": taken}))
    return text("")


@routes(blueprint, [f"{url}/files/<path:path>" for url in RESOURCES], "DELETE")
def remove(resource: str, path: str, **names: str) -> Response:
    holder, _ = _shelf("delete", resource, names)
    with store().lock(holder.lock):
        holder, row = _shelf("delete", resource, names)
        resources.remove_files(store(), holder, row, path)
    return text("")


def _members(path: str) -> Iterator[Member]:
    for filename, data in uploads():
        if yes("extract"):
            folder = path.rpartition("/")[0]
            for name, member in unpack.members(data, store().vault.spool):
                yield (inner_path(f"{folder}/{name}") if folder else name), member
        else:
            yield inner_path(path if path and not path.endswith("/") else path + filename), data


def _stage(name: str, data: Readable, undo: ExitStack) -> tuple[str, Staged]:
    """A staged file that is removed again unless it is put in its place."""
    staged = store().vault.stage(data)
    undo.callback(staged.path.unlink, missing_ok=True)
    return name, staged


def _listing(shelves: list[Shelf]) -> Response:
    return _told([(h, row, resources.files(store(), h, row)) for h, row in shelves])


def _told(found: list[tuple[Holder, Row, list[Kept]]]) -> Response:
    """A table of the files; or the files, in the zip or tar that was asked for."""
    kind = request.args.get("format", "json")
    if kind in pack.KINDS:
        return packed(kind, found)
    return table([resources.file_columns(h, row, k) for h, row, kept in found for k in kept], COLUMNS, fixed=True)


def packed(kind: str, found: list[tuple[Holder, Row, list[Kept]]]) -> Response:
    root = store().vault.root
    items = [
        (f"{h.inside}/resources/{row['label']}/files/{k.found.path}", root / resources.folder(h, row) / k.found.path)
        for h, row, kept in found
        for k in kept
    ]
    compression = min(max(request.args.get("compression", 0, int), 0), 9)
    answer = Response(pack.pack(kind, items, compression), mimetype=pack.KINDS[kind])
    answer.headers["Content-Disposition"] = f'attachment; filename="files.{kind}"'
    return answer


def whole_file(path: Path) -> Response:
    """The file's bytes in chunks; always a download, so that no page stored here runs as ours."""
    stat = path.stat()
    kind = "application/dicom" if path.suffix == ".dcm" else mimetypes.guess_type(path.name)[0]
    answer = Response(mimetype=kind or "application/octet-stream")
    if request.method == "GET":  # a HEAD's body is never asked for, and so never closed
        stream = path.open("rb")
        answer.response = chunks(stream)
        answer.call_on_close(stream.close)
    answer.headers["Content-Length"] = str(stat.st_size)
    answer.headers["Last-Modified"] = formatdate(stat.st_mtime, usegmt=True)
    answer.headers["Content-Disposition"] = "attachment"
    return answer


def _shelf(right: str, resource: str, names: dict[str, str]) -> Shelf:
    with store().database.read() as c:
        holder = find.holder(c, user(), right, **names)
        return holder, resources.find(c, holder, resource)


def _holder(right: str, names: dict[str, str]) -> Holder:
    with store().database.read() as c:
        return find.holder(c, user(), right, **names)


def _scan_shelves(
    selection: str, experiment: str, project: str | None = None, subject: str | None = None
) -> list[Shelf]:
    with store().database.read() as c:
        session = find.session(c, user(), "read", experiment, project, subject)
    rows = scans.chosen(store(), session, selection)
    with store().database.read() as c:
        holders = [find.scan_holder(c, session, row) for row in rows]
        return [(holder, row) for holder in holders for row in resources.of(c, holder)]
