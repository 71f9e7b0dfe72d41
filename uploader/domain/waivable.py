"""Which rules of a protocol a person may let pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from uploader.domain.finding import OURS, Severity, Verdict
from uploader.domain.rule import Rule
from uploader.domain.trial import Protocol

NEVER = frozenset({"identity"})
"""Validators whose rules nobody lets pass, whatever a protocol says: that all is of one patient."""
WHOLE = ("/pixel/complete", "/pixel/decodable")
"""Ends of lines of rules that nobody lets pass either: files that are broken."""


@dataclass(frozen=True, slots=True)
class Waivable:
    """A rule that may be let pass: by whom, and for which reasons."""

    rule: Rule
    role: str
    codes: tuple[str, ...]


def waivable(asked: Mapping[str, Any], rules: Iterable[Rule]) -> Sequence[Waivable]:
    """What the protocol `asked`, whose rules these are, lets people waive."""
    named: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule.validator not in NEVER and not rule.line.endswith(WHOLE):
            named.setdefault(rule.name, []).append(rule)
    said = asked.get("outcome", {}).get("waivers", ())
    return [Waivable(r, w["role"], tuple(w["reason_codes"])) for w in said for r in named.get(w["check"], ())]


def open_waivers(verdict: Verdict, protocol: Protocol) -> Sequence[Waivable]:
    """The rules that refuse a session, may be let pass, and were not yet."""
    refusing = {f.line for f in verdict.standing if f.severity is Severity.REFUSAL and not f.code.startswith(OURS)}
    return [each for each in waivable(protocol.content, protocol.rules) if each.rule.line in refusing]
