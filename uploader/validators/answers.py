"""What objects say to a rule, one by one, and the ruling that follows from all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from uploader.domain.finding import Finding, Outcome, Ruling


@dataclass(frozen=True, slots=True)
class Answer:
    """What one object says to one rule.

    says: what was measured, or why it cannot be judged or is not asked
    findings: what is wrong, where it failed
    """

    outcome: Outcome
    says: str = ""
    findings: tuple[Finding, ...] = ()


def right(says: str = "") -> Answer:
    """As the rule asks."""
    return Answer(Outcome.PASSED, says)


def wrong(*findings: Finding) -> Answer:
    """Otherwise than the rule asks."""
    return Answer(Outcome.FAILED, "", findings)


def unknown(says: str) -> Answer:
    """What it would be judged by is missing."""
    return Answer(Outcome.NOT_EVALUABLE, says)


def unasked(says: str) -> Answer:
    """The rule asks nothing of such an object."""
    return Answer(Outcome.NOT_APPLICABLE, says)


_WORST_FIRST = (Outcome.FAILED, Outcome.NOT_EVALUABLE, Outcome.PASSED, Outcome.NOT_APPLICABLE)


def ruled_by(line: str, answers: Iterable[Answer]) -> Iterator[Finding | Ruling]:
    """All findings, then the one ruling of the rule at `line`: failed if one object failed, not evaluable if one could
    not be judged, not applicable if nothing is asked of any."""
    given = list(answers)
    for answer in given:
        yield from answer.findings
    outcome = next((o for o in _WORST_FIRST if any(a.outcome is o for a in given)), Outcome.NOT_EVALUABLE)
    says = dict.fromkeys(answer.says for answer in given if answer.outcome is outcome and answer.says)
    yield Ruling(line, outcome, "; ".join(says) if given else "there is nothing to judge it by")
