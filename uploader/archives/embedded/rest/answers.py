"""The shapes of XNAT's answers: tables, items, status pages."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from html import escape
from typing import Any

from flask import Response, request
from werkzeug.exceptions import NotAcceptable

from uploader.archives.embedded import documents
from uploader.archives.embedded.names import field

Line = Mapping[str, str]
_ABSTRACT = frozenset(
    f"xnat:{kind}Data" for kind in ("experiment", "subjectAssessor", "imageSession", "imageScan", "imageAssessor")
)
"""Types that others are kinds of: to ask for them is to ask for all."""
_OF_SUBJECT = {"xnat:subjectdata/label": "subject_label", "xnat:subjectdata/id": "subject_ID"}
_CONTROLS = frozenset({"columns", "format", "limit", "offset", "sortBy", "sortOrder", "file_stats", "all", "owner"})
"""Query parameters that say how a listing is wanted, and do not filter it."""


def table(rows: Sequence[Line], default: str, fixed: bool = False) -> Response:
    """A listing as JSON, or as CSV with ``format=csv``.

    default: comma-separated columns that are given when `columns` is not asked for
    fixed: never mind `columns`; XNAT's listings of resources and files have theirs, and clients rely on it
    Other query parameters that name a column filter the rows: ``*`` and ``%`` are wildcards, a comma means or.
    """
    names = default.split(",") if fixed else _wanted(default)
    if not fixed and rows:  # asked for or not, XNAT's listings tell which and where, and what they are filtered by
        always = ("ID", *(["xsiType"] if "xsiType" in request.args else []), "URI")
        names = list(dict.fromkeys((*names, *(key for key in always if key in rows[0]))))
    headings = names if fixed else [_heading(name) for name in names]
    found = _paged(_sorted(_passing(rows)))
    chosen = [[row[name] if name in row else cell(row, name) for name in names] for row in found]
    if request.args.get("format", "json") == "csv":
        return _csv(headings, chosen)
    records = [dict(zip(headings, line, strict=True)) for line in chosen]
    return as_json({"ResultSet": {"Result": records, "totalRecords": str(len(records))}})


def cell(row: Line, column: str) -> str:
    """The value of a column, whether it is called by its short name or by an XNAT path."""
    if column in row:
        return row[column]
    if (above := _OF_SUBJECT.get(column.lower(), "")) in row:
        return row[above]
    short = field(column)
    if short in row:
        return row[short]
    folded = {name.lower(): value for name, value in row.items()}
    return folded.get(short.lower(), "")


def item(kind: str, values: Line, children: Mapping[str, Sequence[tuple[str, Line]]]) -> Response:
    """One object as JSON or, with ``format=xml``, as XML.

    kind: xsiType
    children: field -> (xsiType, values) of each; values of the object that begin with such a field are told there only
    """
    if request.args.get("format") == "xml":
        return _xml(kind, values, children)
    lists = {name: list(items) for name, items in children.items()} | _named(kind, values)
    nested = [{"field": name, "items": [_item(k, v, []) for k, v in items]} for name, items in lists.items() if items]
    own = {n: v for n, v in values.items() if not any(n.startswith((f"{c}/", f"{c}[")) for c in lists)}
    return as_json({"items": [_item(kind, own, nested)]})


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
    """An error as XNAT tells it: the right status, and the reason in <h3>.

    Its <br> has no end, as XNAT's: pyxnat stumbles over a page that is well-formed XML.
    """
    body = f"<h3>{escape(reason)}</h3><p>Status {status}: {escape(name.lower())}<br></p>"
    page = f"<html><head><title>Status page</title></head><body>{body}</body></html>"
    return Response(page, status, mimetype="text/html")


def _heading(column: str) -> str:
    """How XNAT heads a column: a path in lower case, but that of the subject by its short name."""
    if ":" not in column or "/" not in column:
        return column
    return "subject_ID" if column.lower().endswith("/subject_id") else column.lower()


def _wanted(default: str) -> list[str]:
    asked = request.args.get("columns", "DEFAULT").replace("DEFAULT", default)
    return list(dict.fromkeys(name.strip() for name in asked.split(",") if name.strip()))


def _passing(rows: Sequence[Line]) -> list[Line]:
    """The rows that fit all filters of the query."""
    asked = [(name, wanted) for name, wanted in request.args.items() if name not in _CONTROLS]
    filters = [(n, w.lower().replace("%", "*").split(",")) for n, w in asked if n != "xsiType" or w not in _ABSTRACT]
    return [row for row in rows if _passes(row, filters)] if filters else list(rows)


def _passes(row: Line, filters: Sequence[tuple[str, list[str]]]) -> bool:
    for name, patterns in filters:
        if name in row or field(name) in row:
            value = cell(row, name).lower()
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
    hidden = ("insert_date", "insert_user", "last_modified", "URI", "xsiType")
    shown = {name: value for name, value in values.items() if name not in hidden and value != ""}
    return {"children": children, "meta": meta, "data_fields": shown}


_NAMED = re.compile(r"^(.+)\[name=([^\]]*)\]/(\w+)$")
_ROOTS = {"xnat:projectData": "Project", "xnat:subjectData": "Subject"}
_UNTOLD = frozenset({"URI", "xsiType", "insert_date", "insert_user", "last_modified", "xnat:subjectassessordata/id"})


def _named(kind: str, values: Line) -> dict[str, list[tuple[str, Line]]]:
    """Lists whose entries have names: ``fields/field`` and ``parameters/addParam``."""
    lists: dict[str, list[tuple[str, Line]]] = {}
    for path, value in values.items():
        if (found := _NAMED.match(path)) and value != "":
            entry = {"name": found[2], found[3]: value}
            lists.setdefault(found[1], []).append((f"{kind}_{found[1].rsplit('/', 1)[-1]}", entry))
    return lists


def _xml(kind: str, values: Line, children: Mapping[str, Sequence[tuple[str, Line]]]) -> Response:
    root = _ROOTS.get(kind) or _root(kind)
    if not root.isidentifier():
        raise NotAcceptable("This cannot be told as XML.")
    lists = {path: [_child(path, k, v) for k, v in items] for path, items in children.items() if "/" in path and items}
    return Response(documents.write(root, kind, _told(values), lists), mimetype="text/xml")


def _root(kind: str) -> str:
    """``xnat:mrSessionData`` -> ``MRSession``, as XNAT calls the document's root."""
    found = re.match(r"^\w+:([a-z]+)([A-Z]\w*?)?(?:Data)?$", kind)
    if found is None:
        return ""
    stem = found[1].upper() if found[2] in ("Session", "Scan") and len(found[1]) < 4 else found[1].capitalize()
    return stem + (found[2] or "")


def _child(path: str, kind: str, values: Line) -> ET.Element:
    found = documents.element(f"xnat:{path.rsplit('/', 1)[-1]}", _told(values))
    found.set(documents.KIND, kind)
    return found


def _told(values: Line) -> Line:
    return {name: value for name, value in values.items() if name not in _UNTOLD}
