"""What an error looks like: what happened, what to do, a code; never a traceback, never what a foreign error said."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any

from flask import Flask, g, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from uploader.diagnostics import keep
from uploader.domain.errors import (
    Held,
    Misconfigured,
    NotFound,
    NotSigned,
    Refused,
    Transient,
    UnknownTrial,
    UploaderError,
    WrongPassword,
    WrongState,
)

ANSWERS: tuple[tuple[type[UploaderError], int, str], ...] = (
    (NotFound, 404, "Go back to the submissions and look there."),
    (WrongPassword, 403, "Nothing was changed. Go back and type it again."),
    (WrongState, 409, "Nothing was changed. It went on while this page was open: look at it as it is now."),
    (NotSigned, 409, "Nothing was signed. Look at the session as it is now, and sign that."),
    (UnknownTrial, 400, "Nothing was changed. Go back and choose one of the trials offered."),
    (Refused, 400, "Nothing was changed. Go back and put it right."),
    (Transient, 503, "Nothing was changed. Try again in a minute; if it stays so, tell the administrator."),
    (Held, 409, "Nothing was changed. Tell the administrator, with the code."),
    (Misconfigured, 500, "Nothing was changed. Tell the administrator, with the code."),
    (UploaderError, 500, "Tell the administrator, with the code."),
)
"""Kind of error -> status and what to do; the first that fits."""
PAGES = {
    400: "The desk did not understand what was asked.",
    404: "There is no such page.",
    405: "That cannot be asked of this page.",
    413: "More was sent than any form of the desk holds.",
}
TOO_OLD = "This page was open too long, or what was asked did not come from it."


class Desk(Flask):
    """Flask, but for its log: a traceback may quote a patient, and belongs into the diagnostics folder."""

    diagnostics: Path

    def log_exception(
        self, exc_info: tuple[type, BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> None:
        try:
            g.reference = keep(self.diagnostics)
        except OSError:
            g.reference = "none, the folder cannot be written"


def register(app: Flask) -> None:
    app.register_error_handler(UploaderError, _explain)
    app.register_error_handler(HTTPException, _explain_http)
    app.register_error_handler(500, _explain_defect)
    app.register_error_handler(CSRFError, _explain_too_old)


def answer_to(error: UploaderError) -> tuple[int, str]:
    """Status, and what the person may do."""
    return next((status, remedy) for kind, status, remedy in ANSWERS if isinstance(error, kind))


def _explain(error: UploaderError) -> tuple[str, int]:
    status, remedy = answer_to(error)
    about = "" if isinstance(error, NotFound) else (request.view_args or {}).get("submission", "")
    return _page(error.code, str(error), remedy, about), status


def _explain_http(error: HTTPException) -> tuple[str, int]:
    status = error.code or 500
    says = PAGES.get(status, f"{error.name}.")
    return _page(f"http-{status}", says, "Go back to the submissions and begin there."), status


def _explain_too_old(error: CSRFError) -> tuple[str, int]:
    return _page("http-400", TOO_OLD, "Nothing was changed. Go back, load the page again and repeat it."), 400


def _explain_defect(_: Any) -> tuple[str, int]:
    says = "Something in this program went wrong."
    remedy = f"Tell the administrator, with this reference into the diagnostics folder: {g.get('reference', 'none')}"
    return _page("defect", says, remedy), 500


def _page(code: str, says: str, remedy: str, submission: str = "") -> str:
    return render_template("error.html", code=code, says=says, remedy=remedy, submission=submission)
