"""Scans of a session: making, changing and listing them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Mapping

from werkzeug.exceptions import BadRequest, Conflict, ExpectationFailed

from uploader.archives.embedded import documents
from uploader.archives.embedded.database import Row, fields, one
from uploader.archives.embedded.names import clean, uri
from uploader.archives.embedded.schemas import SCANS
from uploader.archives.embedded.store import Store


def put(store: Store, session: Row, name: str, kind: str, given: Mapping[str, str]) -> str:
    """Make the scan or change its fields; its ID. The user's right to edit the session is the caller's affair.

    Raises ExpectationFailed without a type for a new scan, BadRequest for the abstract or an unknown type,
    Conflict when the scan has another one.
    """
    scan_id, wanted = clean(name), dict(given)
    with store.database.write() as c:
        row = one(c, "SELECT * FROM scans WHERE session = ? AND id = ?", session["id"], scan_id)
        if row is None:
            if not kind:
                raise ExpectationFailed("Need PUT Contents: a new scan needs an xsiType.")
            if kind not in SCANS:
                raise BadRequest("This is not a type a scan can have.")
            values = (session["id"], scan_id, kind, wanted.get("UID", ""), json.dumps(wanted))
            c.execute("INSERT INTO scans (session, id, type, uid, fields) VALUES (?, ?, ?, ?, ?)", values)
            return scan_id
        if kind and kind not in (row["type"], "xnat:imageScanData"):
            raise Conflict("The scan has another xsiType.")
        kept = fields(row) | wanted
        sql = "UPDATE scans SET uid = ?, fields = ? WHERE pk = ?"
        c.execute(sql, (kept.get("UID", row["uid"]), json.dumps(kept), row["pk"]))
        return scan_id


def put_all(store: Store, session: Row, document: ET.Element) -> None:
    """Make or change the scans that the session's document lists. Raises as `put`, BadRequest for one without an ID."""
    for scan in document.iterfind("scans/scan"):
        known = documents.flat(scan)
        given = {name: value for name, value in known.items() if name not in ("ID", "image_session_ID")}
        put(store, session, scan.get("ID", ""), scan.get(documents.KIND, ""), given)


def of(store: Store, session: Row) -> list[Row]:
    """The session's scans, by number where they are numbers."""
    with store.database.read() as c:
        sql = "SELECT * FROM scans WHERE session = ? ORDER BY CAST(id AS INTEGER), id"
        return c.execute(sql, (session["id"],)).fetchall()


def chosen(store: Store, session: Row, selection: str) -> list[Row]:
    """The scans that ``ALL``, ``1,2,3`` or a scan type names."""
    rows = of(store, session)
    if selection in ("ALL", "*"):
        return rows
    wanted = set(selection.split(","))
    return [r for r in rows if r["id"] in wanted or fields(r).get("type") in wanted]


def columns(session: Row, row: Row) -> dict[str, str]:
    """A scan's columns in a listing."""
    empty = dict.fromkeys(("type", "quality", "note", "series_description"), "")
    return (
        empty
        | fields(row)
        | {
            "xnat_imagescandata_id": str(row["pk"]),
            "ID": row["id"],
            "xsiType": row["type"],
            "UID": row["uid"],
            "URI": uri("experiments", session["id"], "scans", row["id"]),
        }
    )
