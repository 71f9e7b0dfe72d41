"""The picture of the line: which steps are behind a submission, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass

from uploader.domain.finding import Verdict
from uploader.domain.submission import State
from uploader.views import View

NAMES = ("Received", "Trial", "Validated", "Anonymised", "Verified", "Signed", "Released")
STOPPED = frozenset({State.REFUSED, State.HELD, State.WITHDRAWN, State.RECALLED})
"""States in which nothing goes on until a person does something, if at all."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `mark` is ``done``, ``here``, ``stopped`` (here, and going no further) or ``ahead``."""

    name: str
    mark: str


def steps(view: View) -> tuple[Step, ...]:
    """Where the submission stands is the first step that lacks its proof in the records."""
    reached = _reached(view)
    here = "stopped" if view.submission.state in STOPPED else "here"
    marks = ("done" if n < reached else here if n == reached else "ahead" for n in range(len(NAMES)))
    return tuple(map(Step, _names(view), marks))


def _names(view: View) -> tuple[str, ...]:
    return (*NAMES[:-1], "Recalled") if view.submission.state is State.RECALLED else NAMES


def _reached(view: View) -> int:
    kept = {receipt.place for receipt in view.receipts}
    proofs = (
        "identifiable" in kept,
        bool(view.submission.trial),
        _passed(view.protocol_verdict),
        view.verification is not None or bool(view.digest),
        _passed(view.verification) and "anonymised" in kept,
        bool(view.signatures.signed) and view.submission.state is not State.AWAITING_SIGNOFF,
        view.submission.state is State.RELEASED,
    )
    return proofs.index(False) if False in proofs else len(proofs)


def _passed(verdict: Verdict | None) -> bool:
    return verdict is not None and not verdict.refused
