"""The application: who may in, what every answer carries, and how errors look."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, Response, g, redirect, render_template, request, url_for
from flask import session as cookie
from flask_wtf import CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from uploader.domain.errors import Held, NotFound, Refused, Transient, UploaderError, WrongPassword, WrongState
from uploader.review import Review
from uploader.web import formats, login, submissions

OPEN = frozenset({"login.form", "login.enter", "static"})
"""Endpoints that need no account; every other one does."""
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)


def create_app(review: Review, key: bytes, idle_minutes: int = 15) -> Flask:
    """key: 32 bytes that sign the cookies"""
    app = Flask(__name__)
    app.secret_key = key
    app.config.update(
        SESSION_COOKIE_NAME="uploader-desk",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        PERMANENT_SESSION_LIFETIME=timedelta(minutes=idle_minutes),
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=64 * 1024,
        TEMPLATES_AUTO_RELOAD=False,
    )
    app.extensions["review"] = review
    CSRFProtect(app)
    app.before_request(_only_with_an_account)
    app.after_request(_guarded)
    app.register_error_handler(UploaderError, _explain)
    app.register_error_handler(HTTPException, _explain_http)
    app.register_blueprint(login.blueprint)
    app.register_blueprint(submissions.blueprint)
    formats.register(app)
    return app


def _only_with_an_account() -> BaseResponse | None:
    g.person = cookie.get("person")
    if g.person or request.endpoint in OPEN:
        return None
    return redirect(url_for("login.form"))


def _guarded(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def _explain(error: UploaderError) -> tuple[str, int]:
    return render_template("error.html", code=error.code, says=str(error)), _status(error)


def _status(error: UploaderError) -> int:
    for kind, status in ((NotFound, 404), (WrongPassword, 403), (WrongState, 409), (Refused, 400)):
        if isinstance(error, kind):
            return status
    return 503 if isinstance(error, Transient) else 409 if isinstance(error, Held) else 500


def _explain_http(error: HTTPException) -> tuple[str, int]:
    status = error.code or 500
    return render_template("error.html", code=f"http-{status}", says=error.name), status
