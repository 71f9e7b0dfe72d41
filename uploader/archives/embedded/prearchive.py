"""What arrives in the prearchive: uploads and single instances, merged into one waiting session for each study."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection
from typing import TypeVar

from werkzeug.exceptions import BadRequest, Conflict

from uploader.archives.embedded import imports, resources, rights, studies, waiting
from uploader.archives.embedded.accounts import User
from uploader.archives.embedded.conflicts import IMAGES
from uploader.archives.embedded.database import Row, now, one
from uploader.archives.embedded.names import clean
from uploader.archives.embedded.routing import Routing
from uploader.archives.embedded.store import Store
from uploader.archives.embedded.studies import Study

T = TypeVar("T")
_stamping = threading.Lock()


def receive(
    store: Store, user: User, study: Study, *, complete: bool = False, said: Mapping[str, str] | None = None
) -> str:
    """Keep the study as a waiting session, or add it to the one that waits for it; returns the URI.

    Calls for one session may overlap: each adds its files, and equal files are the same file.
    complete: nothing more is to come: it is READY, and stays until somebody archives it; else it is RECEIVING, and
        archived by itself when all is quiet and the project's ``prearchive_code`` says so
    said: how it is to be handled, see `waiting.facts`
    Raises Conflict, with nothing stored, when a file of the same name waits there already with other bytes.
    """
    return received(store, user, study, waiting.uri_of, complete=complete, said=said)


def received(
    store: Store,
    user: User,
    study: Study,
    then: Callable[[Row], T],
    *,
    complete: bool = False,
    said: Mapping[str, str] | None = None,
) -> T:
    """As `receive`; returns what `then` makes of the session, before anybody else can touch it."""
    while True:
        row = _open(store, user, study)
        with store.lock(waiting.lock_of(row)):
            with store.database.read() as c:
                there = waiting.current(c, row["id"])
            if there is not None:  # else it was archived or removed just now, and another one begins
                _add(store, there, study, complete, said or {})
                return then(there)


def receive_instance(store: Store, user: User, path: Path, routing: Routing) -> str:
    """Keep one DICOM file, as it came over the network, in the session that is being received; returns the URI.

    For receivers: one instance at a time, as gradual-DICOM does; calls may overlap. When this returns, the file is
    on the disk. `path` is copied and stays the caller's; what `routing` leaves empty, the header says.
    user: in whose name it arrives; needs the right to create in the project

    Raises HTTPExceptions: BadRequest for what is not a DICOM file with its UIDs, has no project, or is rejected by the
    site's script; NotFound for a project that does not exist, Forbidden; Conflict for other bytes under a SOP Instance
    UID that is there. Raises OSError when the disk is full.
    """
    with ExitStack() as undo, path.open("rb", buffering=0) as data:
        study = studies.gather(store, [("", data)], undo, False, routing)
        if not study.project:
            raise BadRequest("The file does not say which project it is for, and neither does the receiver.")
        said = {"SOURCE": "dicom", "prevent_anon": str(not routing.anonymise).lower()}
        return receive(store, user, study, said=said)


def _open(store: Store, user: User, study: Study) -> Row:
    """The session that waits for this study under this label; it is made when there is none."""
    folder = clean(study.label)
    with store.database.read() as c:
        rights.require(c, user, "create", study.project)
        row = _waiting(c, study, folder)
    if row is not None:
        return row
    with store.database.write() as c:
        project = one(c, "SELECT id FROM projects WHERE id = ? AND NOT deleted", study.project)
        row = _waiting(c, study, folder)
        if row is None:
            assert project is not None
            home, stamp = project["id"], _stamp()
            values = (f"{home}/{stamp}/{folder}", home, stamp, folder, study.subject, folder, study.uid)
            sql = "INSERT INTO waiting VALUES (?, ?, ?, ?, ?, ?, ?, 'RECEIVING', ?, ?, ?) RETURNING *"
            row = one(c, sql, *values, json.dumps(study.fields), now(), user.login)
        assert row is not None
        return row


def _waiting(c: Connection, study: Study, folder: str) -> Row | None:
    sql = "SELECT * FROM waiting WHERE project = ? AND uid = ? AND folder = ? AND subject = ?"
    return one(c, sql, study.project, study.uid, folder, study.subject)


def _add(store: Store, row: Row, study: Study, complete: bool, said: Mapping[str, str]) -> None:
    fresh = _not_there_yet(store, row, study)
    said = {**said, "prevent_auto_commit": "true"} if complete else said
    with store.database.write() as c:
        places = [(imports.scan_for(c, row["id"], series)[0], series) for series in study.series.values()]
        _touch(c, row, waiting.RECEIVING)
        waiting.state(c, row, {"autoarchive": waiting.automatic(c, row, said), **said})
    for scan, series in places:
        files = [(name, staged) for name, staged in series.files.items() if name in fresh[series.uid]]
        if files:
            resources.add(store, waiting.scan_holder(row, scan), IMAGES, files, {}, overwrite=False)
    if complete or len(study.files) > 1:
        with store.database.write() as c:
            _touch(c, row, waiting.READY if complete else waiting.RECEIVING)


def _not_there_yet(store: Store, row: Row, study: Study) -> dict[str, set[str]]:
    """Names of the files that do not wait there yet, by series. Raises Conflict for one that does, with other bytes."""
    there = {scan["uid"]: waiting.scan_holder(row, scan) for scan in waiting.scans(store, row)}
    fresh = {}
    for uid, series in study.series.items():
        folder = f"{there[uid].folder}/{IMAGES}" if uid in there else None
        known = {name for name in series.files if folder and (store.vault.root / folder / name).exists()}
        if any(store.vault.digest(folder or "", name) != series.files[name].md5 for name in known):
            raise Conflict("Concurrent file sends of the same data is not supported: other bytes under a UID there is.")
        fresh[uid] = series.files.keys() - known
    return fresh


def _touch(c: Connection, row: Row, status: str) -> None:
    c.execute("UPDATE waiting SET touched = ? WHERE id = ?", (now(), row["id"]))
    waiting.mark(c, row, status)


def _stamp() -> str:
    """A time that no other waiting session of this process has: ``20261124_160000123``."""
    with _stamping:
        threading.Event().wait(0.001)
        return datetime.now(UTC).strftime("%Y%m%d_%H%M%S%f")[:-3]
