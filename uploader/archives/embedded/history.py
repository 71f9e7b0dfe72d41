"""What happened to subjects and sessions: when, by whom, and what kind of change. Kept by the database itself.

No label and no value is written down. Rows stay when the thing is removed.
"""

from __future__ import annotations

import sqlite3
from contextvars import ContextVar

ACTOR = ContextVar("actor", default="")
"""Login of the one whose request is served; empty when the archive acts by itself."""

_NOTE = "INSERT INTO history (kind, id, subject, at, login, action) SELECT"
_NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now'), actor()"
_OF_SESSION = "'experiment', id, subject"


def _trigger(table: str, event: str, told: str) -> str:
    name = f"{table}_{event.lower()}".replace(" ", "_")
    return f"CREATE TRIGGER IF NOT EXISTS history_{name} AFTER {event} ON {table} BEGIN {_NOTE} {told}; END"


def _of_session(action: str, session: str, where: str = "") -> str:
    return f"{_OF_SESSION}, {_NOW}, '{action}' FROM experiments WHERE id = {session}{where}"


def _of_holder(action: str, row: str) -> str:
    """A resource came or went: of a subject, a session or one of its scans."""
    scan = f"(SELECT session FROM scans WHERE {row}.holder = 'scan:' || pk)"  # noqa: S608 - our own words
    session = f"CASE WHEN {row}.holder LIKE 'scan:%' THEN {scan} ELSE substr({row}.holder, 12) END"
    where = f" AND ({row}.holder LIKE 'scan:%' OR {row}.holder LIKE 'experiment:%')"
    subject = f"'subject', id, id, {_NOW}, '{action}' FROM subjects WHERE {row}.holder = 'subject:' || id"
    return f"{_of_session(action, session, where)} UNION ALL SELECT {subject}"


SCHEMA = (
    "CREATE TABLE IF NOT EXISTS history (pk INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, "
    "subject TEXT NOT NULL, at TEXT NOT NULL, login TEXT NOT NULL, action TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS history_of_subject ON history (subject, at)",
    "CREATE INDEX IF NOT EXISTS history_of_thing ON history (kind, id)",
    _trigger("subjects", "INSERT", f"'subject', NEW.id, NEW.id, {_NOW}, 'Created'"),
    _trigger("subjects", "UPDATE", f"'subject', NEW.id, NEW.id, {_NOW}, 'Modified'"),
    _trigger("subjects", "DELETE", f"'subject', OLD.id, OLD.id, {_NOW}, 'Deleted'"),
    _trigger("experiments", "INSERT", f"'experiment', NEW.id, NEW.subject, {_NOW}, 'Created'"),
    _trigger("experiments", "UPDATE", f"'experiment', NEW.id, NEW.subject, {_NOW}, 'Modified'"),
    _trigger("experiments", "DELETE", f"'experiment', OLD.id, OLD.subject, {_NOW}, 'Deleted'"),
    _trigger("scans", "INSERT", _of_session("Scan created", "NEW.session")),
    _trigger("scans", "UPDATE", _of_session("Scan modified", "NEW.session")),
    _trigger("scans", "DELETE", _of_session("Scan deleted", "OLD.session")),
    _trigger("resources", "INSERT", _of_holder("Resource created", "NEW")),
    _trigger("resources", "DELETE", _of_holder("Resource deleted", "OLD")),
)
"""Statements that make the table and what fills it."""


def prepare(connection: sqlite3.Connection) -> None:
    """Tell the connection who acts; the triggers ask it."""
    connection.create_function("actor", 0, ACTOR.get)


def of(c: sqlite3.Connection, kind: str, key: str) -> list[dict[str, str]]:
    """The changes of a ``subject`` or an ``experiment``, oldest first."""
    rows = c.execute("SELECT at, login, action FROM history WHERE kind = ? AND id = ? ORDER BY pk", (kind, key))
    return [{"change_date": row["at"], "username": row["login"], "action": row["action"]} for row in rows]


def last_modified(c: sqlite3.Connection) -> dict[str, str]:
    """Subject's ID -> when it, or anything of it, was last changed."""
    return dict(tuple(row) for row in c.execute("SELECT subject, max(at) FROM history GROUP BY subject"))
