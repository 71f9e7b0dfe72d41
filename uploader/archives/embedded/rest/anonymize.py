"""The anonymisation scripts of the site and of its projects."""

from __future__ import annotations

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest, Forbidden, RequestEntityTooLarge

from uploader.archives.embedded import find, scripting
from uploader.archives.embedded.rest.answers import as_json, text
from uploader.archives.embedded.rest.asked import routes, store, user

DEFAULT = """\
version "6.6"
// As XNAT begins: names of the archive in the place of the patient's.
(0008,1030) := project
(0010,0010) := subject
(0010,0020) := session
"""
LARGEST = 1 << 20
"""Bytes of one script."""
blueprint = Blueprint("anonymize", __name__)


@routes(blueprint, ["/xapi/anonymize/default"])
def default() -> Response:
    user()
    return text(DEFAULT)


@routes(blueprint, ["/xapi/anonymize/site", "/xapi/anonymize/projects/<project>"], "GET", "PUT")
def script(project: str = "") -> Response:
    """A script that cannot be read is refused, with the line."""
    name = _asked_for(project)
    if request.method == "PUT":
        scripting.keep(store(), name, _body())
        return text("")
    with store().database.read() as c:
        kept = scripting.text_of(c, name)
    return text("", 204) if kept is None else text(kept)


@routes(blueprint, ["/xapi/anonymize/site/enabled", "/xapi/anonymize/projects/<project>/enabled"], "GET", "PUT")
def enabled(project: str = "") -> Response:
    name = _asked_for(project)
    if request.method == "PUT":
        wanted = (request.args.get("enable") or _body()).strip().lower()
        if wanted not in ("true", "false"):
            raise BadRequest("Say enable=true or enable=false.")
        scripting.enable(store(), name, wanted == "true")
    with store().database.read() as c:
        return as_json(scripting.enabled(c, name))


def _asked_for(project: str) -> str:
    """Name of the script. Raises NotFound, Forbidden, Unauthorized."""
    changing = request.method == "PUT"
    if project:
        with store().database.read() as c:
            find.project(c, user(), "own" if changing else "read", project)
        return scripting.of_project(project)
    if changing and not user().admin:
        raise Forbidden("Only an admin may do this.")
    user()
    return scripting.SITE


def _body() -> str:
    if (request.content_length or 0) > LARGEST:
        raise RequestEntityTooLarge(f"A script has at most {LARGEST} bytes.")
    data = request.stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise RequestEntityTooLarge(f"A script has at most {LARGEST} bytes.")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise BadRequest("A script is written in UTF-8.") from None
