"""Imaging sessions."""

from __future__ import annotations

from flask import Blueprint, Response, request

from uploader.archives.embedded import assessors, find, headers, history, removal, scans, sessions
from uploader.archives.embedded.database import Row
from uploader.archives.embedded.rest.answers import item, table, text
from uploader.archives.embedded.rest.asked import (
    PROJECT,
    SESSIONS,
    SUBJECTS,
    document,
    fields,
    has_document,
    key,
    kind,
    label,
    routes,
    store,
    user,
    yes,
)
from uploader.archives.embedded.schemas import SESSIONS as SESSION_TYPES

COLUMNS = "date,xsiType,xnat:subjectassessordata/id,insert_date,project,ID,label,URI"
blueprint = Blueprint("experiments", __name__)


@routes(blueprint, [f"{PROJECT}/experiments", *(f"{subject}/experiments" for subject in SUBJECTS), "/data/experiments"])
def listing(project: str | None = None, subject: str | None = None) -> Response:
    return table(sessions.listing(store(), user(), project, subject), COLUMNS)


@routes(blueprint, SESSIONS)
def show(experiment: str, project: str | None = None, subject: str | None = None) -> Response:
    if project is None and (assessor := _assessor(experiment)):
        return item(assessor[0]["type"], assessors.columns(*assessor), {})
    row = _find("read", experiment, project, subject)
    series = [(r["type"], scans.columns(row, r)) for r in scans.of(store(), row)]
    return item(row["type"], sessions.columns(row), {"scans/scan": series})


@routes(blueprint, SESSIONS, "PUT")
def put(experiment: str, project: str | None = None, subject: str | None = None) -> Response:
    """Make or change; then rename, give to another subject, and read headers, where the query asks for it."""
    if project is None:
        row = _find("edit", experiment, None, None)
        experiment, project = row["id"], row["project"]
    found, new = sessions.put(store(), user(), project, subject, experiment, kind(SESSION_TYPES), fields(), key())
    row = _find("edit", found, None, None)
    if has_document():
        scans.put_all(store(), row, document())
    if not new and label():
        sessions.rename(store(), row, label())
    if not new and "subject_ID" in request.args:
        sessions.reassign(store(), user(), row, request.args["subject_ID"])
    if yes("pullDataFromHeaders"):
        headers.pull(store(), _find("edit", found, None, None))
    return text(found, 201 if new else 200)


@routes(blueprint, SESSIONS, "DELETE")
def remove(experiment: str, project: str | None = None, subject: str | None = None) -> Response:
    removal.remove_session(store(), user(), _find("read", experiment, project, subject), project)
    return text("")


@routes(blueprint, [f"{url}/status" for url in SESSIONS])
def status(experiment: str, project: str | None = None, subject: str | None = None) -> Response:
    _find("read", experiment, project, subject)
    return text("active")


@routes(blueprint, [f"{url}/history" for url in SESSIONS])
def changes(experiment: str, project: str | None = None, subject: str | None = None) -> Response:
    row = _find("read", experiment, project, subject)
    with store().database.read() as c:
        return table(history.of(c, "experiment", row["id"]), "change_date,username,action")


def _assessor(name: str) -> tuple[Row, Row] | None:
    """An assessor and its session, by the assessor's ID: in XNAT it is an experiment too."""
    with store().database.read() as c:
        return find.assessor_called(c, user(), name)


def _find(right: str, experiment: str, project: str | None, subject: str | None) -> Row:
    with store().database.read() as c:
        return find.session(c, user(), right, experiment, project, subject)
