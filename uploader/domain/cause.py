"""Findings by their cause: one fault can break many rules, and people want it named once.

Nothing is taken away by it: every finding keeps its severity and its rule its ruling, and all of them count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from uploader.domain.finding import Finding, Verdict


def by_cause(verdict: Verdict) -> Sequence[tuple[Finding, Sequence[Finding]]]:
    """Each finding that stands by itself, in the verdict's order, with those that follow from it.

    One follows only from what is in the verdict, was not waived, and is as severe: what stops a session is never told
    under what does not. Of those that would follow from one another in a circle each stands by itself.
    """
    causes = {found.name: found for found in reversed(verdict.standing)}
    roots = [_root(found, causes) for found in verdict.findings]
    following: dict[int, list[Finding]] = {}
    for found, root in zip(verdict.findings, roots, strict=True):
        if root is not found:
            following.setdefault(id(root), []).append(found)
    alone = (found for found, root in zip(verdict.findings, roots, strict=True) if root is found)
    return [(found, following.get(id(found), [])) for found in alone]


def _root(found: Finding, causes: dict[str, Finding]) -> Finding:
    """What it follows from in the end; itself where nothing is known that it follows from."""
    chain = list(_chain(found, causes))
    circular = any(each.follows and causes.get(each.follows) in chain for each in chain[-1:])
    return found if circular else chain[-1]


def _chain(found: Finding, causes: dict[str, Finding]) -> Iterator[Finding]:
    """The finding, what it follows from, what that follows from."""
    told: list[Finding] = []
    while found not in told:
        told.append(found)
        yield found
        cause = causes.get(found.follows)
        if cause is None or cause.severity < found.severity:
            return
        found = cause
