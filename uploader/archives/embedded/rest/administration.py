"""What an administrator sets: the site's settings, and accounts that are there already."""

from __future__ import annotations

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest, Forbidden, NotFound

from uploader.archives.embedded import preferences
from uploader.archives.embedded.accounts import Account, User
from uploader.archives.embedded.database import Row
from uploader.archives.embedded.rest.answers import as_json, text
from uploader.archives.embedded.rest.asked import json_object, routes, store, user

ADMINISTRATOR = "Administrator"
blueprint = Blueprint("administration", __name__)


@routes(blueprint, ["/xapi/siteConfig"])
def site_config() -> Response:
    user()
    known = preferences.read(store())
    return as_json(known | {"siteUrl": known["siteUrl"] or request.url_root.rstrip("/")})


@routes(blueprint, ["/xapi/siteConfig"], "POST")
def configure() -> Response:
    _admin()
    preferences.change(store(), json_object())
    return text("")


@routes(blueprint, ["/xapi/users/<login>"], "PUT")
def change_account(login: str) -> Response:
    """A new password, names, an e-mail address. An account's own, or an administrator's to set.

    A token sets no password: who finds one would have the account for longer than the token lives.
    """
    asking = user()
    if not asking.admin and asking.login != login:
        raise Forbidden("Only an admin may change another account.")
    row, given = _row(login), json_object()
    facts = {name: given[name] for name in ("email", "firstName", "lastName", "password") if name in given}
    if not facts or not all(isinstance(value, str) and value.isprintable() and value for value in facts.values()):
        raise BadRequest("Password, email, firstName and lastName can be changed here, and none may be empty.")
    if "password" in facts and asking.by_token:
        raise Forbidden("A token does not set passwords; log in with the password.")
    if (password := facts.pop("password", None)) is not None:
        store().accounts.change(Account(login, password, bool(row["admin"])))
    store().accounts.describe(login, facts)
    return as_json({"username": login} | facts)


@routes(blueprint, ["/xapi/users/<login>/enabled"])
def enabled(login: str) -> Response:
    _admin()
    return as_json(store().accounts.enabled(_row(login)))


@routes(blueprint, ["/xapi/users/<login>/enabled/<flag>"], "PUT")
def enable(login: str, flag: str) -> Response:
    asking = _admin()
    if flag not in ("true", "false"):
        raise BadRequest("An account is enabled true or false.")
    if asking.login == login and flag == "false":
        raise Forbidden("An admin cannot switch off the account they are using.")
    store().accounts.enable(_row(login)["login"], flag == "true")
    return as_json(True)


@routes(blueprint, ["/xapi/users/<login>/roles"])
def roles(login: str) -> Response:
    asking = user()
    if not asking.admin and asking.login != login:
        raise Forbidden("Only an admin may see the roles of others.")
    return as_json([ADMINISTRATOR] if _row(login)["admin"] else [])


@routes(blueprint, ["/xapi/users/<login>/roles/<role>"], "PUT", "DELETE")
def set_role(login: str, role: str) -> Response:
    asking = _admin()
    if role != ADMINISTRATOR:
        raise NotFound("This archive knows one role, Administrator.")
    if request.method == "DELETE" and asking.login == login:
        raise Forbidden("An admin cannot take this role from the account they are using.")
    store().accounts.make_admin(_row(login)["login"], request.method == "PUT")
    return as_json(True)


def _row(login: str) -> Row:
    row = store().accounts.row(login)
    if row is None:
        raise NotFound("There is no such account.")
    return row


def _admin() -> User:
    asking = user()
    if not asking.admin:
        raise Forbidden("Only an admin may do this.")
    return asking
