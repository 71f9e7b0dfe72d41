"""The application: who may in, and what every answer carries."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, Response, g, redirect, request, url_for
from flask_wtf import CSRFProtect
from werkzeug.exceptions import SecurityError
from werkzeug.wrappers import Response as BaseResponse

from uploader.config import DeskSettings
from uploader.review import Review
from uploader.web import decisions, errors, formats, login, structures, submissions, words
from uploader.web.logins import Logins
from uploader.web.page import review_here

OPEN = frozenset({"login.form", "login.enter", "static"})
"""Endpoints that need no account; every other one does."""
LARGEST_FORM = 64 * 1024
"""Bytes of a request; the desk takes no files."""
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""What every answer carries, errors too."""


def create_app(review: Review, key: bytes, settings: DeskSettings, diagnostics: Path) -> Flask:
    """key: 32 bytes that sign the cookies
    diagnostics: folder for what unexpected errors said
    """
    app = errors.Desk(__name__)
    app.diagnostics = diagnostics
    app.secret_key = key
    app.config.update(
        SESSION_COOKIE_NAME="__Host-uploader-desk" if settings.https else "uploader-desk",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        TRUSTED_HOSTS=list(settings.hosts) or None,
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        MAX_FORM_MEMORY_SIZE=LARGEST_FORM,
        MAX_FORM_PARTS=20,
    )
    app.extensions["review"] = review
    app.extensions["logins"] = Logins(settings.idle_minutes * 60)
    app.before_request(_only_under_our_name)
    app.before_request(_only_with_an_account)
    CSRFProtect(app)
    app.after_request(_guarded)
    errors.register(app)
    app.register_blueprint(login.blueprint)
    app.register_blueprint(submissions.blueprint)
    app.register_blueprint(decisions.blueprint)
    app.register_blueprint(structures.blueprint)
    formats.register(app)
    words.register(app)
    return app


def _only_under_our_name() -> BaseResponse | None:
    if isinstance(request.routing_exception, SecurityError):
        g.person = ""
        says = "The desk is not known under this name; its settings list the names in desk.hosts.\n"
        return Response(says, 400, mimetype="text/plain")
    return None


def _unlocked(person: str) -> str:
    """Empty where the account was locked while its person was logged in."""
    return person if person and review_here().accounts.everybody().get(person) else ""


def _only_with_an_account() -> BaseResponse | None:
    g.person = ""
    g.person = _unlocked(login.who())
    if g.person or request.endpoint in OPEN:
        return None
    return redirect(url_for("login.form"))


def _guarded(response: Response) -> Response:
    response.headers.update(HEADERS)
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response
