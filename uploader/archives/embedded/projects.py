"""Projects: making, changing and listing them, and who is a member."""

from __future__ import annotations

import json
from collections.abc import Mapping
from sqlite3 import Connection

from werkzeug.exceptions import BadRequest, Conflict, ExpectationFailed, Forbidden, NotFound

from uploader.archives.embedded import find, preferences, rights
from uploader.archives.embedded.accounts import User
from uploader.archives.embedded.database import Row, fields, now, one
from uploader.archives.embedded.names import clean, uri
from uploader.archives.embedded.store import Store

DEFAULTS = {"prearchive_code": "4", "quarantine_code": "0", "current_arc": "arc001", "accessibility": "private"}
ALLOWED = {"prearchive_code": {"0", "4", "5"}, "quarantine_code": {"0", "1"}, "accessibility": {"private", "protected"}}
"""Values that a project's settings may have. This archive shows nothing to those who are not members: ``protected``,
which in XNAT shows the project's name to everybody, is kept and changes nothing; ``public`` is refused."""


def put(store: Store, user: User, name: str, given: Mapping[str, str]) -> bool:
    """Make the project or change its fields; whether it is new. Its maker becomes its owner.

    Raises ExpectationFailed for an ID with foreign characters, Forbidden for the ID of a deleted project
    or a project that is not yours, Conflict for a name that another project has.
    """
    if name != clean(name):
        raise ExpectationFailed("A project ID may have letters, digits, - and _ only.")
    with store.database.write() as c:
        row = one(c, "SELECT * FROM projects WHERE id = ?", name)
        if row is not None and row["deleted"]:
            raise Forbidden("This ID belonged to a deleted project and cannot be reused.")
        if row is not None:
            rights.require(c, user, "own", name)
            _distinct(c, row["id"], given)
            kept = json.dumps(fields(row) | dict(given))
            c.execute("UPDATE projects SET fields = ? WHERE id = ?", (kept, row["id"]))
            return False
        if not user.admin and preferences.kept(c, "uiAllowNonAdminProjectCreation") is False:
            raise Forbidden("At this site only an administrator makes projects.")
        kept = json.dumps({"name": name, "secondary_ID": name} | DEFAULTS | dict(given))
        _distinct(c, name, json.loads(kept))
        c.execute("INSERT INTO projects VALUES (?, ?, ?, ?, 0)", (name, kept, now(), user.login))
        c.execute("INSERT OR REPLACE INTO members VALUES (?, ?, 'owner')", (name, user.login))
        return True


def setting(store: Store, user: User, name: str, key: str, value: str | None) -> str:
    """Read one setting, or set it to `value`. Raises BadRequest for a value this archive does not know."""
    with store.database.write() as c:
        row = find.project(c, user, "read" if value is None else "own", name)
        known = DEFAULTS | fields(row)
        if value is None:
            return known[key]
        if value not in ALLOWED.get(key, {value}):
            raise BadRequest(f"{key} cannot have this value here.")
        c.execute("UPDATE projects SET fields = ? WHERE id = ?", (json.dumps(known | {key: value}), row["id"]))
        return value


def listing(store: Store, user: User) -> list[dict[str, str]]:
    """The projects that the user may read."""
    with store.database.read() as c:
        may = rights.readable(c, user)
        rows = c.execute("SELECT * FROM projects WHERE NOT deleted ORDER BY id").fetchall()
    return [columns(row) for row in rows if row["id"] in may]


def columns(row: Row) -> dict[str, str]:
    """A project's columns in a listing."""
    known = fields(row)
    empty = {"pi_firstname": "", "pi_lastname": "", "description": "", "insert_date": row["inserted"]}
    return empty | known | {"ID": row["id"], "URI": uri("projects", row["id"]), "xsiType": "xnat:projectData"}


def members(store: Store, user: User, name: str) -> list[dict[str, str]]:
    """Who may do what in the project."""
    with store.database.read() as c:
        row = find.project(c, user, "read", name)
        sql = (
            "SELECT m.login, m.role, a.fields FROM members m JOIN accounts a USING (login) "
            "WHERE project = ? ORDER BY login"
        )
        return [_member(row["id"], found) for found in c.execute(sql, (row["id"],))]


def admit(store: Store, user: User, name: str, group: str, login: str) -> None:
    """Give `login` the role of `group`: ``Owners``, ``P_member``, ``collaborator`` … Raises BadRequest, NotFound."""
    role = group.lower().removeprefix(f"{name.lower()}_").removesuffix("s")
    if role not in rights.ROLES:
        raise BadRequest("Unknown group. There are Owners, Members and Collaborators.")
    with store.database.write() as c:
        row = find.project(c, user, "own", name)
        if one(c, "SELECT login FROM accounts WHERE login = ?", login) is None:
            raise NotFound("There is no such account; this archive sends no invitations.")
        c.execute("INSERT OR REPLACE INTO members VALUES (?, ?, ?)", (row["id"], login, role))


def dismiss(store: Store, user: User, name: str, login: str) -> None:
    """Take every role in the project from `login`."""
    with store.database.write() as c:
        row = find.project(c, user, "own", name)
        c.execute("DELETE FROM members WHERE project = ? AND login = ?", (row["id"], login))


def _member(project: str, row: Row) -> dict[str, str]:
    known = fields(row)
    return {
        "GROUP_ID": f"{project}_{row['role']}",
        "displayname": row["role"].capitalize() + "s",
        "login": row["login"],
        "firstname": known.get("firstName", ""),
        "lastname": known.get("lastName", ""),
        "email": known.get("email", ""),
    }


def _distinct(c: Connection, name: str, given: Mapping[str, str]) -> None:
    """Raises Conflict when another project has the same name, secondary ID or alias."""
    for row in c.execute("SELECT id, fields FROM projects WHERE id != ? AND NOT deleted", (name,)):
        known = fields(row)
        for key, what in (("name", "name"), ("secondary_ID", "secondary ID"), ("alias", "alias")):
            if given.get(key, "").casefold() in {known.get(key, "").casefold()} - {""}:
                raise Conflict(f"Another project has this {what}.")
