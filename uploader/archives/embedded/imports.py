"""Studies into the archive: new sessions, and more for sessions that exist."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from sqlite3 import Connection

from werkzeug.exceptions import Conflict

from uploader.archives.embedded import (
    conflicts,
    deposits,
    dicomtypes,
    find,
    removal,
    resources,
    rights,
    scripting,
    sessions,
    studies,
)
from uploader.archives.embedded.accounts import User
from uploader.archives.embedded.conflicts import IMAGES, Incoming
from uploader.archives.embedded.database import Row, fields, one
from uploader.archives.embedded.names import clean, uri
from uploader.archives.embedded.store import Store
from uploader.archives.embedded.studies import Series, Study


def deposit(
    store: Store,
    user: User,
    study: Study,
    overwrite: str,
    files_too: bool,
    *,
    skip_rejected: bool = False,
    waited: str = "",
) -> str:
    """Put the study into the session it names, as the project's script makes it; returns the session's URI.

    One at a time for each session. All of it is put in or, also when this is cut off, nothing.
    overwrite: ``append`` adds to a session that exists, ``delete`` also when it is of another study;
        anything else is for new sessions only
    files_too: files that exist are replaced; ``delete`` does that too
    skip_rejected: leave out files that the project's script rejects, instead of refusing all
    waited: ID of the session in the prearchive that this is, and then is no more
    Raises InTheWay when the session exists, is of another subject or study, or has a file of a name that comes,
    Conflict when the script fails or rejects.
    """
    with ExitStack() as undo:
        study = _scripted(store, user, study, undo, skip_rejected)
        session, number = _open(store, user, study)
        with ExitStack() as back:
            back.callback(deposits.take_back, store, number)
            _fill(store, user, session, number, study, overwrite, files_too)
            _finish(store, session, number, study, waited)
            back.pop_all()
    return _uri(store, session)


def _scripted(store: Store, user: User, study: Study, undo: ExitStack, skip_rejected: bool) -> Study:
    with store.database.read() as c:
        study.project = find.project(c, user, "create", study.project)["id"]
        owner = find.named(c, "subjects", "subject", study.subject, study.project)
    scripts = scripting.at_archiving(store, study.project)
    if not scripts:
        return study
    study.subject = owner["label"] if owner else clean(study.subject)
    study.label = clean(study.label)
    return studies.edited(store, study, scripts, undo, skip_rejected)


def _open(store: Store, user: User, study: Study) -> tuple[Row, int]:
    """The session's row, made when there is none, and the number of the deposit that begins."""
    with store.lock(f"labels:{study.project.lower()}"), store.database.write() as c:
        rights.require(c, user, "create", study.project)
        row = find.named(c, "experiments", "experiment", study.label, study.project)
        made = row is None
        if row is None:
            kind = dicomtypes.session_type(study.types)
            key = sessions.make(store, c, user, study.project, study.subject, study.label, kind, study.fields)
            row = conflicts.existing(c, key)
        assert row is not None
        return row, deposits.begin(c, row["id"], made)


def _fill(store: Store, user: User, session: Row, number: int, study: Study, overwrite: str, files_too: bool) -> None:
    with store.lock(f"session:{session['id']}"):
        with store.database.write() as c:
            there = conflicts.existing(c, session["id"])
            if there is None:
                raise Conflict("The session was removed meanwhile.")
            session = there  # it may have been renamed
            if not _made_for(c, number):
                _check(store, c, user, session, study, overwrite, files_too)
            places = [(scan_for(c, session["id"], s), s) for s in study.series.values()]
            holders = [(find.scan_holder(c, session, row), s) for (row, _), s in places]
            new = [row["pk"] for (row, fresh), _ in places if fresh]
            deposits.note(store, c, number, new, [(holder, IMAGES, list(s.files)) for holder, s in holders])
        for holder, series in holders:
            resources.add(store, holder, IMAGES, list(series.files.items()), {}, overwrite=True, deposit=number)


def _made_for(c: Connection, number: int) -> bool:
    """Whether the session was made for this deposit, and nobody else has put anything in since."""
    row = one(c, "SELECT session, made FROM deposits WHERE id = ?", number)
    assert row is not None
    return bool(row["made"]) and one(c, "SELECT pk FROM scans WHERE session = ?", row["session"]) is None


def _check(
    store: Store, c: Connection, user: User, session: Row, study: Study, overwrite: str, files_too: bool
) -> None:
    """Raises InTheWay when the study may not be merged into the session, Forbidden without the right to edit it."""
    rights.require(c, user, "edit", session["project"], find.shown_in(c, "experiment", session["id"]))
    scans = {uid: (series.number, series.files.keys()) for uid, series in study.series.items()}
    incoming = Incoming(study.uid, study.subject, scans)
    found = conflicts.notices(store, c, session["project"], session["label"], incoming)
    conflicts.refuse(found, overwrite, files_too)


def scan_for(c: Connection, session: str, series: Series) -> tuple[Row, bool]:
    """The scan that holds the series, and whether it had to be made."""
    row = one(c, "SELECT * FROM scans WHERE session = ? AND uid = ?", session, series.uid)
    if row is not None:
        return row, False
    taken = {r["id"]: r["uid"] for r in c.execute("SELECT id, uid FROM scans WHERE session = ?", (session,))}
    name = clean(dicomtypes.scan_id(series.uid, series.number, series.modality, taken))
    values = (session, name, series.type, series.uid, json.dumps(series.fields))
    sql = "INSERT INTO scans (session, id, type, uid, fields) VALUES (?, ?, ?, ?, ?) RETURNING *"
    row = one(c, sql, *values)
    assert row is not None
    return row, True


def _finish(store: Store, session: Row, number: int, study: Study, waited: str) -> None:
    """What the session's row says, now that the study is in it: its type is that of all its scans."""
    with store.database.write() as c:
        now = conflicts.existing(c, session["id"])
        types = {r["type"] for r in c.execute("SELECT type FROM scans WHERE session = ?", (session["id"],))}
        known: Mapping[str, str] = study.fields | (fields(now) if now else {})
        sql = "UPDATE experiments SET type = ?, fields = ? WHERE id = ?"
        c.execute(sql, (dicomtypes.session_type(types), json.dumps(known), session["id"]))
        deposits.end(c, number)
        if waited:
            removal.forget_waiting(c, waited)


def _uri(store: Store, session: Row) -> str:
    """As XNAT answers: by labels, under ``/data/archive``."""
    with store.database.read() as c:
        session = conflicts.existing(c, session["id"]) or session  # it may have been renamed
        owner = one(c, "SELECT label FROM subjects WHERE id = ?", session["subject"])
    assert owner is not None
    return uri("archive", "projects", session["project"], "subjects", owner["label"], "experiments", session["label"])
