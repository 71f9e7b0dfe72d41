"""Subjects and sessions in further projects."""

from __future__ import annotations

from flask import Blueprint, Response
from werkzeug.exceptions import NotImplemented as NotOffered

from uploader.archives.embedded import find, sharing
from uploader.archives.embedded.database import Row
from uploader.archives.embedded.rest.answers import table, text
from uploader.archives.embedded.rest.asked import SESSIONS, SUBJECTS, label, routes, store, user, yes

blueprint = Blueprint("sharing", __name__)


@routes(blueprint, [f"{url}/projects" for url in (*SUBJECTS, *SESSIONS)])
def listing(**names: str) -> Response:
    kind, row = _find("read", **names)
    return table(sharing.listing(store(), kind, row), "label,ID,Secondary_ID,Name")


@routes(blueprint, [f"{url}/projects/<target>" for url in (*SUBJECTS, *SESSIONS)], "PUT")
def share(target: str, **names: str) -> Response:
    """200 by the path of a project, 201 by the bare ID, as XNAT has it."""
    if yes("primary"):
        raise NotOffered("This archive does not move things to another project; it shares them.")
    kind, row = _find("read", **names)
    sharing.share(store(), user(), kind, row, target, label())
    return text(row["id"], 200 if "project" in names else 201)


@routes(blueprint, [f"{url}/projects/<target>" for url in (*SUBJECTS, *SESSIONS)], "DELETE")
def unshare(target: str, **names: str) -> Response:
    kind, row = _find("read", **names)
    sharing.unshare(store(), user(), kind, row, target)
    return text("")


def _find(
    right: str, experiment: str | None = None, project: str | None = None, subject: str | None = None
) -> tuple[str, Row]:
    with store().database.read() as c:
        if experiment is not None and project is None and (row := find.assessor_called(c, user(), experiment)):
            return "assessor", row[0]
        if experiment is not None:
            return "experiment", find.session(c, user(), right, experiment, project, subject)
        assert subject is not None
        return "subject", find.subject(c, user(), right, subject, project)
