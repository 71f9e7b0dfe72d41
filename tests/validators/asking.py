"""Small protocols and sessions for validators that judge inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from uploader.domain.finding import Finding, Outcome, Ruling
from uploader.ports import Case, Validator

Said = Mapping[str, Any]


def an_input(modality: str, key: str = "scan", **more: Any) -> dict[str, Any]:
    """An input that must be there once."""
    return {"key": key, "label": f"The {key}", "modality": modality, "count": {"min": 1}, **more}


def a_scan(modality: str, *headers: Said, uid: str = "1.2.3") -> dict[str, dict[str, Any]]:
    """Instances of one series, by entry name."""
    common = {"Modality": modality, "SeriesInstanceUID": uid}
    return {f"scans/{uid}/{n:04}.dcm": {**common, **header} for n, header in enumerate(headers, 1)}


def rulings(validator: Validator, case: Case) -> dict[str, Ruling]:
    """What became of each rule. A rule ruled on twice is an error."""
    said = [each for each in validator(case, {}) if isinstance(each, Ruling)]
    assert len({each.line for each in said}) == len(said)
    return {each.line: each for each in said}


def outcome(validator: Validator, case: Case) -> Outcome:
    """What became of the only rule that the protocol of the case has."""
    (ruling,) = rulings(validator, case).values()
    return ruling.outcome


def findings(validator: Validator, case: Case) -> list[Finding]:
    return [each for each in validator(case, {}) if isinstance(each, Finding)]
