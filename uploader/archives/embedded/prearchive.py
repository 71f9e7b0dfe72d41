"""Sessions that have arrived but are not yet in the archive."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from werkzeug.exceptions import BadRequest, Conflict, NotFound

from uploader.archives.embedded import imports, removal, resources, rights, studies
from uploader.archives.embedded.accounts import User
from uploader.archives.embedded.database import Row, fields, now, one
from uploader.archives.embedded.find import Holder
from uploader.archives.embedded.names import clean, uri
from uploader.archives.embedded.routing import Routing
from uploader.archives.embedded.store import Store
from uploader.archives.embedded.studies import Series, Study
from uploader.archives.embedded.vault import Staged

_stamping = threading.Lock()


def receive(store: Store, user: User, project: str, subject: str, label: str, study: Study) -> str:
    """Keep the study as a waiting session, or add it to the one that waits for it; returns the URI.

    Raises Conflict when a file of the same name waits there already with other bytes.
    """
    with store.lock(f"waiting:{project.lower()}"):
        row = _open(store, user, project, subject, label, study)
        with store.database.write() as c:
            places = [(imports.scan_for(c, row["id"], s), s) for s in study.series.values()]
        for scan, series in places:
            holder = scan_holder(row, scan)
            taken = resources.add(store, holder, imports.RESOURCE, list(series.files.items()), {}, overwrite=False)
            if taken and not _same(store, holder, series):
                raise Conflict("Concurrent file sends of the same data is not supported.")
    return uri_of(row)


def receive_instance(store: Store, user: User, path: Path, routing: Routing) -> str:
    """Keep one DICOM file, as it came over the network, in the session that is being received; returns the URI.

    For receivers: one instance at a time, as gradual-DICOM does; calls may overlap. When this returns, the file is
    on the disk. `path` is copied and stays the caller's; what `routing` leaves empty, the header says.
    user: in whose name it arrives; needs the right to create in the project

    Raises HTTPExceptions: BadRequest for what is not a DICOM file with its UIDs, or has no project; NotFound for a
    project that does not exist, Forbidden; Conflict for other bytes under a SOP Instance UID that is there.
    Raises OSError when the disk is full.
    """
    with ExitStack() as undo, path.open("rb", buffering=0) as data:
        study = studies.gather(store, [("", data)], undo, False, routing)
        if not study.project:
            raise BadRequest("The file does not say which project it is for, and neither does the receiver.")
        return receive(store, user, study.project, study.subject, study.label, study)


def listing(store: Store, user: User, project: str | None) -> list[dict[str, str]]:
    """Waiting sessions of the project, or of all projects that the user may read."""
    with store.database.read() as c:
        if project is not None:
            rights.require(c, user, "read", project)
        may = {p.lower() for p in rights.readable(c, user)}
        rows = c.execute("SELECT * FROM waiting ORDER BY stamp").fetchall()
    wanted = may if project is None else {project.lower()}
    return [columns(row) for row in rows if row["project"].lower() in wanted]


def find(store: Store, user: User, right: str, project: str, stamp: str, folder: str) -> Row:
    """The waiting session. Raises NotFound, Forbidden."""
    with store.database.read() as c:
        rights.require(c, user, right, project)
        row = one(c, "SELECT * FROM waiting WHERE id = ?", f"{project}/{stamp}/{folder}")
    if row is None:
        raise NotFound("There is no such session in the prearchive.")
    return row


def by_uri(store: Store, user: User, right: str, src: str) -> Row:
    """The waiting session at ``[/data]/prearchive/projects/P/stamp/folder``. Raises BadRequest, NotFound, Forbidden."""
    parts = src.strip("/").removeprefix("data/").split("/")
    if len(parts) != 5 or parts[:2] != ["prearchive", "projects"]:
        raise BadRequest("src must be /prearchive/projects/{project}/{timestamp}/{folder}.")
    return find(store, user, right, *parts[2:])


def columns(row: Row) -> dict[str, str]:
    """A waiting session's columns in a listing."""
    known = fields(row)
    date = f"{known.get('date', '')} {known.get('time', '00:00:00')}.0" if known.get("date") else ""
    empty = dict.fromkeys(("SOURCE", "VISIT", "PROTOCOL", "TIMEZONE"), "")
    return empty | {
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
        "autoarchive": "Manual",
        "prevent_anon": "false",
        "prevent_auto_commit": "false",
    }


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
        f"prearchive/{row['id']}/SCANS/{scan['id']}",
        f"waiting:{row['project'].lower()}",
        f"{uri_of(row)}/scans/{scan['id']}",
        f"{row['folder']}/scans/{scan['id']}",
        scan["uid"],
    )


