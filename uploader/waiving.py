"""Waiving rules that refuse a session, as far as its protocol lets people; `Review.retry` then goes on."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from uploader.domain.errors import NotFound, Refused, WrongState
from uploader.domain.finding import Verdict
from uploader.domain.submission import State, Submission
from uploader.domain.waivable import Waivable, open_waivers
from uploader.domain.waiver import ACTION, Waiver, waivers
from uploader.review import Review


def waive(review: Review, submission: str, person: str, password: str, check: str, code: str) -> tuple[Waiver, ...]:
    """Let a rule pass.

    check: the rule as the protocol's waivers call it, or its line in the file
    code: one of the protocol's reason codes; nothing is typed freely, which could name a patient
    Raises WrongPassword, WrongState, and Refused for a rule that may not pass, a role that may not let it, and a
    reason that does not count.
    """
    roles = review.accounts.check(person, password)
    about = review.records.get(submission)
    if about.state is not State.REFUSED:
        raise WrongState(f"submission {submission} is {about.state}; only a rule that refuses a session can be waived")
    named = [each for each in waivable(review, submission) if check in (each.rule.name, each.rule.line)]
    if not named:
        raise Refused("no rule of that name refuses this session and may be waived; look at the findings again")
    theirs = [each for each in named if each.role in roles]
    if not theirs:
        raise Refused(f"this account may not waive that rule; the protocol asks for: {named[0].role}")
    counting = [each for each in theirs if code in each.codes]
    if not counting:
        raise Refused(f"that reason does not count for this rule; those that do: {', '.join(theirs[0].codes)}")
    return tuple(_waive(review, about, person, each, code) for each in counting)


def _waive(review: Review, about: Submission, person: str, what: Waivable, code: str) -> Waiver:
    digest = review.records.manifest(about.id, "identifiable").digest
    rule = (what.role, what.rule.name, what.rule.line, code)
    waiver = Waiver(person, review.now().isoformat(), *rule, about.protocol_digest, digest)
    review.records.note(person, ACTION, about.id, waiver.facts, about.attempt)
    return waiver


def waivable(review: Review, submission: str) -> Sequence[Waivable]:
    """The rules that refuse it, may be let pass, and were not yet."""
    about, verdict = review.records.get(submission), review.records.verdict(submission, "protocol")
    if about.state is not State.REFUSED or verdict is None:
        return []
    made = {waiver.line for waiver in waived(review, submission)}
    found = (each for protocol in review.pinned(about) for each in open_waivers(verdict, protocol))
    return [each for each in found if each.rule.line not in made]


def waived(review: Review, submission: str) -> tuple[Waiver, ...]:
    """What people let pass, for the files and the protocol there are now."""
    about = review.records.get(submission)
    with suppress(NotFound):
        digest = review.records.manifest(submission, "identifiable").digest
        return waivers(review.records.history(submission), digest, about.protocol_digest)
    return ()


def counted(verdict: Verdict | None, made: Sequence[Waiver]) -> Verdict | None:
    """The verdict as trying again would find it, were everything else as before."""
    return replace(verdict, waivers=(*verdict.waivers, *made)) if verdict else None
