"""Showing a subject or a session in a second project, without copying it."""

from __future__ import annotations

from sqlite3 import IntegrityError

from werkzeug.exceptions import Conflict, Forbidden, NotFound

from uploader.archives.embedded import find, rights
from uploader.archives.embedded.accounts import User
from uploader.archives.embedded.database import Row, fields, one
from uploader.archives.embedded.names import clean
from uploader.archives.embedded.store import Store

_TABLES = {"subject": "subjects", "experiment": "experiments", "assessor": "assessors"}


def label_of(row: Row) -> str:
    """The label in the project that was asked for."""
    shared = row["shared_label"] if "shared_label" in row.keys() else None  # noqa: SIM118
    return str(shared or row["label"])


def share(store: Store, user: User, kind: str, row: Row, project: str, label: str = "") -> None:
    """Show it in `project` too, under `label` or its own.

    It takes the right to edit at home: in XNAT the right to read is enough, and who may only look could show
    everything to others, and to himself after his dismissal.
    Raises NotFound for an unknown project, Forbidden without the right to edit at home or to create there,
    Conflict when it is there already, or another has the label.
    """
    with store.database.write() as c:
        target = one(c, "SELECT id FROM projects WHERE id = ? AND NOT deleted", project)
        if target is None or not rights.rights(c, user, project):
            raise NotFound("There is no such project here, or it is not yours to see.")
        rights.require(c, user, "edit", row["project"], find.shown_in(c, kind, row["id"]))
        if "create" not in rights.rights(c, user, project):
            raise Forbidden("Your role in the second project does not let you share into it.")
        if target["id"] == row["project"] or target["id"] in find.shown_in(c, kind, row["id"]):
            raise Conflict(f"Already assigned to project:{target['id']}")
        new = clean(label or row["label"])
        if one(c, f"SELECT id FROM {_TABLES[kind]} WHERE project = ? AND label = ?", target["id"], new):  # noqa: S608
            raise Conflict(f"Label already in use:{new}")
        try:
            c.execute("INSERT INTO shares VALUES (?, ?, ?, ?)", (kind, row["id"], target["id"], new))
        except IntegrityError:
            raise Conflict(f"Label already in use:{new}") from None


def unshare(store: Store, user: User, kind: str, row: Row, project: str) -> None:
    """Show it in `project` no longer; an owner at home may do that too, wherever it is shown.

    Raises NotFound when it is not shared there, Forbidden.
    """
    with store.database.write() as c:
        if "own" not in rights.rights(c, user, row["project"]):
            rights.require(c, user, "delete", project)
        sql = "DELETE FROM shares WHERE kind = ? AND id = ? AND project = ?"
        if c.execute(sql, (kind, row["id"], project)).rowcount == 0:
            raise NotFound("It is not shared into this project.")


def listing(store: Store, kind: str, row: Row) -> list[dict[str, str]]:
    """The projects in which it is visible, its own first."""
    with store.database.read() as c:
        sql = "SELECT project, label FROM shares WHERE kind = ? AND id = ? ORDER BY project"
        places = [(row["project"], row["label"]), *map(tuple, c.execute(sql, (kind, row["id"])))]
        return [_columns(one(c, "SELECT * FROM projects WHERE id = ?", project), label) for project, label in places]


def _columns(project: Row | None, label: str) -> dict[str, str]:
    assert project is not None
    known = fields(project)
    return {
        "label": label,
        "ID": project["id"],
        "Secondary_ID": known.get("secondary_ID", ""),
        "Name": known.get("name", ""),
    }
