"""The prearchive: looking, archiving, moving, removing."""

from __future__ import annotations

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest, NotFound

from uploader.archives.embedded import pack, prearchive, resources
from uploader.archives.embedded.database import Row, fields
from uploader.archives.embedded.find import Holder
from uploader.archives.embedded.names import inner_path
from uploader.archives.embedded.rest.answers import table, text, uris
from uploader.archives.embedded.rest.asked import routes, store, user, yes
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
    return table(prearchive.listing(store(), user(), project), COLUMNS, fixed=True)


@routes(blueprint, [ONE])
def show(project: str, stamp: str, folder: str) -> Response:
    row = prearchive.find(store(), user(), "read", project, stamp, folder)
    if request.args.get("format") in pack.KINDS:
        holders = [prearchive.scan_holder(row, scan) for scan in prearchive.scans(store(), row)]
        return packed(request.args["format"], [s for h in holders for s in _shelves(h)])
    return table([prearchive.columns(row)], COLUMNS, fixed=True)


@routes(blueprint, [ONE], "POST")
def act(project: str, stamp: str, folder: str) -> Response:
    """`action`: build, reset (both: nothing is left to do), or commit, which archives with ``AA=true``."""
    row = prearchive.find(store(), user(), "create", project, stamp, folder)
    action = request.args.get("action")
    if action == "commit" and (yes("AA") or yes("auto-archive")):
        where = prearchive.archive(store(), user(), row, request.args)
        answer = text(f"{where}\r\n", 301)
        answer.headers["Location"] = where
        return answer
    if action not in ("build", "reset", "commit"):
        raise BadRequest("action must be build, reset or commit.")
    return uris(prearchive.uri_of(row))


@routes(blueprint, [ONE], "DELETE")
def remove(project: str, stamp: str, folder: str) -> Response:
    prearchive.remove(store(), prearchive.find(store(), user(), "edit", project, stamp, folder))
    return text("")


@routes(blueprint, ["/data/services/archive"], "POST", "PUT")
def archive() -> Response:
    asked = request.values
    sources = asked.getlist("src")
    if not sources:
        raise BadRequest("Say what to archive: src=/prearchive/projects/…")
    rows = [prearchive.by_uri(store(), user(), "create", src) for src in sources]
    return uris(*(prearchive.archive(store(), user(), row, asked) for row in rows))


@routes(blueprint, ["/data/services/prearchive/delete", "/data/services/prearchive/rebuild"], "POST")
def batch() -> Response:
    rows = [prearchive.by_uri(store(), user(), "edit", src) for src in request.values.getlist("src")]
    if request.path.endswith("/delete"):
        for row in rows:
            prearchive.remove(store(), row)
    return table([prearchive.columns(row) for row in rows], COLUMNS, fixed=True)


@routes(blueprint, [f"{ONE}/scans"])
def scans(project: str, stamp: str, folder: str) -> Response:
    row = prearchive.find(store(), user(), "read", project, stamp, folder)
    lines = [
        {"ID": s["id"], "xsiType": s["type"], "series_description": fields(s).get("series_description", "")}
        for s in prearchive.scans(store(), row)
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


@routes(blueprint, [f"{ONE}/logs", f"{ONE}/logs/last"])
def logs(project: str, stamp: str, folder: str) -> Response:
    """Nothing is logged about a waiting session: whatever goes wrong is told to the one who asked."""
    prearchive.find(store(), user(), "read", project, stamp, folder)
    return text("") if request.path.endswith("/last") else table([], "id,date,entry", fixed=True)


def _holder(project: str, stamp: str, folder: str, scan: str) -> Holder:
    row = prearchive.find(store(), user(), "read", project, stamp, folder)
    found = next((s for s in prearchive.scans(store(), row) if s["id"] == scan), None)
    if found is None:
        raise NotFound("There is no such scan in this session.")
    return prearchive.scan_holder(row, found)


def _shelves(holder: Holder) -> list[tuple[Holder, Row, list[resources.Kept]]]:
    with store().database.read() as c:
        rows = resources.of(c, holder)
    return [(holder, row, resources.files(store(), holder, row)) for row in rows]
