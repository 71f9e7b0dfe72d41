"""What validators share in speaking: one ruling a rule, ranges of numbers, severities of the protocol."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from uploader.domain.finding import Finding, Outcome, Ruling, Severity

Range = Mapping[str, Any]
"""Of the protocol: ``min``, ``max``, or ``eq`` with ``tol`` (absolute) or ``tol_pct``; a bound left out is open."""
ROUNDING = 1e-6
"""What two decimal numbers that mean the same may differ by, relative to the larger one."""


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


def within(value: float, bounds: Range) -> bool:
    """Whether the number is in the range, its ends included."""
    slack = ROUNDING * max(1.0, abs(value))
    low, high = ends(bounds)
    return low - slack <= value <= high + slack


def ends(bounds: Range) -> tuple[float, float]:
    """The smallest and the largest number of the range; infinite where it is open."""
    if "eq" in bounds:
        middle = float(bounds["eq"])
        allowed = float(bounds.get("tol", abs(middle) * float(bounds.get("tol_pct", 0)) / 100))
        return middle - allowed, middle + allowed
    return float(bounds.get("min", "-inf")), float(bounds.get("max", "inf"))


def range_words(bounds: Range, unit: str = "") -> str:
    """``at most 3 mm``, ``1 to 3 mm``, ``65 Gy within 0.5``."""
    after = f" {unit}" if unit else ""
    if "eq" in bounds:
        tolerance = f"{number(bounds['tol'])}" if "tol" in bounds else ""
        tolerance = f"{number(bounds['tol_pct'])} %" if "tol_pct" in bounds and not tolerance else tolerance
        return number(bounds["eq"]) + after + (f" within {tolerance}" if tolerance else "")
    if "min" in bounds and "max" in bounds:
        return f"{number(bounds['min'])} to {number(bounds['max'])}{after}"
    if "max" in bounds:
        return f"at most {number(bounds['max'])}{after}"
    return f"at least {number(bounds['min'])}{after}" if "min" in bounds else f"any{after}"


def number(value: float) -> str:
    """As people write it: three decimals at most, none that say nothing."""
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def severity_of(*blocks: Mapping[str, Any]) -> Severity:
    """The severity of a rule: the first that says one, itself or a block around it; refusal where none does."""
    said = next((block["severity"] for block in blocks if "severity" in block), "refusal")
    return Severity[str(said).upper()]
