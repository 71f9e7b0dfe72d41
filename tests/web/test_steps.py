"""Where the picture of the line shows a submission to stand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from uploader.domain.evidence import Receipt, SignOff
from uploader.domain.finding import Finding, Severity, judge
from uploader.domain.signing import Asked, Signatures
from uploader.domain.submission import State, Submission
from uploader.views import View
from uploader.web.steps import NAMES, steps

NOW = datetime(2030, 1, 2, tzinfo=UTC)
CLEAN = judge("DEMO-RT v1", "0" * 64, [])
REFUSING = judge("DEMO-RT v1", "0" * 64, [Finding("completeness.missing", Severity.REFUSAL, "session", "no CT")])


def view(state, *, trial="", kept=("identifiable",), protocol=None, verified=None, digest="", signed=False):
    about = Submission(
        **dict.fromkeys(("why", "says", "protocol_version", "protocol_digest", "subject", "label"), ""),
        **{"id": "k7q29xmd", "alias": "a", "state": state, "route": "", "attempt": 0, "trial": trial, "scans": {}},
        **dict.fromkeys(("created", "changed", "due_at"), NOW),
    )
    receipts = tuple(Receipt(place, "0" * 64, 1, NOW) for place in kept)
    signed_by = (SignOff("ada", digest, "0" * 64, NOW),) if signed else ()
    return View(about, (), protocol, verified, digest, Signatures(Asked(), signed_by), receipts, ())


BOTH = ("identifiable", "anonymised")
JUDGED = {"trial": "DEMO-RT", "protocol": CLEAN}
ANONYMISED = {**JUDGED, "digest": "1" * 64}
VERIFIED = {**ANONYMISED, "verified": CLEAN, "kept": BOTH}


@pytest.mark.parametrize(
    ("shown", "stands", "mark"),
    [
        (view(State.QUEUED, kept=()), "Received", "here"),
        (view(State.HELD, kept=()), "Received", "stopped"),
        (view(State.RECEIVED), "Trial", "here"),
        (view(State.QUEUED, trial="DEMO-RT"), "Validated", "here"),
        (view(State.REFUSED, trial="DEMO-RT", protocol=REFUSING), "Validated", "stopped"),
        (view(State.QUEUED, **JUDGED), "Anonymised", "here"),
        (view(State.HELD, **JUDGED), "Anonymised", "stopped"),
        (view(State.QUEUED, **ANONYMISED), "Verified", "here"),
        (view(State.HELD, **ANONYMISED, verified=REFUSING), "Verified", "stopped"),
        (view(State.WAITING, **ANONYMISED, verified=CLEAN), "Verified", "here"),
        (view(State.AWAITING_SIGNOFF, **VERIFIED), "Signed", "here"),
        (view(State.WITHDRAWN, **VERIFIED), "Signed", "stopped"),
        (view(State.QUEUED, **VERIFIED, signed=True), "Released", "here"),
        (view(State.HELD, **VERIFIED, signed=True), "Released", "stopped"),
    ],
)
def test_it_stands_at_the_first_step_without_proof(shown, stands, mark):
    at = NAMES.index(stands)
    expected = ["done"] * at + [mark] + ["ahead"] * (len(NAMES) - at - 1)
    assert [step.mark for step in steps(shown)] == expected


def test_what_was_taken_back_does_not_look_like_a_success():
    last = steps(view(State.RECALLED, **VERIFIED, signed=True))[-1]
    assert (last.name, last.mark) == ("Recalled", "stopped")


def test_all_is_done_when_it_is_released():
    assert {step.mark for step in steps(view(State.RELEASED, **VERIFIED, signed=True))} == {"done"}
