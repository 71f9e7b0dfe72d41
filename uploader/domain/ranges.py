"""Ranges of numbers as protocols write them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

Range = Mapping[str, Any]
"""Of the protocol: ``min``, ``max``, or ``eq`` with ``tol`` (absolute) or ``tol_pct``; a bound left out is open."""
ROUNDING = 1e-6
"""What two decimal numbers that mean the same may differ by, relative to the larger one."""


def within(value: float, bounds: Range) -> bool:
    """Whether the number is in the range, its ends included; what is infinite or no number is in none."""
    if not math.isfinite(value):
        return False
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
