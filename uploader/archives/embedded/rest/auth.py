"""Logging in and out, sessions and alias tokens."""

from __future__ import annotations

import time

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import Forbidden, NotFound, RequestEntityTooLarge, Unauthorized

from uploader.archives.embedded.accounts import IDLE_SECONDS
from uploader.archives.embedded.history import ACTOR
from uploader.archives.embedded.rest.answers import as_json, text
from uploader.archives.embedded.rest.asked import routes, store, user
from uploader.httpserver import PATIENCE

COOKIE = "JSESSIONID"
LOGIN = "/data/services/auth"
LOGIN_BYTES = 64 << 10
"""The largest form with a login and a password."""
blueprint = Blueprint("auth", __name__)


def identify() -> None:
    """Find out who asks: by Basic authorisation where given, else by the session's cookie."""
    accounts = store().accounts
    given = request.authorization
    if given is not None and given.type == "basic":
        g.user = accounts.by_password(given.username or "", given.password or "", _peer())
    elif cookie := request.cookies.get(COOKIE):
        g.user = accounts.by_session(cookie)
    found = g.get("user")
    ACTOR.set(found.login if found else "")
    if found is not None and (patience := request.environ.get(PATIENCE)):
        patience()


def touch_no_body_of_strangers() -> None:
    """Only a login's form is read of one who has not proven who they are."""
    if g.get("user") is not None or not (request.content_length or "Transfer-Encoding" in request.headers):
        return
    if request.url_rule is None or request.url_rule.rule != LOGIN:
        raise Unauthorized("Log in first.")
    request.max_content_length = LOGIN_BYTES
    if (request.content_length or 0) > LOGIN_BYTES:
        raise RequestEntityTooLarge("A login is not that long.")


def refuse_foreign_pages() -> None:
    """A page of another site may not act through a browser that is logged in here (CSRF)."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    origin = request.headers.get("Origin")
    foreign = origin is not None and origin.split("://")[-1] != request.host
    if foreign or request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise Forbidden("Requests from pages of another site are not accepted.")


@routes(blueprint, [LOGIN], "PUT", "POST")
def log_in() -> Response:
    form = request.form if request.form else request.args
    found = store().accounts.by_password(form.get("username", ""), form.get("password", ""), _peer())
    return _with_session(store().accounts.open_session(found))


@routes(blueprint, ["/data/auth"])
def who() -> Response:
    return text(f"User '{user().login}' is logged in")


@routes(blueprint, ["/data/JSESSION"], "GET", "POST")
def session() -> Response:
    found = user()
    return _with_session(found.session or store().accounts.open_session(found))


@routes(blueprint, ["/data/JSESSION"], "DELETE")
def log_out() -> Response:
    store().accounts.end_session(user().session)
    answer = text("")
    answer.delete_cookie(COOKIE)
    return answer


@routes(blueprint, ["/data/services/tokens/issue", "/data/services/tokens/issue/user/<login>"])
def issue(login: str | None = None) -> Response:
    asking = user()
    if asking.by_token:
        raise Forbidden("A token does not issue tokens; log in with the password.")
    if login is not None and login != asking.login:
        if not asking.admin:
            raise Forbidden("Only an admin may issue tokens for others.")
        if store().accounts.row(login) is None:
            raise NotFound("There is no such account.")
    token = store().accounts.issue(login or asking.login)
    return as_json(
        {
            "alias": token.alias,
            "secret": token.secret,
            "xdatUserId": token.login,
            "singleUse": False,
            "estimatedExpirationTime": int(token.expires * 1000),
        }
    )


@routes(blueprint, ["/data/services/tokens/show"])
def show() -> Response:
    rows = store().accounts.tokens(user().login)
    return as_json([{"alias": r["alias"], "estimatedExpirationTime": int(r["expires"] * 1000)} for r in rows])


@routes(blueprint, ["/data/services/tokens/validate/<alias>/<secret>"])
def validate(alias: str, secret: str) -> Response:
    user()
    login = store().accounts.validate(alias, secret)
    return as_json({"valid": login} if login else {})


@routes(blueprint, ["/data/services/tokens/invalidate/<alias>", "/data/services/tokens/invalidate/<alias>/<secret>"])
def invalidate(alias: str, secret: str | None = None) -> Response:
    asking = user()
    if secret is not None and store().accounts.validate(alias, secret) is None:
        raise Unauthorized("There is no such token.")
    if not store().accounts.invalidate(alias, None if asking.admin else asking.login):
        raise Unauthorized("There is no such token.")
    return as_json({"result": "OK"})


def _peer() -> str:
    return request.remote_addr or ""


def _with_session(session: str) -> Response:
    answer = text(session)
    answer.set_cookie(COOKIE, session, httponly=True, samesite="Strict", secure=request.is_secure)
    return answer


def tell_expiry(answer: Response) -> Response:
    """XNAT's cookie from which clients know when to come again: ``"<ms>,<interval>"``."""
    if g.get("user") is not None:
        value = f'"{int(time.time() * 1000)},{IDLE_SECONDS * 1000}"'  # its comma is not to be escaped
        answer.headers.add("Set-Cookie", f"SESSION_EXPIRATION_TIME={value}; Path=/")
    return answer
