"""Projects, their settings and their members."""

from __future__ import annotations

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest, Conflict

from uploader.archives.embedded import find, projects, removal
from uploader.archives.embedded.rest.answers import item, table, text
from uploader.archives.embedded.rest.asked import PROJECT, document, fields, routes, store, user

COLUMNS = "pi_firstname,secondary_ID,pi_lastname,name,description,ID,URI"
blueprint = Blueprint("projects", __name__)


@routes(blueprint, ["/data/projects"])
def listing() -> Response:
    return table(projects.listing(store(), user()), COLUMNS)


@routes(blueprint, ["/data/projects"], "POST")
def create() -> Response:
    asking = user()
    name = document().get("ID", "")
    if not name:
        raise BadRequest("The XML names no project ID.")
    if not projects.put(store(), asking, name, fields()):
        raise Conflict("There is a project with this ID already.")
    return text(f"/data/projects/{name}\r\n")


@routes(blueprint, [PROJECT])
def show(project: str) -> Response:
    with store().database.read() as c:
        row = find.project(c, user(), "read", project)
    return item("xnat:projectData", projects.columns(row), {})


@routes(blueprint, [PROJECT], "PUT")
def put(project: str) -> Response:
    projects.put(store(), user(), project, fields())
    return text(project)


@routes(blueprint, [PROJECT], "DELETE")
def remove(project: str) -> Response:
    removal.remove_project(store(), user(), project)
    return text("")


def _setting(key: str) -> None:
    def view(project: str, value: str | None = None) -> Response:
        wanted = value if request.method == "PUT" else None
        return text(projects.setting(store(), user(), project, key, wanted))

    view.__name__ = key
    routes(blueprint, [f"{PROJECT}/{key}", f"{PROJECT}/{key}/<value>"], "GET", "PUT")(view)


for _key in projects.DEFAULTS:
    _setting(_key)


@routes(blueprint, [f"{PROJECT}/users"])
def members(project: str) -> Response:
    found = projects.members(store(), user(), project)
    return table(found, "GROUP_ID,displayname,login,firstname,lastname,email")


@routes(blueprint, [f"{PROJECT}/users/<group>/<login>"], "PUT", "DELETE")
def member(project: str, group: str, login: str) -> Response:
    if request.method == "PUT":
        projects.admit(store(), user(), project, group, login)
    else:
        projects.dismiss(store(), user(), project, login)
    return members(project)
