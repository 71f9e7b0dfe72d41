"""Constraints of a protocol on attributes: `attr`, `op`, and what they are held against.

    present             the attribute is there, be it empty         eq, in, not_in   every value; numbers as numbers
    non_empty, absent   it has, or has not, a value                 range            every value times `scale`
    regex               found in the value as DICOM writes it, its parts joined by a backslash
    contains_all        all of `values` are among its values        same_across_series   one value in all instances

A text that is a number, as Decimal Strings of careless senders are, is one. `same_as`, which needs another input, is
`acquisition`'s own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from uploader.linear import compiled
from uploader.ports import Header
from uploader.validators.attributes import values, written
from uploader.validators.judging import ROUNDING, within

Constraint = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """What the instances of a group, each by its entry, say to a constraint."""

    right: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def told(headers: Mapping[str, Header], said: Constraint) -> Told:
    """Which of these instances are as the constraint asks, which are not, and which do not have the attribute."""
    if said["op"] == "same_across_series":
        return alike(headers, said["attr"])
    pooled = said["op"] == "contains_all" and said.get("scope", "every_instance") != "every_instance"
    return _together(headers, said) if pooled else _each(headers, said)


def alike(headers: Mapping[str, Header], attribute: str) -> Told:
    """Instances that say of the attribute what the first that has it says are right."""
    found = {entry: values(header, attribute) for entry, header in headers.items()}
    known = {entry: several for entry, several in found.items() if several}
    usual = next(iter(known.values()), [])
    wrong = tuple(entry for entry, several in known.items() if not _equal(several, usual))
    missing = tuple(entry for entry in found if entry not in known)
    return Told(tuple(entry for entry in known if entry not in wrong), wrong, missing)


def recognises(headers: Sequence[Header], said: Constraint) -> bool:
    """Whether a scan is what a condition of `match` says; one without the attribute is where `on_missing` is pass."""
    found = told({str(n): header for n, header in enumerate(headers)}, said)
    if found.missing and not found.right and not found.wrong:
        return said.get("on_missing") == "pass"
    if said.get("scope", "every_instance") == "every_instance":
        return not found.wrong and (not found.missing or said.get("on_missing") == "pass")
    return bool(found.right)


def holds(several: Sequence[Any], said: Constraint) -> bool:
    """Whether the values of an attribute, of which there is one at least, are as the constraint asks."""
    match said["op"]:
        case "present" | "non_empty":
            return True
        case "absent":
            return False
        case "eq":
            return all(same(v, said["value"]) for v in several) or same(joined(several), said["value"])
        case "in":
            return all(among(v, said["values"]) for v in several)
        case "not_in":
            return not any(among(v, said["values"]) for v in several)
        case "range":
            return all((n := number_in(v)) is not None and within(n * _scale(said), said["range"]) for v in several)
        case "regex":
            return compiled(said["value"]).search(joined(several)) is not None
        case "contains_all":
            return all(among(v, several) for v in said["values"])
        case other:
            raise ValueError(f"there is no comparison {other}")


def number_in(value: Any) -> float | None:
    """The value as a number; None for what is none, as a text without figures and as infinity."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if abs(number) < float("inf") else None


def same(one: Any, other: Any) -> bool:
    """Whether two values mean the same: numbers up to rounding, text to the letter without outer blanks."""
    if not (isinstance(one, str) and isinstance(other, str)):
        a, b = number_in(one), number_in(other)
        if a is not None and b is not None:
            return abs(a - b) <= ROUNDING * max(abs(a), abs(b))
    return str(one).strip() == str(other).strip()


def among(value: Any, others: Iterable[Any]) -> bool:
    return any(same(value, other) for other in others)


def joined(several: Sequence[Any]) -> str:
    """The values as DICOM writes them, in one text."""
    return "\\".join(str(value) for value in several)


def _scale(said: Constraint) -> float:
    return float(said.get("scale", 1))


def _each(headers: Mapping[str, Header], said: Constraint) -> Told:
    answers = {entry: _answer(header, said) for entry, header in headers.items()}
    return Told(*(tuple(e for e, answer in answers.items() if answer is each) for each in (True, False, None)))


def _answer(header: Header, said: Constraint) -> bool | None:
    found = written(header, said["attr"]) if said["op"] == "present" else values(header, said["attr"])
    if found:
        return holds(found, said)
    return True if said["op"] == "absent" else None


def _together(headers: Mapping[str, Header], said: Constraint) -> Told:
    found = {entry: values(header, said["attr"]) for entry, header in headers.items()}
    all_of_them = [value for several in found.values() for value in several]
    if not all_of_them:
        return Told(missing=tuple(found))
    answer = holds(all_of_them, said)
    return Told(tuple(found) if answer else (), () if answer else tuple(found))


def _equal(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
