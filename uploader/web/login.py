"""In and out."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask import session as cookie
from werkzeug.wrappers import Response

from uploader.domain.errors import WrongPassword
from uploader.review import Review

blueprint = Blueprint("login", __name__)


@blueprint.get("/login")
def form() -> str:
    return render_template("login.html", wrong="")


@blueprint.post("/login")
def enter() -> Response | tuple[str, int]:
    review: Review = current_app.extensions["review"]
    name = request.form.get("login", "").strip()
    try:
        review.accounts.check(name, request.form.get("password", ""))
    except WrongPassword as error:
        return render_template("login.html", wrong=str(error)), 403
    cookie.clear()
    cookie["person"] = name
    cookie.permanent = True
    return redirect(url_for("submissions.all_"))


@blueprint.post("/logout")
def leave() -> Response:
    cookie.clear()
    return redirect(url_for("login.form"))
