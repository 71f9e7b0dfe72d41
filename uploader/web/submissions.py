"""Submissions: the list, one of them, and what may be done to it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask import Response as Answer
from werkzeug.wrappers import Response

from uploader.domain.choice import KINDS
from uploader.domain.errors import NotFound, Refused, UploaderError, WrongPassword, WrongState
from uploader.domain.evidence import MEANING
from uploader.domain.manifest import Manifest
from uploader.domain.override import Override, overrides
from uploader.domain.submission import CHOOSABLE, RECALL_ASKED, State, Submission, check_choice
from uploader.recall import RECALLABLE, unsettled
from uploader.review import Review
from uploader.views import Roi, View
from uploader.web.errors import answer_to
from uploader.web.steps import steps

blueprint = Blueprint("submissions", __name__)
MOVING = frozenset({State.ARRIVING, State.QUEUED, State.WAITING, State.SIGNED})
"""States that change by themselves: their pages look again every few seconds."""
YOURS = frozenset({State.RECEIVED, State.AWAITING_SIGNOFF, State.SIGNED, State.REFUSED, State.HELD})
"""States that wait for a person."""
LONGEST_LIST = 50
"""Finished submissions listed before somebody asks for all."""


def _review() -> Review:
    review: Review = current_app.extensions["review"]
    return review


def _moves(about: Submission) -> bool:
    return about.state in MOVING or about.why == RECALL_ASKED


def _waits_for_somebody(about: Submission) -> bool:
    return about.state in YOURS or unsettled(about)


def _state(submission: str) -> State:
    return _review().records.get(submission).state


def _back(submission: str) -> Response:
    return redirect(url_for("submissions.one", submission=submission))


@blueprint.get("/")
def all_() -> str:
    review = _review()
    newest = sorted(review.all(), key=lambda s: s.changed, reverse=True)
    finished = [s for s in newest if not (_moves(s) or _waits_for_somebody(s))]
    signatures = {s.id: review.signatures(s.id) for s in newest if s.state is State.AWAITING_SIGNOFF}
    mine = review.accounts.everybody().get(g.person, frozenset())
    theirs = {submission for submission, each in signatures.items() if not each.open_to(g.person, mine)}
    return render_template(
        "submissions.html",
        yours=[s for s in newest if _waits_for_somebody(s) and s.id not in theirs],
        theirs=[s for s in newest if s.id in theirs],
        signatures=signatures,
        moving=[s for s in newest if _moves(s) and not _waits_for_somebody(s)],
        finished=finished if "all" in request.args else finished[:LONGEST_LIST],
        finished_count=len(finished),
        waiting=review.notices("waiting"),
        quarantined=review.notices("quarantined"),
    )


@blueprint.get("/submissions/<submission>")
def one(submission: str) -> str:
    return _page(submission)


@blueprint.get("/submissions/<submission>/changes")
def changes(submission: str) -> str:
    """Before and after of one file. Identifiable: asked for by name, and audited."""
    review = _review()
    name = request.args.get("file", "")
    found = review.changes(submission, name, g.person)
    names = _scan_of(review.records.manifest(submission, "anonymised"), name)
    return render_template(
        "changes.html",
        submission=submission,
        name=name,
        names=names,
        at=names.index(name),
        changes=found,
        kinds=Counter(change.kind for change in found),
        boxes=review.records.provenance(submission).get("blanked", {}).get(name, ()),
    )


@blueprint.get("/submissions/<submission>/viewer/<place>")
def viewer(submission: str, place: str) -> Response:
    """On to the images in the archive's viewer. Identifiable ones: asked for by name, and audited."""
    return redirect(_review().viewer(submission, place, g.person))


@blueprint.get("/submissions/<submission>/elements")
def elements(submission: str) -> str:
    """One file as it arrived. Identifiable: asked for by name, and audited."""
    name = request.args.get("file", "")
    found = _review().elements(submission, name, g.person)
    return render_template("elements.html", submission=submission, name=name, elements=found)


@blueprint.get("/submissions/<submission>/receipt.json")
def receipt(submission: str) -> Answer:
    document = json.dumps(_review().receipt(submission), indent=2)
    return Answer(
        document,
        mimetype="application/json",
        headers={"Content-Disposition": f"attachment; filename=receipt-{submission}.json"},
    )


@blueprint.post("/submissions/<submission>/trial")
def choose(submission: str) -> Response | tuple[str, int]:
    trial, subject = request.form.get("trial", ""), request.form.get("subject", "").strip()
    codes = {kind: request.form.get(kind, "") for kind in KINDS}
    try:
        _review().choose(submission, trial, subject, g.person, codes=codes)
    except Refused as error:
        if type(error) is not Refused or _state(submission) not in CHOOSABLE:
            raise
        return _page(submission, wrong={"choose": str(error)}, trial=trial, subject=subject, **codes), 400
    return _back(submission)


@blueprint.post("/submissions/<submission>/signature")
def sign(submission: str) -> Response | tuple[str, int]:
    """Sign what was on the screen, and send it if nobody else must sign.

    After a wrong password the page still offers the digest of what was on the screen, and no newer one.
    """
    review, form = _review(), request.form
    seen, role = form.get("seen", ""), form.get("role", "")
    try:
        missing = review.sign(submission, g.person, form.get("password", ""), seen, form.getlist("attest"), role)
    except (WrongPassword, Refused) as error:
        if type(error) not in (WrongPassword, Refused) or _state(submission) is not State.AWAITING_SIGNOFF:
            raise
        status = 403 if isinstance(error, WrongPassword) else 400
        return _page(submission, wrong={"sign": str(error)}, seen=seen, role=role), status
    if not missing:
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


