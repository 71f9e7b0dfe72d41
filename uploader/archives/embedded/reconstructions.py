"""Reconstructions of a session: XNAT's old name for derived images. They are kept as facts; files hang elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from sqlite3 import Connection, Row

from werkzeug.exceptions import BadRequest, NotFound

from uploader.archives.embedded.names import clean, uri

TYPE = "xnat:reconstructedImageData"
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS reconstructions (session TEXT NOT NULL, id TEXT NOT NULL, fields TEXT NOT NULL, "
    "PRIMARY KEY (session, id))",
    "CREATE TRIGGER IF NOT EXISTS no_reconstruction AFTER DELETE ON experiments BEGIN "
    "DELETE FROM reconstructions WHERE session = OLD.id; END",
)


def put(c: Connection, session: str, name: str, kind: str, given: Mapping[str, str]) -> str:
    """Make the reconstruction or change its fields; its ID. The right to edit the session is the caller's affair.

    Raises BadRequest for another type than the only one.
    """
    if kind not in ("", TYPE):
        raise BadRequest("This is not a type a reconstruction can have.")
    key = clean(name)
    row = c.execute("SELECT fields FROM reconstructions WHERE session = ? AND id = ?", (session, key)).fetchone()
    kept = (json.loads(row["fields"]) if row else {}) | dict(given)
    c.execute("INSERT OR REPLACE INTO reconstructions VALUES (?, ?, ?)", (session, key, json.dumps(kept)))
    return key


def of(c: Connection, session: str) -> list[dict[str, str]]:
    """Columns of the session's reconstructions, by ID."""
    rows = c.execute("SELECT * FROM reconstructions WHERE session = ? ORDER BY id", (session,))
    return [_columns(row) for row in rows]


def find(c: Connection, session: str, name: str) -> dict[str, str]:
    """Columns of one. Raises NotFound."""
    row = c.execute("SELECT * FROM reconstructions WHERE session = ? AND id = ?", (session, name)).fetchone()
    if row is None:
        raise NotFound("There is no such reconstruction in this session.")
    return _columns(row)


def remove(c: Connection, session: str, name: str) -> None:
    """Raises NotFound."""
    find(c, session, name)
    c.execute("DELETE FROM reconstructions WHERE session = ? AND id = ?", (session, name))


def _columns(row: Row) -> dict[str, str]:
    where = uri("experiments", row["session"], "reconstructions", row["id"])
    known: dict[str, str] = json.loads(row["fields"])
    return known | {"ID": row["id"], "label": row["id"], "xsiType": TYPE, "URI": where}
