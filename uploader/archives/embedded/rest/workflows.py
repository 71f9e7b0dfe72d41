"""Workflows, and what became of imports that name a listener."""

from __future__ import annotations

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from uploader.archives.embedded import workflows
from uploader.archives.embedded.names import field
from uploader.archives.embedded.rest.answers import as_json, item, text
from uploader.archives.embedded.rest.asked import routes, store, user

blueprint = Blueprint("workflows", __name__)


@routes(blueprint, ["/data/workflows"], "PUT", "POST")
def make() -> Response:
    with store().database.write() as c:
        return text(workflows.put(c, user(), _given()))


@routes(blueprint, ["/data/workflows/<key>"], "PUT")
def change(key: str) -> Response:
    with store().database.write() as c:
        return text(workflows.put(c, user(), _given(), key))


@routes(blueprint, ["/data/workflows/<key>"])
def show(key: str) -> Response:
    with store().database.read() as c:
        return item(workflows.TYPE, workflows.columns(c, user(), key), {})


@routes(blueprint, ["/data/status/<listener>"])
def status(listener: str) -> Response:
    """Told as XNAT does to its upload page: one list of messages, the last with the outcome."""
    outcome = _outcome(listener)
    told = {"status": "COMPLETED" if outcome.startswith("/data/") else "FAILED", "msg": outcome}
    return as_json({"msgs": [[told]]})


@routes(blueprint, ["/xapi/event_tracking/<listener>"])
def tracked(listener: str) -> Response:
    outcome = _outcome(listener)
    return as_json({"key": listener, "succeeded": outcome.startswith("/data/"), "finalMessage": outcome})


def _outcome(listener: str) -> str:
    outcome = store().outcomes.get(user().login, listener)
    if outcome is None:
        raise NotFound("No import of yours named this listener since the archive was started.")
    return outcome


def _given() -> dict[str, str]:
    return {field(name): value for name, value in request.args.items()}
