"""Removing things with all they hold: the folder goes in one rename, then the rows, then the room is freed."""

from __future__ import annotations

from collections.abc import Collection
from sqlite3 import Connection

from uploader.archives.embedded import find, rights, sharing
from uploader.archives.embedded.accounts import User
from uploader.archives.embedded.database import Row
from uploader.archives.embedded.resources import forget_holder
from uploader.archives.embedded.store import Store


def remove_project(store: Store, user: User, name: str) -> None:
    """Remove the project with all it holds; its ID is never free again."""
    with store.database.read() as c:
        row = find.project(c, user, "delete", name)
        subjects = c.execute("SELECT * FROM subjects WHERE project = ?", (row["id"],)).fetchall()
    for subject in subjects:
        _erase_subject(store, subject)
    key = row["id"]
    with store.database.write() as c:
        graves = [store.vault.bury(f"{place}/{key}") for place in ("archive", "prearchive")]
        for waiting in c.execute("SELECT id FROM waiting WHERE project = ?", (key,)).fetchall():
            forget_waiting(c, waiting["id"])
        forget_holder(c, f"project:{key}")
        for table in ("shares", "members"):
            c.execute(f"DELETE FROM {table} WHERE project = ?", (key,))  # noqa: S608
        c.execute("UPDATE projects SET deleted = 1, fields = '{}' WHERE id = ?", (key,))
    for grave in graves:
        store.vault.forget(grave)


def remove_subject(store: Store, user: User, name: str, project: str | None) -> None:
    """Remove the subject and its sessions; in a project where it is only shared, stop sharing it."""
    with store.database.read() as c:
        row = find.subject(c, user, "read", name, project)
        foreign = project is not None and row["project"].lower() != project.lower()
        if not foreign:
            find.subject(c, user, "delete", row["id"])
    if project is not None and foreign:
        sharing.unshare(store, user, "subject", row, project)
    else:
        _erase_subject(store, row)


def remove_session(store: Store, user: User, row: Row, project: str | None) -> None:
    """Remove the session; in a project where it is only shared, stop sharing it."""
    if project is not None and row["project"].lower() != project.lower():
        sharing.unshare(store, user, "experiment", row, project)
        return
    with store.database.read() as c:
        rights.require(c, user, "delete", row["project"], find.shown_in(c, "experiment", row["id"]))
    erase(store, row)


def remove_scan(store: Store, user: User, session: Row, name: str) -> None:
    """Remove the scan and its files."""
    with store.lock(f"session:{session['id']}"):
        with store.database.write() as c:
            find.session(c, user, "delete", session["id"])
            row = find.scan(c, session["id"], name)
            grave = store.vault.bury(find.scan_holder(c, session, row).folder)
            forget_holder(c, f"scan:{row['pk']}")
            c.execute("DELETE FROM scans WHERE pk = ?", (row["pk"],))
        store.vault.forget(grave)


def erase(store: Store, row: Row) -> None:
    """Remove the session with its scans and files."""
    key = row["id"]
    with store.lock(f"session:{key}"):
        with store.database.write() as c:
            grave = store.vault.bury(find.session_folder(row["project"], find.label_now(c, "experiments", key)))
            forget_scans(c, key)
            forget_holder(c, f"experiment:{key}")
            c.execute("DELETE FROM shares WHERE kind = 'experiment' AND id = ?", (key,))
            c.execute("DELETE FROM experiments WHERE id = ?", (key,))
        store.vault.forget(grave)


def forget_scans(c: Connection, session: str, except_for: Collection[int] = ()) -> None:
    """Drop the rows of a session's scans and their resources, but for these scans."""
    for scan in c.execute("SELECT pk FROM scans WHERE session = ?", (session,)).fetchall():
        if scan["pk"] not in except_for:
            forget_holder(c, f"scan:{scan['pk']}")
            c.execute("DELETE FROM scans WHERE pk = ?", (scan["pk"],))


def forget_waiting(c: Connection, key: str) -> None:
    """Drop all that is known of a session in the prearchive."""
    forget_scans(c, key)
    c.execute("DELETE FROM waiting WHERE id = ?", (key,))
    c.execute("DELETE FROM handling WHERE waiting = ?", (key,))
    c.execute("DELETE FROM waiting_log WHERE waiting = ?", (key,))


def _erase_subject(store: Store, row: Row) -> None:
    with store.database.read() as c:
        owned = c.execute("SELECT * FROM experiments WHERE subject = ?", (row["id"],)).fetchall()
    for session in owned:
        erase(store, session)
    with store.database.write() as c:
        grave = store.vault.bury(f"archive/{row['project']}/subjects/{find.label_now(c, 'subjects', row['id'])}")
        c.execute("DELETE FROM subjects WHERE id = ?", (row["id"],))
        c.execute("DELETE FROM shares WHERE kind = 'subject' AND id = ?", (row["id"],))
        forget_holder(c, f"subject:{row['id']}")
    store.vault.forget(grave)
