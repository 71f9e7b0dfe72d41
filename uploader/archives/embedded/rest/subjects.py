"""Subjects."""

from __future__ import annotations

from flask import Blueprint, Response, request

from uploader.archives.embedded import find, removal, subjects
from uploader.archives.embedded.rest.answers import item, table, text
from uploader.archives.embedded.rest.asked import PROJECT, SUBJECTS, fields, key, label, routes, store, user

COLUMNS = "ID,project,label,insert_date,insert_user,URI"
blueprint = Blueprint("subjects", __name__)


@routes(blueprint, [f"{PROJECT}/subjects", "/data/subjects"])
def listing(project: str | None = None) -> Response:
    rows = subjects.listing(store(), user(), project)
    if "last_modified" in request.args.get("columns", ""):
        rows = subjects.with_changes(store(), rows)
    return table(rows, COLUMNS)


@routes(blueprint, SUBJECTS)
def show(subject: str, project: str | None = None) -> Response:
    with store().database.read() as c:
        row = find.subject(c, user(), "read", subject, project)
    values = subjects.columns(row)
    inner = {n.removeprefix("demographics/"): v for n, v in values.items() if n.startswith("demographics/")}
    return item("xnat:subjectData", values, {"demographics": [("xnat:demographicData", inner)] if inner else []})


@routes(blueprint, SUBJECTS, "PUT")
def put(subject: str, project: str | None = None) -> Response:
    if project is None:
        with store().database.read() as c:
            row = find.subject(c, user(), "edit", subject)
        subject, project = row["id"], row["project"]
    found, new = subjects.put(store(), user(), project, subject, fields(), label(), key())
    return text(found, 201 if new else 200)


@routes(blueprint, SUBJECTS, "DELETE")
def remove(subject: str, project: str | None = None) -> Response:
    removal.remove_subject(store(), user(), subject, project)
    return text("")
