"""Custom fields: JSON that a site keeps beside its projects, subjects, sessions, scans and assessors."""

from __future__ import annotations

import json
from sqlite3 import Connection
from typing import Any

from werkzeug.exceptions import BadRequest, NotFound

from uploader.archives.embedded.database import one

LARGEST = 1 << 20
"""Bytes of all fields of one thing."""
_KINDS = {"projects": "project", "subjects": "subject", "experiments": "experiment", "assessors": "assessor"}
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS custom_fields (holder TEXT PRIMARY KEY, fields TEXT NOT NULL)",
    *(
        f"CREATE TRIGGER IF NOT EXISTS no_fields_{table} AFTER DELETE ON {table} BEGIN "  # noqa: S608 - our own words
        f"DELETE FROM custom_fields WHERE holder = '{kind}:' || OLD.id; END"
        for table, kind in _KINDS.items()
    ),
    "CREATE TRIGGER IF NOT EXISTS no_fields_scans AFTER DELETE ON scans BEGIN "
    "DELETE FROM custom_fields WHERE holder = 'scan:' || OLD.pk; END",
    "CREATE TRIGGER IF NOT EXISTS no_fields_gone AFTER UPDATE OF deleted ON projects WHEN NEW.deleted BEGIN "
    "DELETE FROM custom_fields WHERE holder = 'project:' || OLD.id; END",
)


def of(c: Connection, holder: str) -> dict[str, Any]:
    """All fields of what the database calls `holder`."""
    row = one(c, "SELECT fields FROM custom_fields WHERE holder = ?", holder)
    return dict(json.loads(row["fields"])) if row else {}


def field(c: Connection, holder: str, name: str) -> Any:
    """Raises NotFound."""
    known = of(c, holder)
    if name not in known:
        raise NotFound("There is no custom field of this name here.")
    return known[name]


def put(c: Connection, holder: str, given: object) -> dict[str, Any]:
    """Set these fields beside the others; returns all. Raises BadRequest for what is no JSON object, or too large."""
    if not isinstance(given, dict):
        raise BadRequest("Custom fields are sent as a JSON object; nothing was changed.")
    return _keep(c, holder, of(c, holder) | given)


def remove(c: Connection, holder: str, name: str) -> dict[str, Any]:
    """Remove one; returns the others. Raises NotFound."""
    field(c, holder, name)
    return _keep(c, holder, {n: value for n, value in of(c, holder).items() if n != name})


def _keep(c: Connection, holder: str, fields: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(fields)
    if len(text) > LARGEST:
        raise BadRequest("Custom fields of one thing have at most 1 MiB; nothing was changed.")
    c.execute("INSERT OR REPLACE INTO custom_fields VALUES (?, ?)", (holder, text))
    return fields
