"""What a role may do in a project."""

from __future__ import annotations

from collections.abc import Iterable
from sqlite3 import Connection

from werkzeug.exceptions import Forbidden, NotFound

from uploader.archives.embedded.accounts import User
from uploader.archives.embedded.database import one

ROLES = {
    "owner": frozenset({"read", "create", "edit", "delete", "own"}),
    "member": frozenset({"read", "create", "edit"}),
    "collaborator": frozenset({"read"}),
}
"""XNAT's three project roles. `own`: settings, members and scripts of the project."""


def rights(c: Connection, user: User, project: str) -> frozenset[str]:
    """What `user` may do in `project`. Nothing in a project that does not exist."""
    row = one(c, "SELECT id FROM projects WHERE id = ? AND NOT deleted", project)
    if row is None:
        return frozenset()
    if user.admin:
        return ROLES["owner"]
    member = one(c, "SELECT role FROM members WHERE project = ? AND login = ?", project, user.login)
    return ROLES[member["role"]] if member else frozenset()


def require(c: Connection, user: User, right: str, project: str, shown_in: Iterable[str] = ()) -> None:
    """Pass when `user` has `right` in `project`.

    shown_in: further projects in which the thing is visible; they give the right to read, no other
    Raises NotFound for what the user may not even read, Forbidden for what they may read but not do.
    """
    here = rights(c, user, project)
    if right in here:
        return
    readable = "read" in here or any("read" in rights(c, user, other) for other in shown_in)
    if not readable:
        raise NotFound("There is no such thing here, or it is not yours to see.")
    if right != "read":
        raise Forbidden(f"You may look at this, but your role in the project does not let you {_VERBS[right]}.")


def readable(c: Connection, user: User) -> frozenset[str]:
    """IDs of the projects that `user` may read."""
    if user.admin:
        rows = c.execute("SELECT id FROM projects WHERE NOT deleted")
    else:
        rows = c.execute(
            "SELECT id FROM projects JOIN members ON project = id WHERE login = ? AND NOT deleted", (user.login,)
        )
    return frozenset(row["id"] for row in rows)


_VERBS = {"create": "create here", "edit": "change it", "delete": "delete it", "own": "change its settings"}
