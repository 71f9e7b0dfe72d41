"""Workflows: notes that orchestrators leave about what they run on a session. Nothing is run here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from sqlite3 import Connection

from werkzeug.exceptions import BadRequest, NotFound

from uploader.archives.embedded import rights
from uploader.archives.embedded.accounts import User
from uploader.archives.embedded.database import Row, fields, now, one

TYPE = "wrk:workflowData"
FIELDS = (
    "id pipeline_name launch_time status data_type ExternalID current_step_id current_step_launch_time "
    "percentageComplete step_description details comments justification"
)
"""Fields that are kept, parted by spaces. `id` is the thing it is about, `ExternalID` its project."""
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS workflows (id INTEGER PRIMARY KEY AUTOINCREMENT, project TEXT NOT NULL COLLATE NOCASE, "
    "fields TEXT NOT NULL, inserted TEXT NOT NULL, inserter TEXT NOT NULL)",
)


def put(c: Connection, user: User, given: Mapping[str, str], key: str = "") -> str:
    """Make a workflow, or change the one with this number; its number.

    Raises BadRequest without a project, NotFound, Forbidden without the right to edit in it.
    """
    kept = {name: value for name, value in given.items() if name in FIELDS.split()}
    if key:
        row = _row(c, user, "edit", key)
        known = fields(row) | {name: value for name, value in kept.items() if name != "ExternalID"}
        c.execute("UPDATE workflows SET fields = ? WHERE id = ?", (json.dumps(known), row["id"]))
        return str(row["id"])
    if not kept.get("ExternalID"):
        raise BadRequest(f"Say which project it is for: {TYPE}/ExternalID=…")
    rights.require(c, user, "edit", kept["ExternalID"])
    values = (kept["ExternalID"], json.dumps(kept), now(), user.login)
    made = one(
        c, "INSERT INTO workflows (project, fields, inserted, inserter) VALUES (?, ?, ?, ?) RETURNING id", *values
    )
    assert made is not None
    return str(made["id"])


def columns(c: Connection, user: User, key: str) -> dict[str, str]:
    """The workflow's fields. Raises NotFound, also for one of a project that is not the user's to see."""
    row = _row(c, user, "read", key)
    return fields(row) | {"wrk_workflowData_id": str(row["id"]), "insert_date": row["inserted"]}


def _row(c: Connection, user: User, right: str, key: str) -> Row:
    row = one(c, "SELECT * FROM workflows WHERE CAST(id AS TEXT) = ?", key)
    if row is None:
        raise NotFound("There is no such workflow, or it is not yours to see.")
    rights.require(c, user, right, row["project"])
    return row
