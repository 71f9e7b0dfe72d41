"""The prearchive: looking, archiving, moving, removing."""

from __future__ import annotations

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest, NotFound

from uploader.archives.embedded import archiving, pack, resources, rights, waiting
from uploader.archives.embedded.database import Row, fields
from uploader.archives.embedded.find import Holder
from uploader.archives.embedded.names import inner_path
from uploader.archives.embedded.rest.answers import table, text, uris
from uploader.archives.embedded.rest.asked import destination, routes, store, user
from uploader.archives.embedded.rest.files import packed, whole_file

COLUMNS = (
    "project,timestamp,lastmod,uploaded,scan_date,scan_time,subject,folderName,name,tag,status,url,autoarchive,"
    "prevent_anon,prevent_auto_commit,SOURCE,VISIT,PROTOCOL,TIMEZONE"
)
ONE = "/data/prearchive/projects/<project>/<stamp>/<folder>"
SCAN = f"{ONE}/scans/<scan>"
blueprint = Blueprint("prearchive", __name__)


@routes(blueprint, ["/data/prearchive", "/data/prearchive/projects", "/data/prearchive/projects/<project>"])
def listing(project: str | None = None) -> Response:
    return table(waiting.listing(store(), user(), project), COLUMNS, fixed=True)


@routes(blueprint, [ONE])
def show(project: str, stamp: str, folder: str) -> Response:
    row = waiting.find(store(), user(), "read", project, stamp, folder)
    if request.args.get("format") in pack.KINDS:
        holders = [waiting.scan_holder(row, scan) for scan in waiting.scans(store(), row)]
        return packed(request.args["format"], [s for h in holders for s in _shelves(h)])
    return _table([row])


@routes(blueprint, [ONE], "POST")
def act(project: str, stamp: str, folder: str) -> Response:
    """`action`: build, reset (the same), commit, which may archive, or move to `newProject`."""
    row = waiting.find(store(), user(), "create", project, stamp, folder)
    action = request.args.get("action")
    if action == "move":
        return _moved(waiting.uri_of(_move(row)))
    if action == "commit":
        where, archived = archiving.commit(store(), user(), row, request.args)
        return _moved(where) if archived else uris(where)
    if action not in ("build", "reset", "rebuild"):
        raise BadRequest("action must be build, reset, commit or move.")
    archiving.build(store(), row)
    return uris(waiting.uri_of(row))


@routes(blueprint, [ONE], "DELETE")
def remove(project: str, stamp: str, folder: str) -> Response:
    archiving.remove(store(), waiting.find(store(), user(), "edit", project, stamp, folder))
    return text("")


@routes(blueprint, ["/data/services/archive"], "POST", "PUT")
def archive() -> Response:
    asked = _asked()
    return uris(*(archiving.archive(store(), user(), row, asked) for row in _sources("create")))


@routes(blueprint, ["/data/services/validate-archive"], "POST")
def validate() -> Response:
    found = [n for row in _sources("create") for n in archiving.notices(store(), user(), row, _asked())]
    lines = [{"code": str(n.code), "type": n.type, "message": n.message} for n in found]
    return table(lines, "code,type,message", fixed=True)


@routes(blueprint, ["/data/services/prearchive/<work>"], "POST")
def batch(work: str) -> Response:
    """`work`: delete, rebuild, or move to `newProject`. Answers with the sessions as they are then, or were."""
    if work not in ("delete", "rebuild", "move"):
        raise NotFound("There is no such service.")
    rows = _sources("edit")
    if work == "move":
        return _table([_move(row) for row in rows])
    was = _table(rows) if work == "delete" else None
    for row in rows:
        (archiving.remove if work == "delete" else archiving.build)(store(), row)
    return was or _table([waiting.find(store(), user(), "edit", *row["id"].split("/")) for row in rows])


@routes(blueprint, [f"{ONE}/scans"])
def scans(project: str, stamp: str, folder: str) -> Response:
    row = waiting.find(store(), user(), "read", project, stamp, folder)
    lines = [
        {"ID": s["id"], "xsiType": s["type"], "series_description": fields(s).get("series_description", "")}
        for s in waiting.scans(store(), row)
    ]
    return table(lines, "ID,xsiType,series_description", fixed=True)


