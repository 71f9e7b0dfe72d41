"""What a validator says of a session under a protocol, looked up by rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from uploader.domain.finding import Finding, Ruling
from uploader.ports import Case, Validator


def judged(validator: Validator, case: Case) -> tuple[dict[str, Ruling], list[Finding]]:
    """Rulings by line, of which each line has one, and all findings."""
    said = list(validator(case, {}))
    rulings = [each for each in said if isinstance(each, Ruling)]
    by_line = {ruling.line: ruling for ruling in rulings}
    assert len(by_line) == len(rulings), "a rule was ruled on twice"
    return by_line, [each for each in said if isinstance(each, Finding)]


def one_input(modality: str, block: str, said: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A protocol with one input of this modality and one block of rules about it."""
    asked = {"key": modality.lower(), "label": modality, "modality": modality, "count": {"min": 1}, block: said}
    return {"inputs": [{**asked, **more}]}
