"""The shapes of XNAT's answers: tables, items, status pages."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from html import escape
from typing import Any

from flask import Response, request
from werkzeug.exceptions import NotAcceptable

from uploader.archives.embedded.names import field

Line = Mapping[str, str]
_CONTROLS = frozenset({"columns", "format", "limit", "offset", "sortBy", "sortOrder", "file_stats", "all", "owner"})
"""Query parameters that say how a listing is wanted, and do not filter it."""


def table(rows: Sequence[Line], default: str, fixed: bool = False) -> Response:
    """A listing as JSON, or as CSV with ``format=csv``.

    default: comma-separated columns that are given when `columns` is not asked for
    fixed: never mind `columns`; XNAT's listings of resources and files have theirs, and clients rely on it
    Other query parameters that name a column filter the rows: ``*`` and ``%`` are wildcards, a comma means or.
    """
    names = default.split(",") if fixed else _wanted(default)
    if any("URI" in row for row in rows) and not fixed:
        names = list(dict.fromkeys((*names, "URI")))  # asked for or not, XNAT's listings tell where
    chosen = [[cell(row, name) for name in names] for row in _paged(_sorted([r for r in rows if _passes(r)]))]
    if request.args.get("format", "json") == "csv":
        return _csv(names, chosen)
    records = [dict(zip(names, line, strict=True)) for line in chosen]
    return as_json({"ResultSet": {"Result": records, "totalRecords": str(len(records))}})


def cell(row: Line, column: str) -> str:
    """The value of a column, whether it is called by its short name or by an XNAT path."""
    if column in row:
        return row[column]
    short = field(column)
    if short in row:
        return row[short]
    folded = {name.lower(): value for name, value in row.items()}
    return folded.get(short.lower(), "")


def item(kind: str, values: Line, children: Mapping[str, Sequence[tuple[str, Line]]]) -> Response:
    """One object as JSON or, with ``format=xml``, as XML.

    kind: xsiType
    children: field -> (xsiType, values) of each
    """
    if request.args.get("format") == "xml":
        return _xml(kind, values)
    nested = [
        {"field": name, "items": [_item(k, v, []) for k, v in items]} for name, items in children.items() if items
    ]
    return as_json({"items": [_item(kind, values, nested)]})


def as_json(value: Any, status: int = 200) -> Response:
    """Any plain value."""
    return Response(json.dumps(value), status, mimetype="application/json")


def text(value: str, status: int = 200) -> Response:
    """A bare word, as XNAT answers to most changes."""
    return Response(value, status, mimetype="text/plain")


def uris(*values: str) -> Response:
    """Where something went: one URI a line, each ended by CRLF."""
    return Response("".join(f"{v}\r\n" for v in values), mimetype="text/uri-list")


def status_page(status: int, name: str, reason: str) -> Response:
    """An error as XNAT tells it: the right status, and the reason in <h3>."""
    body = f"<h3>{escape(reason)}</h3><p>{status} {escape(name)}</p>"
    page = f"<html><head><title>Status page</title></head><body>{body}</body></html>"
    return Response(page, status, mimetype="text/html")


def _wanted(default: str) -> list[str]:
    asked = request.args.get("columns", "DEFAULT").replace("DEFAULT", default)
    return list(dict.fromkeys(name.strip() for name in asked.split(",") if name.strip()))


def _passes(row: Line) -> bool:
    """Whether the row fits all filters of the query."""
    for name, wanted in request.args.items():
        if name not in _CONTROLS and (name in row or field(name) in row):
            value = cell(row, name).lower()
            patterns = wanted.lower().replace("%", "*").split(",")
            if not any(fnmatch(value, pattern) for pattern in patterns):
                return False
    return True


def _sorted(rows: list[Line]) -> list[Line]:
    key = request.args.get("sortBy")
    if key is None:
        return rows
    descending = request.args.get("sortOrder", "").lower() == "desc"
    return sorted(rows, key=lambda r: cell(r, key), reverse=descending)


def _paged(rows: list[Line]) -> list[Line]:
    first = request.args.get("offset", 0, int)
    limit = request.args.get("limit", None, int)
    return rows[first:] if limit is None else rows[first : first + limit]


def _csv(names: list[str], lines: list[list[str]]) -> Response:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(lines)
    return Response(out.getvalue(), mimetype="text/csv")


def _item(kind: str, values: Line, children: list[Any]) -> dict[str, Any]:
    meta = {"create_event_id": 1, "xsi:type": kind, "isHistory": False, "start_date": values.get("insert_date", "")}
    hidden = ("insert_date", "insert_user", "URI", "xsiType")
    shown = {name: value for name, value in values.items() if name not in hidden and value != ""}
    return {"children": children, "meta": meta, "data_fields": shown}


_ROOTS = {"xnat:projectData": "Project", "xnat:subjectData": "Subject"}
_ATTRIBUTES = frozenset({"ID", "project", "label", "secondary_ID", "UID", "type", "modality"})


def _xml(kind: str, values: Line) -> Response:
    root = _ROOTS.get(kind) or kind.removeprefix("xnat:").removesuffix("Data")
    if not root.isidentifier():
        raise NotAcceptable("This cannot be told as XML.")
    shown = {n: v for n, v in values.items() if v and n.isidentifier() and n not in ("URI", "xsiType")}
    attributes = "".join(f' {n}="{escape(v)}"' for n, v in shown.items() if n in _ATTRIBUTES)
    elements = "".join(f"<xnat:{n}>{escape(v)}</xnat:{n}>" for n, v in shown.items() if n not in _ATTRIBUTES)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    body = f'<xnat:{root}{attributes} xmlns:xnat="http://nrg.wustl.edu/xnat">{elements}</xnat:{root}>\n'
    return Response(head + body, mimetype="text/xml")
