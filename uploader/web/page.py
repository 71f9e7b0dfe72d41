"""The page of one submission: all that is shown of it, and the forms for what may be done."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from flask import current_app, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from uploader import overruling, waiving
from uploader.domain.choice import KINDS
from uploader.domain.errors import UploaderError, WrongState
from uploader.domain.evidence import MEANING
from uploader.domain.override import REASONS
from uploader.domain.submission import RECALL_ASKED, State, Submission, check_choice
from uploader.patient import Told
from uploader.review import Review
from uploader.views import Roi, View
from uploader.web.errors import answer_to
from uploader.web.steps import steps

MOVING = frozenset({State.ARRIVING, State.QUEUED, State.WAITING, State.SIGNED})
"""States that change by themselves: their pages look again every few seconds."""


def review_here() -> Review:
    review: Review = current_app.extensions["review"]
    return review


def moves(about: Submission) -> bool:
    return about.state in MOVING or about.why == RECALL_ASKED


def back(submission: str) -> Response:
    return redirect(url_for("submissions.one", submission=submission))


def page(
    submission: str,
    patient: Sequence[Told] = (),
    /,
    *,
    wrong: Mapping[str, str] = MappingProxyType({}),
    **typed: str | Collection[str],
) -> str:
    """The page of a submission.

    patient: who it is, where somebody asked and that was audited; such a page does not look again by itself
    wrong: form -> what is wrong with what was typed into it
    typed: what stays typed in the forms
    """
    review = review_here()
    view = review.show(submission)
    about = view.submission
    return render_template(
        "submission.html",
        about=about,
        moving=moves(about) and not patient,
        patient=patient,
        judged_anew=_is_judged_anew(view),
        steps=steps(view),
        State=State,
        wrong=wrong,
        typed={
            "trial": about.trial,
            "subject": about.subject,
            **about.chosen,
            "seen": view.seen,
            "attest": (),
            **typed,
        },
        **_kept(review, view),
        **_choosing(review, about),
        **_signing(review, view),
        **_letting_pass(review, view),
    )


def _kept(review: Review, view: View) -> dict[str, Any]:
    """Where its files are, and what they hold."""
    rois, missing = _rois(review, view.submission)
    return {
        "kept": any(receipt.place == "identifiable" for receipt in view.receipts),
        "viewable": review.viewable(view),
        "centre": review.centre,
        "trial_project": review.trial_project(view.submission.id) or "the trial's project",
        "scans": sorted(view.scans, key=lambda scan: (len(scan.id), scan.id)),
        "examples": review.examples(view.submission.id),
        "rois": rois,
        "rois_missing": missing,
        "empty_rois": sum(not roi.contours for roi in rois),
    }


def _choosing(review: Review, about: Submission) -> dict[str, Any]:
    """What the form for the trial offers."""
    choosable, trials = _choosable(about), review.open_trials()
    return {
        "choosable": choosable,
        "same_files": review.records.same_files(about.id) if choosable else (),
        "trials": trials,
        "choices": {protocol.trial: review.choices(protocol) for protocol in trials},
        "kinds": {kind: name for kind, (_, name) in KINDS.items()},
    }


def _signing(review: Review, view: View) -> dict[str, Any]:
    """Who may sign, and what it means."""
    everybody = review.accounts.everybody()
    has = everybody.get(g.person, frozenset())
    return {
        "meaning": MEANING,
        "has": has,
        "could_sign": view.signatures.could_sign(everybody),
        "signing_as": view.signatures.open_to(g.person, has),
    }


def _letting_pass(review: Review, view: View) -> dict[str, Any]:
    """What stops it and may be let pass, and what was: false alarms of the verifier, rules of the protocol."""
    about = view.submission
    waived = waiving.waived(review, about.id) if about.state is State.REFUSED else ()
    return {
        "view": replace(view, protocol_verdict=waiving.counted(view.protocol_verdict, waived)),
        "overrulable": overruling.overrulable(review, about.id),
        "false_alarms": REASONS,
        "overruled": overruling.overruled(review, about.id),
        "waivable": waiving.waivable(review, about.id),
        "waived": waived,
    }


def _choosable(about: Submission) -> bool:
    """Whether a choice of trial would be taken."""
    try:
        check_choice(about)
    except WrongState:
        return False
    return True


def _is_judged_anew(view: View) -> bool:
    """Whether its verdicts are of the last time, and will not be those of this one."""
    told = (line["action"] for line in reversed(view.history) if line["action"] in ("queued", "verdict-kept"))
    return view.submission.state in MOVING and view.submission.route == "prepare" and next(told, "") == "queued"


def _rois(review: Review, about: Submission) -> tuple[tuple[Roi, ...], str]:
    """Structures, and why they are missing. While a submission moves its page looks again every other second: the
    archive is left in peace."""
    if about.state in MOVING:
        return (), ""
    try:
        return review.rois(about.id), ""
    except UploaderError as error:
        return (), f"{error}. {answer_to(error)[1]}"
