"""The site: what it is, its schemas and its accounts."""

from __future__ import annotations

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest, Forbidden, NotFound

from uploader.archives.embedded import schemas
from uploader.archives.embedded.accounts import Account, User
from uploader.archives.embedded.database import fields
from uploader.archives.embedded.rest.answers import as_json, table, text
from uploader.archives.embedded.rest.asked import json_object, routes, store, user

VERSION = "1.9.3"
"""XNAT version whose REST contract this archive follows."""
blueprint = Blueprint("site", __name__)


@routes(blueprint, ["/"])
def home() -> Response:
    page = "<html><head><title>Archive</title></head><body><h1>Archive</h1><p>Use an XNAT client.</p></body></html>"
    return Response(page, mimetype="text/html")


@routes(blueprint, ["/xapi/siteConfig/buildInfo"])
def build_info() -> Response:
    return as_json({"version": VERSION, "buildNumber": "embedded", "isNonRelease": "false"})


@routes(blueprint, ["/xapi/siteConfig/initialized"])
def initialized() -> Response:
    return as_json(True)


@routes(blueprint, ["/xapi/siteConfig/siteId"])
def site_id() -> Response:
    return text(store().site_id)


@routes(blueprint, ["/xapi/siteConfig/siteUrl"])
def site_url() -> Response:
    return text(request.url_root.rstrip("/"))


@routes(blueprint, ["/xapi/schemas"])
def schema_names() -> Response:
    return as_json(list(schemas.NAMES))


@routes(blueprint, ["/xapi/schemas/<name>", "/xapi/schemas/<name>/<_same>"])
def schema(name: str, _same: str = "") -> Response:
    if name not in schemas.NAMES:
        raise NotFound("There is no such schema.")
    return Response(schemas.schema(name), mimetype="application/xml")


@routes(blueprint, ["/xapi/users"])
def logins() -> Response:
    _admin()
    return as_json([row["login"] for row in store().accounts.all()])


@routes(blueprint, ["/xapi/users"], "POST")
def create_user() -> Response:
    _admin()
    given = json_object()
    login, password = (given.get(k, "") for k in ("username", "password"))
    if not (isinstance(login, str) and isinstance(password, str) and login and password and login.isprintable()):
        raise BadRequest("An account needs a username and a password.")
    facts = {k: str(given.get(k, "")) for k in ("email", "firstName", "lastName")}
    store().accounts.create(Account(login, password), facts)
    return as_json({"username": login, "enabled": True, "verified": True} | facts, 201)


@routes(blueprint, ["/xapi/users/<login>", "/xapi/users/profile/<login>"])
def account(login: str) -> Response:
    asking = user()
    row = store().accounts.row(login) if asking.admin or asking.login == login else None
    if row is None:
        raise NotFound("There is no such account, or it is not yours to see.")
    return as_json({"username": login, "verified": True} | fields(row) | {"enabled": store().accounts.enabled(row)})


@routes(blueprint, ["/data/users"])
def users_table() -> Response:
    _admin()
    rows = [fields(row) | {"xdat_user_id": str(row["number"]), "login": row["login"]} for row in store().accounts.all()]
    return table(rows, "xdat_user_id,login,firstname,lastname,email")


@routes(blueprint, ["/xapi/plugins"])
def plugins() -> Response:
    user()
    return as_json({})


def _admin() -> User:
    asking = user()
    if not asking.admin:
        raise Forbidden("Only an admin may do this.")
    return asking
