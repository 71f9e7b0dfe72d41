"""Which rules of a protocol a person may let pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from uploader.domain.rule import Rule

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