@blueprint.post("/submissions/<submission>/override")
def override(submission: str) -> Response | tuple[str, int]:
    """Overrule a false alarm; trying again then goes on with it as a question."""
    review, reason = _review(), request.form.get("reason", "")
    code, _, where = request.form.get("finding", "").partition(" ")
    try:
        review.override(submission, g.person, request.form.get("password", ""), code, where, reason)
    except (WrongPassword, Refused) as error:
        if type(error) not in (WrongPassword, Refused):
            raise
        password_wrong = isinstance(error, WrongPassword)
        typed = {"reason": reason, "finding": f"{code} {where}", "password_wrong": "yes" if password_wrong else ""}
        return _page(submission, wrong={"override": str(error)}, **typed), 403 if password_wrong else 400
    return _back(submission)


@blueprint.post("/submissions/<submission>/waiver")
def waive(submission: str) -> Response | tuple[str, int]:
    """Let a rule of the protocol pass; trying again then goes on."""
    rule, _, code = request.form.get("waiver", "").partition(" ")
    try:
        _review().waive(submission, g.person, request.form.get("password", ""), rule, code)
    except (WrongPassword, Refused) as error:
        if type(error) not in (WrongPassword, Refused):
            raise
        password_wrong = isinstance(error, WrongPassword)
        typed = {"waiver": f"{rule} {code}", "password_wrong": "yes" if password_wrong else ""}
        return _page(submission, wrong={"waive": str(error)}, **typed), 403 if password_wrong else 400
    return _back(submission)


@blueprint.post("/submissions/<submission>/withdrawal")
def withdraw(submission: str) -> Response | tuple[str, int]:
    try:
        _review().withdraw(submission, g.person, request.form.get("reason", ""))
    except Refused as error:
        if type(error) is not Refused:
            raise
        return _page(submission, wrong={"withdraw": str(error)}), 400
    return _back(submission)


@blueprint.post("/submissions/<submission>/recall")
def recall(submission: str) -> Response | tuple[str, int]:
    """Ask for a released session to be taken back at the centre, after what that does was read."""
    reason, read = request.form.get("reason", ""), "read" in request.form
    try:
        if not read:
            raise Refused("tick that you have read what it does")
        _review().recall(submission, g.person, request.form.get("password", ""), reason)
    except (WrongPassword, Refused) as error:
        if type(error) not in (WrongPassword, Refused) or _state(submission) not in RECALLABLE:
            raise
        password_wrong = isinstance(error, WrongPassword)
        typed = {"recall_reason": reason, "read": "yes" if read else "", "password_wrong": "yes" * password_wrong}
        return _page(submission, wrong={"recall": str(error)}, **typed), 403 if password_wrong else 400
    return _back(submission)


def _page(submission: str, *, wrong: Mapping[str, str] = MappingProxyType({}), **typed: str) -> str:
    """The page of a submission.

    wrong: form -> what is wrong with what was typed into it
    typed: what stays typed in the forms
    """
    review = _review()
    view = review.show(submission)
    about, everybody = view.submission, review.accounts.everybody()
    has = everybody.get(g.person, frozenset())
    rois, rois_missing = _rois(review, about)
    trials = review.open_trials()
    return render_template(
        "submission.html",
        view=view,
        about=about,
        moving=_moves(about),
        choosable=_choosable(about),
        steps=steps(view),
        viewable=review.viewable(view),
        centre=review.centre,
        trial_project=review.trial_project(submission) or "the trial's project",
        scans=sorted(view.scans, key=lambda scan: (len(scan.id), scan.id)),
        examples=review.examples(submission),
        rois=rois,
        rois_missing=rois_missing,
        empty_rois=sum(not roi.contours for roi in rois),
        trials=trials,
        choices={protocol.trial: review.choices(protocol) for protocol in trials},
        kinds={kind: name for kind, (_, name) in KINDS.items()},
        meaning=MEANING,
        has=has,
        could_sign=view.signatures.could_sign(everybody),
        signing_as=view.signatures.open_to(g.person, has),
        overrulable=review.overrulable(submission),
        overruled=_overruled(review, view),
        waivable=review.waivable(submission),
        waived=review.waived(submission) if about.state is State.REFUSED else (),
        wrong=wrong,
        typed={"trial": about.trial, "subject": about.subject, **about.chosen, "seen": view.seen, **typed},
        State=State,
    )


def _choosable(about: Submission) -> bool:
    """Whether a choice of trial would be taken."""
    try:
        check_choice(about)
    except WrongState:
        return False
    return True


def _overruled(review: Review, view: View) -> list[Override]:
    """What people overruled in the bytes there are now."""
    try:
        digest = review.records.manifest(view.submission.id, "anonymised").digest
    except NotFound:
        return []
    return overrides(view.history, digest)


def _scan_of(manifest: Manifest, name: str) -> list[str]:
    """Names of all files of the scan that this one is in."""
    scan = next(entry.scan for entry in manifest if entry.name == name)
    return [entry.name for entry in manifest if entry.scan == scan]


def _rois(review: Review, about: Submission) -> tuple[tuple[Roi, ...], str]:
    """Structures, and why they are missing. While a submission moves its page looks again every other second: the
    archive is left in peace."""
    if about.state in MOVING:
        return (), ""
    try:
        return review.rois(about.id), ""
    except UploaderError as error:
        return (), f"{error}. {answer_to(error)[1]}"
