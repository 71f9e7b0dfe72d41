"""How findings about attributes say what was found and what a protocol asks for, without saying who the patient is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from uploader.domain.private import Private
from uploader.ports import Header
from uploader.validators.attributes import values, vr
from uploader.validators.constraints import Constraint, number_in
from uploader.validators.judging import number, range_words
from uploader.validators.terms import TERMS

_NUMBERS = frozenset({"DS", "IS", "FL", "FD", "SL", "SS", "UL", "US", "SV", "UV"})
_SHOWN = 4
"""Different values that a finding names."""


def expected(said: Constraint) -> str:
    """What the constraint asks for: ``100 to 140 kV``, ``1.5 or 3 T``, ``none of AXIAL``."""
    unit = f" {said['unit']}" if "unit" in said else ""
    match said["op"]:
        case "present":
            return "to be there"
        case "non_empty":
            return "any value"
        case "absent":
            return "no value"
        case "eq":
            return _one(said["value"]) + unit
        case "in":
            return _list(said["values"], " or ") + unit
        case "not_in":
            return f"none of {_list(said['values'], ', ')}{unit}"
        case "range":
            return range_words(said["range"], said.get("unit", ""))
        case "regex":
            return "what the protocol's expression describes"
        case "contains_all":
            return _list(said["values"], " and ") + unit
        case "same_as":
            return f"as in {said['ref']}"
        case _:
            return "the same in all"


def found(headers: Iterable[Header], said: Constraint) -> str:
    """The different values of the constraint's attribute, as far as they may be shown."""
    return shown(distinct(headers, said["attr"]), said)


def shown(several: Sequence[Any], said: Constraint) -> str:
    """Values of the constraint's attribute that may be shown: numbers, with its unit, and codes. Empty for others."""
    words = [_shown(value, said["attr"], float(said.get("scale", 1))) for value in several]
    if not words or not all(words):
        return ""
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + more + (f" {said['unit']}" if "unit" in said else "")


def evidence(headers: Iterable[Header], attribute: str) -> Private[str]:
    """All different values, for the reviewer's screen alone."""
    return Private(" | ".join(str(value) for value in distinct(headers, attribute)))


def distinct(headers: Iterable[Header], attribute: str) -> Sequence[Any]:
    """Different values of the attribute, in the order in which they are met; of sequences none."""
    every = (value for header in headers for value in values(header, attribute))
    return list(dict.fromkeys(value for value in every if isinstance(value, str | int | float)))


def is_code(text: str, attribute: str) -> bool:
    """Whether it is a code of the standard, and not what a person typed into a field for codes."""
    return vr(attribute) == "CS" and text in TERMS


def _shown(value: Any, attribute: str, scale: float) -> str:
    kind, numeric = vr(attribute), number_in(value)
    if numeric is not None and (kind in _NUMBERS or not kind):
        return number(numeric * scale)
    return str(value) if is_code(str(value), attribute) else ""


def _list(several: Sequence[Any], between: str) -> str:
    return between.join(_one(value) for value in several)


def _one(value: Any) -> str:
    return number(value) if isinstance(value, float) else str(value)
