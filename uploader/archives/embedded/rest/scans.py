"""Scans of a session."""

from __future__ import annotations

from flask import Blueprint, Response

from uploader.archives.embedded import find, removal, scans
from uploader.archives.embedded.database import Row
from uploader.archives.embedded.rest.answers import item, table, text
from uploader.archives.embedded.rest.asked import SCANS, SESSIONS, fields, kind, routes, store, user
from uploader.archives.embedded.schemas import SCANS as SCAN_TYPES

COLUMNS = "xnat_imagescandata_id,ID,type,quality,xsiType,note,series_description,URI"
blueprint = Blueprint("scans", __name__)


@routes(blueprint, [f"{url}/scans" for url in SESSIONS])
def listing(**names: str) -> Response:
    session = _session("read", **names)
    return table([scans.columns(session, row) for row in scans.of(store(), session)], COLUMNS)


@routes(blueprint, SCANS)
def show(scan: str, **names: str) -> Response:
    session = _session("read", **names)
    with store().database.read() as c:
        row = find.scan(c, session["id"], scan)
    return item(row["type"], scans.columns(session, row) | {"image_session_ID": session["id"]}, {})


@routes(blueprint, SCANS, "PUT")
def put(scan: str, **names: str) -> Response:
    session = _session("edit", **names)
    return text(scans.put(store(), session, scan, kind(SCAN_TYPES), fields()))


@routes(blueprint, SCANS, "DELETE")
def remove(scan: str, **names: str) -> Response:
    removal.remove_scan(store(), user(), _session("read", **names), scan)
    return text("")


def _session(right: str, experiment: str, project: str | None = None, subject: str | None = None) -> Row:
    with store().database.read() as c:
        return find.session(c, user(), right, experiment, project, subject)
