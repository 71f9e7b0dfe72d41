"""What a path such as ``/archive/projects/P/subjects/S/experiments/E/scans/1`` names."""

from __future__ import annotations

from sqlite3 import Connection
from urllib.parse import unquote

from werkzeug.exceptions import BadRequest

from uploader.archives.embedded import find
from uploader.archives.embedded.accounts import User
from uploader.archives.embedded.find import Holder

_KINDS = {"projects": "project", "subjects": "subject", "experiments": "experiment", "scans": "scan"}


def holders(c: Connection, user: User, right: str, path: str) -> list[Holder]:
    """The thing at this path, and its scans where it is a session. Raises BadRequest, NotFound, Forbidden."""
    names = _names(path)
    found = find.holder(c, user, right, **names)
    if "experiment" not in names or "scan" in names:
        return [found]
    session = find.session(c, user, right, names["experiment"], names.get("project"), names.get("subject"))
    rows = c.execute("SELECT * FROM scans WHERE session = ? ORDER BY CAST(id AS INTEGER), id", (session["id"],))
    return [found, *(find.scan_holder(c, session, row) for row in rows.fetchall())]


def _names(path: str) -> dict[str, str]:
    parts = path.strip("/").removeprefix("data/").removeprefix("archive/").split("/")
    names = {_KINDS[kind]: unquote(name) for kind, name in zip(parts[::2], parts[1::2], strict=False) if kind in _KINDS}
    if len(parts) != 2 * len(names) or not names:
        raise BadRequest("This is not the path of a project, subject, session or scan in the archive.")
    return names