def archive(store: Store, user: User, row: Row, asked: Mapping[str, str]) -> str:
    """Move the waiting session into the archive; returns its URI there. Its files are linked, then let go.

    asked: query of the request: project, subject, session, overwrite, overwrite_files
    """
    project = asked.get("project", row["project"])
    subject, label = asked.get("subject", row["subject"]), asked.get("session", row["label"])
    with store.lock(f"waiting:{row['project'].lower()}"), ExitStack() as undo:
        study = _study(store, row, undo)
        files_too = asked.get("overwrite_files", "").lower() == "true"
        where = imports.deposit(store, user, project, subject, label, study, asked.get("overwrite", ""), files_too)
        remove(store, row)
    return where


def remove(store: Store, row: Row) -> None:
    """Remove the waiting session and its files."""
    with store.lock(f"waiting:{row['project'].lower()}"):
        with store.database.write() as c:
            grave = store.vault.bury(f"prearchive/{row['id']}")
            removal.forget_scans(c, row["id"])
            c.execute("DELETE FROM waiting WHERE id = ?", (row["id"],))
        store.vault.forget(grave)


def _open(store: Store, user: User, project: str, subject: str, label: str, study: Study) -> Row:
    """The session that waits for this study under this label; it is made when there is none."""
    with store.database.write() as c:
        rights.require(c, user, "create", project)
        found = one(c, "SELECT id FROM projects WHERE id = ?", project)
        assert found is not None
        folder = clean(label)
        sql = "SELECT * FROM waiting WHERE project = ? AND uid = ? AND folder = ? AND subject = ?"
        row = one(c, sql, project, study.uid, folder, subject)
        if row is None:
            stamp = _stamp()
            values = (f"{found['id']}/{stamp}/{folder}", found["id"], stamp, folder, subject, folder, study.uid)
            sql = "INSERT INTO waiting VALUES (?, ?, ?, ?, ?, ?, ?, 'READY', ?, ?, ?) RETURNING *"
            row = one(c, sql, *values, json.dumps(study.fields), now(), user.login)
        assert row is not None
        return row


def _study(store: Store, row: Row, undo: ExitStack) -> Study:
    """The waiting session as a study whose files are staged a second time, by hard links."""
    study = Study(row["uid"], row["project"], row["subject"], row["label"], fields(row))
    for scan in scans(store, row):
        known = fields(scan)
        series = Series(scan["uid"], scan["id"], known.get("modality", ""), scan["type"], known)
        holder = scan_holder(row, scan)
        with store.database.read() as c:
            shelves = resources.of(c, holder)
        for shelf in shelves:
            for kept in resources.files(store, holder, shelf):
                path = store.vault.root / resources.folder(holder, shelf) / kept.found.path
                link = store.vault.second_name(path)
                undo.callback(link.unlink, missing_ok=True)
                series.files[kept.found.path] = Staged(link, kept.md5, kept.found.size)
        study.series[series.uid] = series
    return study


def _same(store: Store, holder: Holder, series: Series) -> bool:
    """Whether all of the series' files wait there already, with the same bytes."""
    with store.database.read() as c:
        shelf = resources.find(c, holder, imports.RESOURCE)
    known = {kept.found.path: kept.md5 for kept in resources.files(store, holder, shelf)}
    return all(known.get(name) == staged.md5 for name, staged in series.files.items())


def uri_of(row: Row) -> str:
    """Where it is, with ``/data``."""
    return uri("prearchive", "projects", row["project"], row["stamp"], row["folder"])


def _stamp() -> str:
    """A time that no other waiting session of this process has: ``20261124_160000123``."""
    with _stamping:
        threading.Event().wait(0.001)
        return datetime.now(UTC).strftime("%Y%m%d_%H%M%S%f")[:-3]
