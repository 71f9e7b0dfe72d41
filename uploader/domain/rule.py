"""One thing a protocol asks of a session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from uploader.domain.finding import Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of a protocol that a validator must speak about, whatever it sees.

    line: JSON pointer (RFC 6901) in the protocol file, e.g. ``/inputs/0/geometry/slice_spacing_mm``
    validator: whose it is
    severity: of its findings: its own, else its block's, else refusal
    title: what people call it, e.g. ``Planning CT: Slice spacing``
    name: what waivers call it: its id, or a name such as ``planning_ct.count`` or ``rois.Larynx``
    """

    line: str
    validator: str
    severity: Severity
    title: str
    name: str = ""


def said_at(document: Any, line: str) -> Any:
    """What a document says at a JSON pointer, as lines of rules are; None where there is nothing."""
    for step in line.split("/")[1:]:
        if isinstance(document, Mapping):
            document = document.get(step)
        elif isinstance(document, list) and step.isdecimal() and int(step) < len(document):
            document = document[int(step)]
        else:
            return None
    return document
