"""Submissions: the list, one of them, and what may be done to it."""

from __future__ import annotations

import json

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask import Response as Answer
from werkzeug.wrappers import Response

from uploader.domain.evidence import MEANING
from uploader.domain.submission import State
from uploader.review import Review

blueprint = Blueprint("submissions", __name__)
MOVING = frozenset({State.ARRIVING, State.QUEUED, State.WAITING, State.SIGNED})
"""States that change by themselves: their pages look again every few seconds."""


def _review() -> Review:
    review: Review = current_app.extensions["review"]
    return review


def _back(submission: str) -> Response:
    return redirect(url_for("submissions.one", submission=submission))


@blueprint.get("/")
def all_() -> str:
    review = _review()
    return render_template(
        "submissions.html",
        submissions=review.all(),
        waiting=review.notices("waiting"),
        quarantined=review.notices("quarantined"),
    )


@blueprint.get("/submissions/<submission>")
def one(submission: str) -> str:
    review = _review()
    view = review.show(submission)
    return render_template(
        "submission.html",
        view=view,
        about=view.submission,
        moving=view.submission.state in MOVING,
        examples=review.examples(submission),
        rois=review.rois(submission),
        trials=review.open_trials(),
        meaning=MEANING,
        State=State,
    )


@blueprint.get("/submissions/<submission>/changes")
def changes(submission: str) -> str:
    """Before and after of one file. Identifiable: asked for by name, and audited."""
    review = _review()
    name = request.args.get("file", "")
    return render_template(
        "changes.html",
        submission=submission,
        name=name,
        changes=review.changes(submission, name, g.person),
    )


@blueprint.get("/submissions/<submission>/structures")
def structures(submission: str) -> str:
    """Structure names as they arrived. Identifiable: asked for by name, and audited."""
    review = _review()
    return render_template(
        "structures.html", submission=submission, rois=review.identifiable_rois(submission, g.person)
    )


@blueprint.get("/submissions/<submission>/receipt.json")
def receipt(submission: str) -> Answer:
    document = json.dumps(_review().receipt(submission), indent=2)
    return Answer(
        document,
        mimetype="application/json",
        headers={"Content-Disposition": f"attachment; filename=receipt-{submission}.json"},
    )


@blueprint.post("/submissions/<submission>/trial")
def choose(submission: str) -> Response:
    form = request.form
    _review().choose(submission, form.get("trial", ""), form.get("subject", "").strip(), g.person)
    return _back(submission)


@blueprint.post("/submissions/<submission>/signature")
def sign(submission: str) -> Response:
    """Sign what was on the screen, and send it."""
    review = _review()
    review.sign(submission, g.person, request.form.get("password", ""), request.form.get("digest", ""))
    review.release(submission, g.person)
    return _back(submission)


@blueprint.post("/submissions/<submission>/release")
def release(submission: str) -> Response:
    _review().release(submission, g.person)
    return _back(submission)


@blueprint.post("/submissions/<submission>/retry")
def retry(submission: str) -> Response:
    _review().retry(submission, g.person)
    return _back(submission)


@blueprint.post("/submissions/<submission>/withdrawal")
def withdraw(submission: str) -> Response:
    _review().withdraw(submission, g.person, request.form.get("reason", ""))
    return _back(submission)
