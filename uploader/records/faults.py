"""What a database says, in our words. Its own words may quote values, so none of them is passed on."""

from __future__ import annotations

import re

from sqlalchemy.exc import DBAPIError

from uploader.domain.errors import DiskFull, Misconfigured, Transient, UploaderError

_FULL = ("SQLITE_FULL", "53100")
_AWAY = ("SQLITE_BUSY", "SQLITE_LOCKED", "08", "40", "53", "55P03", "57", "25P03")
"""Beginnings of codes that pass by themselves: busy and locked; a lost connection, a serialization failure or deadlock,
no resources, a lock that was not to be had in time, a server that stops or starts, a transaction that sat idle.
Source: PostgreSQL 15, appendix A."""

_REFUSED = re.compile(r"FATAL:|no password supplied")
_SOON = re.compile(r"starting up|shutting down|recovery|too many|remaining connection slots")
"""What a server answers that took the connection and will take it later. A failed connection has no code, so its text
decides; a text in another language counts as refused, and stops the start."""


def translated(error: DBAPIError, name: str) -> UploaderError:
    """Our error for the database's; `name` says which database."""
    code = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None) or ""
    if code in _FULL:
        return DiskFull(f"{name}: no room left on the disk; nothing was changed")
    if code == "SQLITE_CONSTRAINT_TRIGGER" and "moved" in str(error.orig):
        return Misconfigured(f"{name}: these records were moved to a server; set database_url, and start again")
    if error.connection_invalidated or code.startswith(_AWAY) or not_reached(error.orig):
        return Transient(f"{name}: busy or not reachable; nothing was changed, try again")
    if not code and _REFUSED.search(str(error.orig)):
        return Misconfigured(f"{name}: the server refused the account or the database; check database_url and password")
    return Misconfigured(
        f"{name}: the database refused ({code or 'no code'}); check the file or server, its rights and disk"
    )


def not_reached(error: BaseException | None) -> bool:
    """Whether a driver's error says that no connection was to be had now: it has no code then, only a text."""
    if (
        type(error).__name__ != "OperationalError"
        or getattr(error, "sqlstate", None)
        or hasattr(error, "sqlite_errorname")
    ):
        return False
    return not _REFUSED.search(str(error)) or bool(_SOON.search(str(error)))
