"""Sessions that wait in the prearchive: looking at them, and what is written down about them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from sqlite3 import Connection

from werkzeug.exceptions import BadRequest, NotFound

from uploader.archives.embedded import rights
from uploader.archives.embedded.accounts import User
from uploader.archives.embedded.database import Row, fields, now, one
from uploader.archives.embedded.find import Holder
from uploader.archives.embedded.names import uri
from uploader.archives.embedded.projects import DEFAULTS
from uploader.archives.embedded.store import Store

RECEIVING, BUILDING, READY, CONFLICT, ERROR = "RECEIVING", "BUILDING", "READY", "CONFLICT", "ERROR"
ARCHIVING, MOVING, DELETING = "ARCHIVING", "MOVING", "DELETING"
AUTOMATIC = {"0": "Manual", "4": "AutoArchive", "5": "AutoArchiveOverwrite"}
"""What a project's ``prearchive_code`` means: 4 archives what is complete and merges, 5 also replaces files."""
_FACTS = {"autoarchive": "Manual", "prevent_anon": "false", "prevent_auto_commit": "false"} | dict.fromkeys(
    ("SOURCE", "VISIT", "PROTOCOL", "TIMEZONE"), ""
)
"""What is known of every waiting session besides its row, and how it is where nobody said."""


def listing(store: Store, user: User, project: str | None) -> list[dict[str, str]]:
    """Waiting sessions of the project, or of all projects that the user may read; several, with commas."""
    asked = project.split(",") if project is not None else None
    with store.database.read() as c:
        for name in asked or ():
            rights.require(c, user, "read", name)
        wanted = {p.lower() for p in (rights.readable(c, user) if asked is None else asked)}
        rows = c.execute("SELECT * FROM waiting ORDER BY stamp").fetchall()
        return [columns(c, row) for row in rows if row["project"].lower() in wanted]


def find(store: Store, user: User, right: str, project: str, stamp: str, folder: str) -> Row:
    """The waiting session. Raises NotFound, Forbidden."""
    with store.database.read() as c:
        rights.require(c, user, right, project)
        row = one(c, "SELECT * FROM waiting WHERE project = ? AND stamp = ? AND folder = ?", project, stamp, folder)
    if row is None:
        raise NotFound("There is no such session in the prearchive.")
    return row


def by_uri(store: Store, user: User, right: str, src: str) -> Row:
    """The waiting session at ``[/data]/prearchive/projects/P/stamp/folder``. Raises BadRequest, NotFound, Forbidden."""
    parts = src.strip("/").removeprefix("data/").split("/")
    if len(parts) != 5 or parts[:2] != ["prearchive", "projects"]:
        raise BadRequest("src must be /prearchive/projects/{project}/{timestamp}/{folder}.")
    return find(store, user, right, *parts[2:])


def current(c: Connection, key: str) -> Row | None:
    """The session's row as it is now; None when it waits no more."""
    return one(c, "SELECT * FROM waiting WHERE id = ?", key)


def columns(c: Connection, row: Row) -> dict[str, str]:
    """A waiting session's columns in a listing."""
    known = fields(row)
    date = f"{known.get('date', '')} {known.get('time', '00:00:00')}.0" if known.get("date") else ""
    return facts(c, row) | {
        "project": row["project"],
        "timestamp": row["stamp"],
        "lastmod": row["touched"],
        "uploaded": row["touched"],
        "scan_date": date,
        "scan_time": known.get("time", ""),
        "subject": row["subject"],
        "folderName": row["folder"],
        "name": row["label"],
        "tag": row["uid"],
        "status": row["status"],
        "url": uri_of(row).removeprefix("/data"),
    }


def facts(c: Connection, row: Row) -> dict[str, str]:
    """How the session is to be handled, under the names of XNAT's columns."""
    found = one(c, "SELECT facts FROM handling WHERE waiting = ?", row["id"])
    known: dict[str, str] = json.loads(found["facts"]) if found else {}
    return _FACTS | known


def state(c: Connection, row: Row, said: Mapping[str, str]) -> None:
    """Keep how the session is to be handled."""
    kept = json.dumps(facts(c, row) | {k: v for k, v in said.items() if k in _FACTS})
    c.execute("INSERT OR REPLACE INTO handling VALUES (?, ?)", (row["id"], kept))


def automatic(c: Connection, row: Row, said: Mapping[str, str]) -> str:
    """What happens when nothing more comes: by its project's code, unless any sender wants the session to wait."""
    if "true" in (said.get("prevent_auto_commit"), facts(c, row)["prevent_auto_commit"]):
        return AUTOMATIC["0"]
    project = one(c, "SELECT fields FROM projects WHERE id = ?", row["project"])
    code = (DEFAULTS | (fields(project) if project else {}))["prearchive_code"]
    return AUTOMATIC[code]


def mark(c: Connection, row: Row, status: str, entry: str = "") -> None:
    """Set the status, and log a sentence. It must not tell who the patient is."""
    c.execute("UPDATE waiting SET status = ? WHERE id = ?", (status, row["id"]))
    if entry:
        c.execute("INSERT INTO waiting_log (waiting, at, entry) VALUES (?, ?, ?)", (row["id"], now(), entry))


def entries(store: Store, row: Row) -> list[dict[str, str]]:
    """What was logged about the session, oldest first."""
    with store.database.read() as c:
        rows = c.execute("SELECT * FROM waiting_log WHERE waiting = ? ORDER BY id", (row["id"],))
        return [{"id": str(n), "date": found["at"], "entry": found["entry"]} for n, found in enumerate(rows)]


def scans(store: Store, row: Row) -> list[Row]:
    """Its scans."""
    with store.database.read() as c:
        sql = "SELECT * FROM scans WHERE session = ? ORDER BY CAST(id AS INTEGER), id"
        return c.execute(sql, (row["id"],)).fetchall()


def scan_holder(row: Row, scan: Row) -> Holder:
    """One of its scans as a holder of resources."""
    return Holder(
        f"scan:{scan['pk']}",
        row["project"],
        (),
        f"{folder_of(row)}/SCANS/{scan['id']}",
        lock_of(row),
        f"{uri_of(row)}/scans/{scan['id']}",
        f"{row['folder']}/scans/{scan['id']}",
        scan["uid"],
    )


def lock_of(row: Row) -> str:
    """Whom to lock before changing the session."""
    return f"waiting:{row['id']}"


def folder_of(row: Row) -> str:
    """Where it lies, below the archive's root."""
    return f"prearchive/{row['id']}"


def uri_of(row: Row) -> str:
    """Where it is, with ``/data``."""
    return uri("prearchive", "projects", row["project"], row["stamp"], row["folder"])