@routes(blueprint, [f"{SCAN}/resources"])
def scan_resources(project: str, stamp: str, folder: str, scan: str) -> Response:
    holder = _holder(project, stamp, folder, scan)
    with store().database.read() as c:
        rows = resources.of(c, holder)
    return table([resources.columns(store(), holder, r) for r in rows], "label,file_count,file_size", fixed=True)


@routes(blueprint, [f"{SCAN}/resources/<resource>/files"])
def files(project: str, stamp: str, folder: str, scan: str, resource: str) -> Response:
    holder = _holder(project, stamp, folder, scan)
    found = [k for _, r, kept in _shelves(holder) if r["label"] == resource for k in kept]
    base = f"{holder.uri}/resources/{resource}/files/"
    lines = [{"Name": k.found.path, "Size": str(k.found.size), "URI": base + k.found.path} for k in found]
    return table(lines, "Name,Size,URI", fixed=True)


@routes(blueprint, [f"{SCAN}/resources/<resource>/files/<path:path>"])
def file(project: str, stamp: str, folder: str, scan: str, resource: str, path: str) -> Response:
    holder = _holder(project, stamp, folder, scan)
    with store().database.read() as c:
        shelf = resources.find(c, holder, resource)
    target = store().vault.root / resources.folder(holder, shelf) / inner_path(path)
    if not target.is_file():
        raise NotFound("There is no such file.")
    return whole_file(target)


@routes(blueprint, [f"{ONE}/logs"])
def logs(project: str, stamp: str, folder: str) -> Response:
    row = waiting.find(store(), user(), "read", project, stamp, folder)
    return table(waiting.entries(store(), row), "id,date,entry", fixed=True)


@routes(blueprint, [f"{ONE}/logs/<number>"])
def log(project: str, stamp: str, folder: str, number: str) -> Response:
    """One entry as text; `number` may be ``last``, which is empty where nothing was logged."""
    found = waiting.entries(store(), waiting.find(store(), user(), "read", project, stamp, folder))
    if number == "last":
        return text(found[-1]["entry"] if found else "")
    entry = next((e for e in found if e["id"] == number), None)
    if entry is None:
        raise NotFound("There is no such log entry.")
    return text(entry["entry"])


def _asked() -> dict[str, str]:
    """What a request for archiving asks, its `dest` taken apart; parameters win."""
    place, found = destination(request.values.get("dest", "/archive"))
    if place != "archive":
        raise BadRequest("dest must begin with /archive.")
    return found | {name: value for name, value in request.values.items() if value}


def _sources(right: str) -> list[Row]:
    named = request.values.getlist("src")
    if not named:
        raise BadRequest("Say which session: src=/prearchive/projects/…")
    return [waiting.by_uri(store(), user(), right, src) for src in named]


def _move(row: Row) -> Row:
    with store().database.read() as c:
        rights.require(c, user(), "edit", row["project"])
    project = request.values.get("newProject", "")
    if not project:
        raise BadRequest("Say where to: newProject=…")
    return archiving.move(store(), user(), row, project)


def _moved(where: str) -> Response:
    answer = text(f"{where}\r\n", 301)
    answer.headers["Location"] = where
    return answer


def _table(rows: list[Row]) -> Response:
    with store().database.read() as c:
        return table([waiting.columns(c, row) for row in rows], COLUMNS, fixed=True)


def _holder(project: str, stamp: str, folder: str, scan: str) -> Holder:
    row = waiting.find(store(), user(), "read", project, stamp, folder)
    found = next((s for s in waiting.scans(store(), row) if s["id"] == scan), None)
    if found is None:
        raise NotFound("There is no such scan in this session.")
    return waiting.scan_holder(row, found)


def _shelves(holder: Holder) -> list[tuple[Holder, Row, list[resources.Kept]]]:
    with store().database.read() as c:
        rows = resources.of(c, holder)
    return [(holder, row, resources.files(store(), holder, row)) for row in rows]
