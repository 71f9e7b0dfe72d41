"""Studies into the archive: new sessions, and more for sessions that exist."""

from __future__ import annotations

import json
from collections.abc import Mapping
from sqlite3 import Connection

from werkzeug.exceptions import Conflict

from uploader.archives.embedded import dicomtypes, find, resources, rights, sessions
from uploader.archives.embedded.accounts import User
from uploader.archives.embedded.database import Row, fields, one
from uploader.archives.embedded.find import Holder
from uploader.archives.embedded.names import clean, uri
from uploader.archives.embedded.store import Store
from uploader.archives.embedded.studies import Series, Study

RESOURCE = "DICOM"
"""Label of the resource that holds a scan's images."""


def deposit(
    store: Store, user: User, project: str, subject: str, label: str, study: Study, overwrite: str, files_too: bool
) -> str:
    """Put the study into the session `label`; returns the session's URI. One at a time for each session.

    overwrite: ``append`` adds to a session that exists, ``delete`` also when it is of another study;
        anything else is for new sessions only
    files_too: files that exist are replaced; ``delete`` does that too
    Raises Conflict, with nothing stored, when the session exists, is of another subject or study,
    or has a file of a name that comes.
    """
    session, new = _open(store, user, project, subject, label, study)
    with store.lock(f"session:{session['id']}"):
        if not new:
            _check(store, user, session, subject, study, overwrite)
        with store.database.write() as c:
            places = [(scan_for(c, session["id"], s), s) for s in study.series.values()]
            holders = [(find.scan_holder(c, session, row), s) for row, s in places]
        replace = files_too or overwrite == "delete"
        if not replace and any(_taken(store, holder, series) for holder, series in holders):
            raise Conflict(
                "The session has files of the same names already; send overwrite_files=true to replace them."
            )
        for holder, series in holders:
            resources.add(store, holder, RESOURCE, list(series.files.items()), {}, overwrite=True)
        _describe(store, session, study)
    return _uri(store, session)


def _open(store: Store, user: User, project: str, subject: str, label: str, study: Study) -> tuple[Row, bool]:
    """The session's row, and whether it had to be made."""
    with store.lock(f"labels:{project.lower()}"), store.database.write() as c:
        rights.require(c, user, "read", project)
        row = find.named(c, "experiments", "experiment", label, project)
        new = row is None
        if row is None:
            kind = dicomtypes.session_type(study.types)
            key = sessions.make(store, c, user, project, subject, label, kind, study.fields)
            row = one(c, "SELECT * FROM experiments WHERE id = ?", key)
        assert row is not None
        return row, new


def _check(store: Store, user: User, session: Row, subject: str, study: Study, overwrite: str) -> None:
    """Raises Conflict when the study may not be merged into the session, Forbidden without the right to edit it."""
    with store.database.read() as c:
        rights.require(c, user, "edit", session["project"], find.shown_in(c, "experiment", session["id"]))
        now = one(c, "SELECT * FROM experiments WHERE id = ?", session["id"])
        owner = find.named(c, "subjects", "subject", subject, session["project"])
    if now is None:
        raise Conflict("The session was removed meanwhile.")
    if overwrite not in ("append", "delete"):
        raise Conflict(
            "unable to archive for the Prearchive session: the session exists; send overwrite=append to merge."
        )
    if owner is None or owner["id"] != now["subject"]:
        raise Conflict("The session belongs to another subject.")
    if overwrite == "append" and fields(now).get("UID", study.uid) != study.uid:
        raise Conflict("The session is of another study: its Study Instance UID differs.")


def scan_for(c: Connection, session: str, series: Series) -> Row:
    """The scan that holds the series; it is made when there is none."""
    row = one(c, "SELECT * FROM scans WHERE session = ? AND uid = ?", session, series.uid)
    if row is None:
        taken = {r["id"]: r["uid"] for r in c.execute("SELECT id, uid FROM scans WHERE session = ?", (session,))}
        name = clean(dicomtypes.scan_id(series.uid, series.number, series.modality, taken))
        values = (session, name, series.type, series.uid, json.dumps(series.fields))
        sql = "INSERT INTO scans (session, id, type, uid, fields) VALUES (?, ?, ?, ?, ?) RETURNING *"
        row = one(c, sql, *values)
    assert row is not None
    return row


def _taken(store: Store, holder: Holder, series: Series) -> bool:
    folder = store.vault.root / holder.folder / RESOURCE
    return any((folder / name).exists() for name in series.files)


def _describe(store: Store, session: Row, study: Study) -> None:
    """What the session's row says, now that the study is in it: its type is that of all its scans."""
    with store.database.write() as c:
        now = one(c, "SELECT * FROM experiments WHERE id = ?", session["id"])
        types = {r["type"] for r in c.execute("SELECT type FROM scans WHERE session = ?", (session["id"],))}
        known: Mapping[str, str] = study.fields | (fields(now) if now else {})
        sql = "UPDATE experiments SET type = ?, fields = ? WHERE id = ?"
        c.execute(sql, (dicomtypes.session_type(types), json.dumps(known), session["id"]))


def _uri(store: Store, session: Row) -> str:
    """As XNAT answers: by labels, under ``/data/archive``."""
    with store.database.read() as c:
        owner = one(c, "SELECT label FROM subjects WHERE id = ?", session["subject"])
    assert owner is not None
    return uri("archive", "projects", session["project"], "subjects", owner["label"], "experiments", session["label"])
