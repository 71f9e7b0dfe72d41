"""Subjects: making, changing and listing them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from sqlite3 import Connection

from werkzeug.exceptions import Conflict

from uploader.archives.embedded import find, history, rights
from uploader.archives.embedded.accounts import User
from uploader.archives.embedded.database import Row, all_fields, fields, now, number, one
from uploader.archives.embedded.names import clean, uri
from uploader.archives.embedded.store import Store


def put(
    store: Store, user: User, project: str, name: str, given: Mapping[str, str], label: str = "", key: str = ""
) -> tuple[str, bool]:
    """Make the subject or change its fields, and its label when one is given; (ID, whether it is new).

    key: ID for a new one; without it the archive gives one
    """
    with store.lock(f"labels:{project.lower()}"), store.database.write() as c:
        rights.require(c, user, "read", project)
        row = find.named(c, "subjects", "subject", name, project)
        if row is None:
            return ensure(store, c, user, project, name, given, key), True
        rights.require(c, user, "edit", row["project"], find.shown_in(c, "subject", row["id"]))
        kept = json.dumps(fields(row) | dict(given))
        c.execute("UPDATE subjects SET fields = ? WHERE id = ?", (kept, row["id"]))
    if label and clean(label) != row["label"]:
        _rename(store, row, clean(label))
    return row["id"], False


def ensure(
    store: Store,
    c: Connection,
    user: User,
    project: str,
    name: str,
    given: Mapping[str, str] | None = None,
    wanted: str = "",
) -> str:
    """ID of the subject called `name` in `project`; it is made when there is none."""
    row = find.named(c, "subjects", "subject", name, project)
    if row is not None:
        return str(row["id"])
    rights.require(c, user, "create", project)
    home = find.project(c, user, "create", project)["id"]
    key = find.free_key(c, store.site_id, "subjects", home, wanted) or f"{store.site_id}_S{number(c, 'subject'):05d}"
    values = (key, home, clean(name), json.dumps(dict(given or {})), now(), user.login)
    c.execute("INSERT INTO subjects VALUES (?, ?, ?, ?, ?, ?)", values)
    return key


def with_changes(store: Store, rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The rows of a listing, each with the time of the last change to the subject or anything of it."""
    with store.database.read() as c:
        times = history.last_modified(c)
    return [row | {"last_modified": times.get(row["ID"], row["insert_date"])} for row in rows]


def listing(store: Store, user: User, project: str | None) -> list[dict[str, str]]:
    """Subjects of the project, shared ones among them; without a project, all that the user may read."""
    with store.database.read() as c:
        if project is not None:
            rights.require(c, user, "read", project)
            sql = (
                "SELECT t.*, s.label AS shared_label FROM subjects t "
                "LEFT JOIN shares s ON s.kind = 'subject' AND s.id = t.id "
                "AND s.project = ? WHERE t.project = ? OR s.project IS NOT NULL ORDER BY t.id"
            )
            return _listed(c.execute(sql, (project, project)).fetchall())
        may = rights.readable(c, user)
        rows = c.execute("SELECT *, NULL AS shared_label FROM subjects ORDER BY id").fetchall()
        places = find.shares(c, "subject")
    return _listed([r for r in rows if r["project"] in may or not may.isdisjoint(places.get(r["id"], ()))])


def _listed(rows: list[Row]) -> list[dict[str, str]]:
    return [_told(known, *row) for row, known in zip(rows, all_fields(rows), strict=True)]


def columns(row: Row) -> dict[str, str]:
    """A subject's columns in a listing. Its label is the one it has in the project that was asked for."""
    return _told(fields(row), *row)


def _told(
    known: dict[str, str],
    key: str,
    project: str,
    label: str,
    _fields: str,
    inserted: str,
    inserter: str,
    shared_label: str | None = None,
) -> dict[str, str]:
    """The columns, of a row's values in their order."""
    known["ID"] = key
    known["project"] = project
    known["label"] = shared_label or label
    known["insert_date"] = inserted
    known["insert_user"] = inserter
    known["xsiType"] = "xnat:subjectData"
    known["URI"] = uri("subjects", key)
    return known


def _rename(store: Store, row: Row, label: str) -> None:
    home = f"archive/{row['project']}/subjects"
    with store.lock(f"labels:{row['project'].lower()}"), store.lock(f"subject:{row['id']}"):
        with store.database.read() as c:
            old = find.label_now(c, "subjects", row["id"])
            if one(c, "SELECT id FROM subjects WHERE project = ? AND label = ?", row["project"], label):
                raise Conflict("Specified label is already in use.")
        with store.moving(f"{home}/{old}", f"{home}/{label}") as c:
            c.execute("UPDATE subjects SET label = ? WHERE id = ?", (label, row["id"]))
