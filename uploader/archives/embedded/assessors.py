"""Assessors: what was drawn or computed on a session. They hang on it, have files of their own, and are shared one
by one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from sqlite3 import Connection

from werkzeug.exceptions import BadRequest, Conflict, ExpectationFailed, NotFound

from uploader.archives.embedded import find, rights, sharing
from uploader.archives.embedded.accounts import User
from uploader.archives.embedded.database import Row, fields, now, number, one
from uploader.archives.embedded.names import clean, uri
from uploader.archives.embedded.store import Store

ROI_COLLECTION = "icr:roiCollectionData"
TYPES = frozenset(
    {
        ROI_COLLECTION,
        "xnat:qcManualAssessorData",
        "xnat:qcAssessmentData",
        "xnat:mrAssessorData",
        "xnat:ctAssessorData",
        "xnat:petAssessorData",
    }
)
"""xsiTypes an assessor can have."""


def put(
    store: Store, user: User, session: Row, project: str | None, name: str, kind: str, given: Mapping[str, str]
) -> tuple[str, bool]:
    """Make the assessor or change its fields; (ID, whether it is new).

    Raises ExpectationFailed without a type for a new one, BadRequest for a type this archive does not keep,
    Conflict for another type than it has, or a label that another session's assessor has.
    """
    with store.lock(f"labels:{session['project'].lower()}"), store.database.write() as c:
        row = of_session(c, session, name, project or session["project"])
        if row is None:
            key = new_key(store, c, kind)
            insert(c, user, session, key, name, kind, given)
            return key, True
        rights.require(c, user, "edit", row["project"], find.shown_in(c, "assessor", row["id"]))
        if kind and kind not in (row["type"], "xnat:imageAssessorData"):
            raise Conflict("The assessor has another xsiType.")
        kept = json.dumps(fields(row) | dict(given))
        c.execute("UPDATE assessors SET fields = ? WHERE id = ?", (kept, row["id"]))
        return row["id"], False


def new_key(store: Store, c: Connection, kind: str) -> str:
    """An ID for a new assessor of this type. Raises ExpectationFailed, BadRequest."""
    if not kind:
        raise ExpectationFailed("Need PUT Contents: a new assessor needs an xsiType.")
    if kind not in TYPES:
        raise BadRequest(f"This archive keeps assessors of the types {', '.join(sorted(TYPES))}.")
    if kind == ROI_COLLECTION:
        return f"RoiCollection_{store.site_id}_{number(c, 'roi'):05d}"
    return f"{store.site_id}_E{number(c, 'experiment'):05d}"


def insert(c: Connection, user: User, session: Row, key: str, name: str, kind: str, given: Mapping[str, str]) -> Row:
    """A new assessor's row. Raises Forbidden without the right to create, Conflict for a label in use."""
    label, home = clean(name), session["project"]
    rights.require(c, user, "create", home, find.shown_in(c, "experiment", session["id"]))
    taken = "SELECT id FROM {} WHERE project = ? AND label = ?"
    if any(one(c, taken.format(table), home, label) for table in ("assessors", "experiments")):
        raise Conflict("Specified label is already in use.")
    values = (key, home, session["id"], label, kind, json.dumps(dict(given)), now(), user.login)
    row = one(c, "INSERT INTO assessors VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING *", *values)
    assert row is not None
    return row


def of_session(c: Connection, session: Row, name: str, within: str) -> Row | None:
    """The assessor of the session by ID or label."""
    row = find.named(c, "assessors", "assessor", name, within)
    return row if row is not None and row["session"] == session["id"] else None


def listing(store: Store, user: User, session: Row, project: str | None) -> list[dict[str, str]]:
    """The session's assessors that the user may read; by the path of a project, those visible in it.

    An assessor does not come along when its session is shared.
    """
    sql = (
        "SELECT t.*, s.label AS shared_label FROM assessors t LEFT JOIN shares s "
        "ON s.kind = 'assessor' AND s.id = t.id AND s.project = ? WHERE t.session = ? ORDER BY t.id"
    )
    with store.database.read() as c:
        may = {p.lower() for p in rights.readable(c, user) if project is None or p.lower() == project.lower()}
        rows = c.execute(sql, (project, session["id"])).fetchall()
        return [columns(row, session) for row in rows if may & _visible_in(c, row)]


def _visible_in(c: Connection, row: Row) -> set[str]:
    return {row["project"].lower(), *map(str.lower, find.shown_in(c, "assessor", row["id"]))}


def columns(row: Row, session: Row) -> dict[str, str]:
    """An assessor's columns in a listing."""
    return (
        {"date": ""}
        | fields(row)
        | {
            "ID": row["id"],
            "label": sharing.label_of(row),
            "xsiType": row["type"],
            "project": row["project"],
            "insert_date": row["inserted"],
            "insert_user": row["inserter"],
            "session_ID": session["id"],
            "session_label": session["label"],
            "imageSession_ID": session["id"],
            "xnat:imageassessordata/id": row["id"],
            "URI": uri("experiments", session["id"], "assessors", row["id"]),
        }
    )


def remove(store: Store, user: User, row: Row, project: str | None) -> None:
    """Remove the assessor with its files; in a project where it is only shared, stop sharing it."""
    if project is not None and row["project"].lower() != project.lower():
        sharing.unshare(store, user, "assessor", row, project)
        return
    with store.database.read() as c:
        rights.require(c, user, "delete", row["project"], find.shown_in(c, "assessor", row["id"]))
    erase(store, row)


def erase(store: Store, row: Row) -> None:
    """Remove the assessor with its files."""
    with store.lock(f"session:{row['session']}"):
        with store.database.write() as c:
            session = one(c, "SELECT * FROM experiments WHERE id = ?", row["session"])
            if session is None:
                raise NotFound("The session was removed meanwhile.")
            grave = store.vault.bury(find.assessor_folder(session, row))
            c.execute("DELETE FROM assessors WHERE id = ?", (row["id"],))
        store.vault.forget(grave)
