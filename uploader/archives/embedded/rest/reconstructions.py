"""Reconstructions of a session."""

from __future__ import annotations

from flask import Blueprint, Response

from uploader.archives.embedded import find, reconstructions
from uploader.archives.embedded.database import Row
from uploader.archives.embedded.rest.answers import item, table, text
from uploader.archives.embedded.rest.asked import SESSIONS, fields, kind, routes, store, user

ONE = tuple(f"{url}/reconstructions/<name>" for url in SESSIONS)
blueprint = Blueprint("reconstructions", __name__)


@routes(blueprint, [f"{url}/reconstructions" for url in SESSIONS])
def listing(**names: str) -> Response:
    session = _session("read", **names)
    with store().database.read() as c:
        return table(reconstructions.of(c, session["id"]), "ID,label,xsiType,URI")


@routes(blueprint, ONE)
def show(name: str, **names: str) -> Response:
    session = _session("read", **names)
    with store().database.read() as c:
        return item(reconstructions.TYPE, reconstructions.find(c, session["id"], name), {})


@routes(blueprint, ONE, "PUT")
def put(name: str, **names: str) -> Response:
    session, told = _session("edit", **names), kind([reconstructions.TYPE])
    with store().database.write() as c:
        return text(reconstructions.put(c, session["id"], name, told, fields()))


@routes(blueprint, ONE, "DELETE")
def remove(name: str, **names: str) -> Response:
    session = _session("delete", **names)
    with store().database.write() as c:
        reconstructions.remove(c, session["id"], name)
    return text("")


def _session(right: str, experiment: str, project: str | None = None, subject: str | None = None) -> Row:
    with store().database.read() as c:
        return find.session(c, user(), right, experiment, project, subject)
