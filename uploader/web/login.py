"""In and out."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask import session as cookie
from werkzeug.wrappers import Response

from uploader.domain.errors import WrongPassword
from uploader.web.logins import Logins
from uploader.web.page import review_here

blueprint = Blueprint("login", __name__)


def who() -> str:
    """The person whose request this is; empty for nobody. What a page asks by itself keeps no login alive."""
    logins: Logins = current_app.extensions["logins"]
    return logins.person(cookie.get("login", ""), active="X-Look-Again" not in request.headers)


@blueprint.get("/login")
def form() -> str:
    return render_template("login.html", wrong="", name="")


@blueprint.post("/login")
def enter() -> Response | tuple[str, int]:
    name = request.form.get("login", "").strip()
    try:
        review_here().accounts.check(name, request.form.get("password", ""))
    except WrongPassword as error:
        return render_template("login.html", wrong=str(error), name=name), 403
    _forget()
    cookie["login"] = current_app.extensions["logins"].open(name)
    return redirect(url_for("submissions.all_"))


@blueprint.post("/logout")
def leave() -> Response:
    _forget()
    return redirect(url_for("login.form"))


def _forget() -> None:
    """End the login that was, and the CSRF token with it."""
    current_app.extensions["logins"].close(cookie.get("login", ""))
    cookie.clear()
