"""Overruling what the verifier refuses and is a false alarm, for exactly these bytes; `Review.retry` then goes on."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from uploader.domain.errors import NotFound, Refused, WrongState
from uploader.domain.finding import Severity
from uploader.domain.override import ACTION, Override, check_reason, overrides, standing
from uploader.domain.submission import State, Submission
from uploader.review import Review
from uploader.stages.verify import OVERRIDABLE, place_of


def override(
    review: Review, submission: str, person: str, password: str, code: str, where: str, reason: str
) -> Override:
    """Overrule one finding, which is a question from then on.

    where: of the finding; or its tag alone, for all files
    reason: one of `override.REASONS`
    Raises WrongPassword, WrongState, and Refused for a code that nobody may overrule, a finding that there is not, and
    a reason that is none.
    """
    if "reviewer" not in review.accounts.check(person, password):
        raise Refused("this account may not overrule a finding: it is not a reviewer's")
    about = review.records.get(submission)
    if not _held_by_verifier(about):
        raise WrongState(f"submission {submission} is {about.state}; only what the verifier holds can be overruled")
    check_reason(reason)
    if code not in OVERRIDABLE:
        raise Refused(f"nobody may overrule {code}")
    verdict = review.records.verdict(submission, "verification")
    places = {f.where for f in verdict.findings if f.code == code} if verdict else set()
    if where not in places | set(map(place_of, places)):
        raise Refused("the verifier has no such finding there; look at the findings again")
    digest = review.records.manifest(submission, "anonymised").digest
    made = Override(person, code, where, reason, digest)
    review.records.note(person, ACTION, submission, made.facts, about.attempt)
    return made


def overrulable(review: Review, submission: str) -> list[tuple[str, str, str]]:
    """(code, place in whichever file, what it says) of the refusals that hold it and may be overruled."""
    verdict = review.records.verdict(submission, "verification")
    if not _held_by_verifier(review.records.get(submission)) or verdict is None:
        return []
    made = standing(overruled(review, submission))
    found = [f for f in verdict.findings if f.code in OVERRIDABLE and f.severity is Severity.REFUSAL]
    open_ = {(f.code, place_of(f.where)): f.says for f in found if (f.code, f.where) not in made}
    return [(code, where, says) for (code, where), says in open_.items() if (code, where) not in made]


def overruled(review: Review, submission: str) -> Sequence[Override]:
    """What people overruled in the bytes there are now."""
    with suppress(NotFound):
        digest = review.records.manifest(submission, "anonymised").digest
        return overrides(review.records.history(submission), digest)
    return ()


def _held_by_verifier(about: Submission) -> bool:
    return (about.state, about.route) == (State.HELD, "prepare")
