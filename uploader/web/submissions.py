"""Submissions: the list, one of them, and what is in it."""

from __future__ import annotations

import json
from collections import Counter

from flask import Blueprint, g, redirect, render_template, request
from flask import Response as Answer
from werkzeug.wrappers import Response

from uploader.domain.manifest import Manifest
from uploader.domain.submission import State, Submission
from uploader.patient import patient
from uploader.recall import unsettled
from uploader.web.page import moves, page, review_here

blueprint = Blueprint("submissions", __name__)
YOURS = frozenset({State.RECEIVED, State.AWAITING_SIGNOFF, State.SIGNED, State.REFUSED, State.HELD})
"""States that wait for a person."""
LONGEST_LIST = 50
"""Finished submissions listed before somebody asks for all."""


def _waits_for_somebody(about: Submission) -> bool:
    return about.state in YOURS or unsettled(about)


@blueprint.get("/")
def all_() -> str:
    review = review_here()
    newest = sorted(review.all(), key=lambda s: s.changed, reverse=True)
    finished = [s for s in newest if not (moves(s) or _waits_for_somebody(s))]
    signatures = {s.id: review.signatures(s.id) for s in newest if s.state is State.AWAITING_SIGNOFF}
    mine = review.accounts.everybody().get(g.person, frozenset())
    theirs = {submission for submission, each in signatures.items() if not each.open_to(g.person, mine)}
    return render_template(
        "submissions.html",
        yours=[s for s in newest if _waits_for_somebody(s) and s.id not in theirs],
        theirs=[s for s in newest if s.id in theirs],
        signatures=signatures,
        moving=[s for s in newest if moves(s) and not _waits_for_somebody(s)],
        finished=finished if "all" in request.args else finished[:LONGEST_LIST],
        finished_count=len(finished),
        waiting=review.notices("waiting"),
        quarantined=review.notices("quarantined"),
    )


@blueprint.get("/submissions/<submission>")
def one(submission: str) -> str:
    return page(submission)


@blueprint.get("/submissions/<submission>/patient")
def who(submission: str) -> str:
    """The same with who the patient is, beside the field for the subject ID. Identifiable: asked for by name, and
    audited."""
    return page(submission, patient(review_here(), submission, g.person))


@blueprint.get("/submissions/<submission>/changes")
def changes(submission: str) -> str:
    """Before and after of one file. Identifiable: asked for by name, and audited."""
    review = review_here()
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
    return redirect(review_here().viewer(submission, place, g.person))


@blueprint.get("/submissions/<submission>/elements")
def elements(submission: str) -> str:
    """One file as it arrived. Identifiable: asked for by name, and audited."""
    name = request.args.get("file", "")
    found = review_here().elements(submission, name, g.person)
    return render_template("elements.html", submission=submission, name=name, elements=found)


@blueprint.get("/submissions/<submission>/receipt.json")
def receipt(submission: str) -> Answer:
    document = json.dumps(review_here().receipt(submission), indent=2)
    return Answer(
        document,
        mimetype="application/json",
        headers={"Content-Disposition": f"attachment; filename=receipt-{submission}.json"},
    )


def _scan_of(manifest: Manifest, name: str) -> list[str]:
    """Names of all files of the scan that this one is in."""
    scan = next(entry.scan for entry in manifest if entry.name == name)
    return [entry.name for entry in manifest if entry.scan == scan]
