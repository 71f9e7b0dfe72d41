"""What validators share in speaking: one ruling a rule, severities of the protocol, and ranges of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from uploader.domain.finding import Finding, Outcome, Ruling, Severity
from uploader.domain.ranges import ROUNDING, Range, ends, number, range_words, within

__all__ = [
    "ROUNDING",
    "Range",
    "ends",
    "not_applicable",
    "not_evaluable",
    "number",
    "range_words",
    "ruled",
    "severity_of",
    "within",
]


def ruled(line: str, findings: Iterable[Finding], says: str = "") -> Iterator[Finding | Ruling]:
    """All findings, then the ruling of the rule at `line` that follows: failed when there is one.

    says: what was measured, for a rule that passed
    """
    failed = False
    for finding in findings:
        failed = True
        yield finding
    yield Ruling(line, Outcome.FAILED if failed else Outcome.PASSED, "" if failed else says)


def not_evaluable(line: str, says: str) -> Ruling:
    """What the rule at `line` would be judged by is missing; `says` which that is."""
    return Ruling(line, Outcome.NOT_EVALUABLE, says)


def not_applicable(line: str, says: str) -> Ruling:
    """The rule at `line` asks for something else than this session; `says` why."""
    return Ruling(line, Outcome.NOT_APPLICABLE, says)


def cc_words(volume: float) -> str:
    """A volume in cm3 as people write it: three figures, whole cm3 from 100 on."""
    return f"{volume:.3g} cm3" if volume < 100 else f"{volume:.0f} cm3"


def severity_of(*blocks: Mapping[str, Any]) -> Severity:
    """The severity of a rule: the first that says one, itself or a block around it; refusal where none does."""
    said = next((block["severity"] for block in blocks if "severity" in block), "refusal")
    return Severity[str(said).upper()]
