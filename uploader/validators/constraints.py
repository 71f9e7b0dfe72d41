"""Constraints of a protocol on attributes: `attr`, `op`, and what they are held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import re2

from uploader.ports import Header
from uploader.validators.judging import within


def recognises(headers: Sequence[Header], said: Mapping[str, Any]) -> bool:
    """Whether a scan is what a constraint of `match` says; a missing attribute is, where `on_missing` forgives it."""
    values = [header.get(said["attr"]) for header in headers]
    present = [value for value in values if value not in (None, "", [])]
    if not present:
        return said["op"] == "absent" or said.get("on_missing", "fail") in {"warn", "pass"}
    return all(holds(value, said) for value in present)


def holds(value: Any, said: Mapping[str, Any]) -> bool:
    """Whether a value that is there is as the constraint asks."""
    several = value if isinstance(value, list) else [value]
    match said["op"]:
        case "present" | "non_empty":
            return True
        case "absent":
            return False
        case "eq":
            return bool(value == said["value"])
        case "in":
            return all(v in said["values"] for v in several)
        case "not_in":
            return not any(v in said["values"] for v in several)
        case "range":
            return all(isinstance(v, (int, float)) and within(v, said["range"]) for v in several)
        case "regex":
            return all(re2.search(said["value"], str(v)) is not None for v in several)
        case "contains_all":
            return all(v in several for v in said["values"])
        case _:
            return True
