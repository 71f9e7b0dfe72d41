"""What may be done to a submission. A form that does not fit comes back with what was typed into it, and says why."""

from __future__ import annotations

from collections.abc import Collection

from flask import Blueprint, g, request
from werkzeug.wrappers import Response

from uploader import overruling, waiving
from uploader.domain.choice import KINDS
from uploader.domain.errors import Refused, UploaderError, WrongPassword
from uploader.domain.submission import CHOOSABLE, State
from uploader.recall import RECALLABLE
from uploader.web.page import back, page, review_here

blueprint = Blueprint("decisions", __name__)


@blueprint.post("/submissions/<submission>/trial")
def choose(submission: str) -> Response | tuple[str, int]:
    trial, subject = request.form.get("trial", ""), request.form.get("subject", "").strip()
    codes = {kind: request.form.get(kind, "") for kind in KINDS}
    try:
        review_here().choose(submission, trial, subject, g.person, codes=codes)
    except Refused as error:
        return _unfit(error, submission, "choose", CHOOSABLE, trial=trial, subject=subject, **codes)
    return back(submission)


@blueprint.post("/submissions/<submission>/signature")
def sign(submission: str) -> Response | tuple[str, int]:
    """Sign what was on the screen, and send it if nobody else must sign.

    After a wrong password the page still offers the digest of what was on the screen, and no newer one.
    """
    review, form = review_here(), request.form
    seen, role = form.get("seen", ""), form.get("role", "")
    try:
        missing = review.sign(submission, g.person, form.get("password", ""), seen, form.getlist("attest"), role)
    except (WrongPassword, Refused) as error:
        typed = {"seen": seen, "role": role, "attest": form.getlist("attest")}
        return _unfit(error, submission, "sign", {State.AWAITING_SIGNOFF}, **typed)
    if not missing:
        review.release(submission, g.person)
    return back(submission)


@blueprint.post("/submissions/<submission>/release")
def release(submission: str) -> Response:
    review_here().release(submission, g.person)
    return back(submission)


@blueprint.post("/submissions/<submission>/retry")
def retry(submission: str) -> Response:
    review_here().retry(submission, g.person)
    return back(submission)


@blueprint.post("/submissions/<submission>/override")
def override(submission: str) -> Response | tuple[str, int]:
    """Overrule a false alarm; trying again then goes on with it as a question."""
    password, reason = request.form.get("password", ""), request.form.get("reason", "")
    code, _, where = request.form.get("finding", "").partition(" ")
    try:
        overruling.override(review_here(), submission, g.person, password, code, where, reason)
    except (WrongPassword, Refused) as error:
        return _unfit(error, submission, "override", reason=reason, finding=f"{code} {where}")
    return back(submission)


@blueprint.post("/submissions/<submission>/waiver")
def waive(submission: str) -> Response | tuple[str, int]:
    """Let a rule of the protocol pass; trying again then goes on."""
    rule, _, code = request.form.get("waiver", "").partition(" ")
    try:
        waiving.waive(review_here(), submission, g.person, request.form.get("password", ""), rule, code)
    except (WrongPassword, Refused) as error:
        return _unfit(error, submission, "waive", waiver=f"{rule} {code}")
    return back(submission)


@blueprint.post("/submissions/<submission>/withdrawal")
def withdraw(submission: str) -> Response | tuple[str, int]:
    try:
        review_here().withdraw(submission, g.person, request.form.get("reason", ""))
    except Refused as error:
        return _unfit(error, submission, "withdraw")
    return back(submission)


@blueprint.post("/submissions/<submission>/recall")
def recall(submission: str) -> Response | tuple[str, int]:
    """Ask for a released session to be taken back at the centre, after what that does was read."""
    reason, read = request.form.get("reason", ""), "read" in request.form
    try:
        if not read:
            raise Refused("tick that you have read what it does")
        review_here().recall(submission, g.person, request.form.get("password", ""), reason)
    except (WrongPassword, Refused) as error:
        typed = {"recall_reason": reason, "read": "yes" * read}
        return _unfit(error, submission, "recall", RECALLABLE, **typed)
    return back(submission)


@blueprint.post("/submissions/<submission>/recall/look")
def look_again(submission: str) -> Response:
    """Ask whether what was recalled is still shown."""
    review_here().look_again(submission, g.person)
    return back(submission)


def _unfit(
    error: UploaderError,
    submission: str,
    form: str,
    states: Collection[State] = frozenset(State),
    **typed: str | Collection[str],
) -> tuple[str, int]:
    """The page again, which says at the form what is wrong. Raises the error where that would not do: for a kind of
    Refused that has an answer of its own, and where the submission is in none of the `states` that have the form."""
    if type(error) not in (WrongPassword, Refused) or review_here().records.get(submission).state not in states:
        raise error
    password_wrong = isinstance(error, WrongPassword)
    typed["password_wrong"] = "yes" * password_wrong
    says = str(error) if str(error) != WrongPassword.MISMATCH else f"this is not the password of {g.person}"
    return page(submission, wrong={form: says}, **typed), 403 if password_wrong else 400
