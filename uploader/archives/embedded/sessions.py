"""Imaging sessions: making, changing and listing them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from sqlite3 import Connection

from werkzeug.exceptions import BadRequest, Conflict, ExpectationFailed

from uploader.archives.embedded import find, rights, subjects
from uploader.archives.embedded.accounts import User
from uploader.archives.embedded.database import Row, all_fields, fields, now, number, one
from uploader.archives.embedded.names import clean, uri
from uploader.archives.embedded.schemas import SESSIONS
from uploader.archives.embedded.store import Store


def put(
    store: Store,
    user: User,
    project: str,
    subject: str | None,
    name: str,
    kind: str,
    given: Mapping[str, str],
    key: str = "",
) -> tuple[str, bool]:
    """Make the session, and its subject where needed, or change its fields; (ID, whether it is new).

    kind: xsiType; may be empty for a session that exists
    key: ID for a new one; without it the archive gives one
    Raises ExpectationFailed for a new one without a type, BadRequest for a type this archive does not keep.
    """
    with store.lock(f"labels:{project.lower()}"), store.database.write() as c:
        rights.require(c, user, "read", project)
        row = find.named(c, "experiments", "experiment", name, project)
        if row is None:
            if not kind:
                raise ExpectationFailed("Need PUT Contents: a new session needs an xsiType.")
            if subject is None:
                raise BadRequest("A new session needs a subject.")
            return make(store, c, user, project, subject, name, kind, given, key), True
        change(c, user, row, kind, given)
        return row["id"], False


def make(
    store: Store,
    c: Connection,
    user: User,
    project: str,
    subject: str,
    name: str,
    kind: str,
    given: Mapping[str, str],
    wanted: str = "",
) -> str:
    """A new session's ID. Its label must be free in the project."""
    if kind not in SESSIONS:
        raise BadRequest("This archive keeps imaging sessions only, of XNAT's own types.")
    home = find.project(c, user, "create", project)["id"]
    key = (
        find.free_key(c, store.site_id, "experiments", home, wanted)
        or f"{store.site_id}_E{number(c, 'experiment'):05d}"
    )
    owner = subjects.ensure(store, c, user, home, subject)
    values = (key, home, owner, clean(name), kind, json.dumps(_typed(given)), now(), user.login)
    c.execute("INSERT INTO experiments VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
    return key


def change(c: Connection, user: User, row: Row, kind: str, given: Mapping[str, str]) -> None:
    """Change the session's fields. Raises Conflict for another type than it has."""
    rights.require(c, user, "edit", row["project"], find.shown_in(c, "experiment", row["id"]))
    if kind and kind not in (row["type"], "xnat:imageSessionData", "xnat:experimentData"):
        raise Conflict("The session has another xsiType.")
    kept = json.dumps(fields(row) | _typed(given))
    c.execute("UPDATE experiments SET fields = ? WHERE id = ?", (kept, row["id"]))


def _typed(given: Mapping[str, str]) -> dict[str, str]:
    """The fields, the age as XNAT tells it: a number with a point. Raises BadRequest when it is none."""
    age = given.get("age", "")
    try:
        return dict(given) | ({"age": str(float(age))} if age else {})
    except ValueError:
        raise BadRequest("A session's age is a number of years.") from None


def reassign(store: Store, user: User, row: Row, subject: str) -> None:
    """Give the session to another subject of its project."""
    with store.database.write() as c:
        rights.require(c, user, "edit", row["project"])
        owner = find.subject(c, user, "edit", subject, row["project"])
        c.execute("UPDATE experiments SET subject = ? WHERE id = ?", (owner["id"], row["id"]))


def rename(store: Store, row: Row, label: str) -> None:
    """Change label and folder. Raises Conflict when the label is taken."""
    new = clean(label)
    if new == row["label"]:
        return
    with store.lock(f"labels:{row['project'].lower()}"), store.lock(f"session:{row['id']}"):
        with store.database.read() as c:
            old = find.label_now(c, "experiments", row["id"])
            if one(c, "SELECT id FROM experiments WHERE project = ? AND label = ?", row["project"], new):
                raise Conflict("Specified label is already in use.")
        with store.moving(*(find.session_folder(row["project"], name) for name in (old, new))) as c:
            c.execute("UPDATE experiments SET label = ? WHERE id = ?", (new, row["id"]))


def listing(store: Store, user: User, project: str | None, subject: str | None) -> list[dict[str, str]]:
    """Sessions of the project or the subject, shared ones among them; without either, all the user may read."""
    with store.database.read() as c:
        owner = find.subject(c, user, "read", subject, project)["id"] if subject is not None else None
        if project is not None:
            rights.require(c, user, "read", project)
        may = rights.readable(c, user)
        sql = (
            "SELECT t.*, s.label AS shared_label, p.label AS subject_label "
            "FROM experiments t JOIN subjects p ON p.id = t.subject "
            "LEFT JOIN shares s ON s.kind = 'experiment' AND s.id = t.id AND s.project = :project "
            "WHERE (:project IS NULL OR t.project = :project OR s.project IS NOT NULL) "
            "AND (:subject IS NULL OR t.subject = :subject) ORDER BY t.id"
        )
        rows = c.execute(sql, {"project": project, "subject": owner}).fetchall()
        if project is None:  # in a project every row is visible, and that it may be read is known
            places = find.shares(c, "experiment")
            rows = [r for r in rows if r["project"] in may or not may.isdisjoint(places.get(r["id"], ()))]
    return [_told(known, *row) for row, known in zip(rows, all_fields(rows), strict=True)]


def columns(row: Row) -> dict[str, str]:
    """A session's columns in a listing."""
    return _told(fields(row), *row)


def _told(
    known: dict[str, str],
    key: str,
    project: str,
    subject: str,
    label: str,
    kind: str,
    _fields: str,
    inserted: str,
    inserter: str,
    shared_label: str | None = None,
    subject_label: str = "",
) -> dict[str, str]:
    """The columns, of a row's values in their order. Ten thousand are told in one listing, so this is plain."""
    known.setdefault("date", "")
    if subject_label:
        known["subject_label"] = subject_label
    known["xsiType"] = kind
    known["xnat:subjectassessordata/id"] = known["ID"] = key
    known["insert_date"] = inserted
    known["insert_user"] = inserter
    known["project"] = project
    known["subject_ID"] = subject
    known["label"] = shared_label or label
    known["URI"] = uri("experiments", key)
    return known
