"""Services on what is stored: looking at files anew, and telling a header without sending the file."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest, NotFound

from uploader.archives.embedded import dump, places, resources
from uploader.archives.embedded.find import Holder
from uploader.archives.embedded.rest.answers import table, text
from uploader.archives.embedded.rest.asked import routes, store, user
from uploader.domain.errors import UnreadableFile

blueprint = Blueprint("services", __name__)


@routes(blueprint, ["/data/services/refresh/catalog"], "POST", "PUT")
def refresh() -> Response:
    """Hash every file anew. Catalogues themselves are always those of the disk, whatever the options say."""
    asked = request.args.getlist("resource")
    if not asked:
        raise BadRequest("Say what to look at: resource=/archive/projects/…")
    with store().database.read() as c:
        found = [holder for path in asked for holder in places.holders(c, user(), "edit", path)]
    for holder in found:
        with store().lock(holder.lock):
            _hash(holder)
    return text("")


@routes(blueprint, ["/data/services/dicomdump"])
def dicomdump() -> Response:
    """The header of the first file of a scan, or of a session's scans, that can be read. ``field`` may come again."""
    with store().database.read() as c:
        holders = places.holders(c, user(), "read", request.args.get("src", ""))
        scans = [holder for holder in holders if holder.key.startswith("scan:")]
        folders = [resources.folder(holder, row) for holder in scans for row in resources.of(c, holder)]
    return table(_header(folders), "tag1,tag2,vr,value,desc", fixed=True)


def _header(folders: list[str]) -> list[dict[str, str]]:
    for path in (
        store().vault.root / folder / found.path for folder in folders for found in store().vault.look(folder)
    ):
        if (rows := _rows(path)) is not None:
            return rows
    raise NotFound("There is no DICOM file there that can be read.")


def _rows(path: Path) -> list[dict[str, str]] | None:
    try:
        return list(dump.rows(path, request.args.getlist("field")))
    except (UnreadableFile, FileNotFoundError):
        return None


def _hash(holder: Holder) -> None:
    with store().database.write() as c:
        rows = resources.of(c, holder)
        c.executemany("UPDATE files SET stamp = '' WHERE resource = ?", [(row["pk"],) for row in rows])
    for row in rows:
        resources.files(store(), holder, row)
