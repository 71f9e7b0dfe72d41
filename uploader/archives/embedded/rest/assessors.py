"""Assessors of a session."""

from __future__ import annotations

from flask import Blueprint, Response

from uploader.archives.embedded import assessors, find, sharing
from uploader.archives.embedded.database import Row
from uploader.archives.embedded.rest.answers import item, table, text
from uploader.archives.embedded.rest.asked import ASSESSORS, SESSIONS, fields, kind, label, routes, store, user

COLUMNS = "date,xsiType,xnat:imageassessordata/id,insert_date,project,ID,label,session_ID,session_label,URI"
blueprint = Blueprint("assessors", __name__)


@routes(blueprint, [f"{url}/assessors" for url in SESSIONS])
def listing(project: str | None = None, **names: str) -> Response:
    session = _session(project=project, **names)
    return table(assessors.listing(store(), user(), session, project), COLUMNS)


@routes(blueprint, ASSESSORS)
def show(assessor: str, **names: str) -> Response:
    row, session = _found("read", assessor, **names)
    return item(row["type"], assessors.columns(row, session), {})


@routes(blueprint, ASSESSORS, "PUT")
def put(assessor: str, project: str | None = None, **names: str) -> Response:
    session = _session(project=project, **names)
    wanted = kind(assessors.TYPES)
    key, new = assessors.put(store(), user(), session, project, assessor, wanted, fields())
    return text(key, 201 if new else 200)


@routes(blueprint, ASSESSORS, "DELETE")
def remove(assessor: str, project: str | None = None, **names: str) -> Response:
    row, _ = _found("read", assessor, project=project, **names)
    assessors.remove(store(), user(), row, project)
    return text("")


@routes(blueprint, [f"{url}/projects" for url in ASSESSORS])
def places(assessor: str, **names: str) -> Response:
    row, _ = _found("read", assessor, **names)
    return table(sharing.listing(store(), "assessor", row), "label,ID,Secondary_ID,Name")


@routes(blueprint, [f"{url}/projects/<target>" for url in ASSESSORS], "PUT")
def share(assessor: str, target: str, **names: str) -> Response:
    row, _ = _found("read", assessor, **names)
    sharing.share(store(), user(), "assessor", row, target, label())
    return text(row["id"], 200 if "project" in names else 201)


@routes(blueprint, [f"{url}/projects/<target>" for url in ASSESSORS], "DELETE")
def unshare(assessor: str, target: str, **names: str) -> Response:
    row, _ = _found("read", assessor, **names)
    sharing.unshare(store(), user(), "assessor", row, target)
    return text("")


def _session(experiment: str, project: str | None = None, subject: str | None = None) -> Row:
    with store().database.read() as c:
        return find.session(c, user(), "read", experiment, project, subject)


def _found(
    right: str, assessor: str, experiment: str, project: str | None = None, subject: str | None = None
) -> tuple[Row, Row]:
    with store().database.read() as c:
        return find.assessor(c, user(), right, assessor, experiment, project, subject)
