"""A first protocol from a few answers. It is whole and right; its maker then edits the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from uploader.domain.trial import name_apart
from uploader.nomenclature.labels import take_apart

IMAGES = ("CT", "MR", "PT")
LABELS: Mapping[str, str] = {
    "CT": "CT",
    "MR": "MR",
    "PT": "PET",
    "RTSTRUCT": "Structure set",
    "RTPLAN": "Treatment plan",
    "RTDOSE": "Dose",
    "REG": "Registration",
}
"""Modality -> what people call it."""
KEYS: Mapping[str, str] = {"PT": "pet", "RTSTRUCT": "structures", "RTPLAN": "plan", "RTDOSE": "dose"}
"""Modality -> key of its input, where that is not the modality in small letters."""
_CHAIN = ("RTDOSE", "RTPLAN", "RTSTRUCT")


@dataclass(frozen=True, slots=True)
class Answers:
    """What the maker of a protocol was asked.

    modalities: (0008,0060) -> how many scans a session has at most
    spacing_mm: the widest slice spacing; None asks for none
    required, permitted: ROI names; `types`: their interpreted types, where known
    total_gy, fractions, target: the prescription; None and empty for none
    """

    trial: str
    title: str
    sponsor: str
    example: str
    modalities: Mapping[str, int]
    contact: str = ""
    note: str = ""
    pattern: str = ""
    spacing_mm: float | None = None
    required: Sequence[str] = ()
    permitted: Sequence[str] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    unlisted: str = "question"
    total_gy: float | None = None
    fractions: int | None = None
    target: str = ""
    status: str = "draft"
    max_shift_days: int = 365
    scripts: Sequence[str] = ("trial/trial.das",)
    policy: str = "trial"


def pattern_like(example: str, trial: str) -> str:
    """A regular expression for IDs like the example: as many figures where it has figures, all else as it is.

    The trial's own name, where the example begins with it, stays as it is: its figures are no subject's.
    """
    named, rest = name_apart(trial, example)
    return _literal(named) + re.sub("[0-9]+", _figures, _literal(rest))


def _literal(text: str) -> str:
    return re.escape(text).replace(r"\-", "-")


def _figures(run: re.Match[str]) -> str:
    return "[0-9]" + (f"{{{len(run[0])}}}" if len(run[0]) > 1 else "")


def draft(answers: Answers) -> dict[str, Any]:
    """The first version of a protocol; it fits the schema and contradicts itself nowhere."""
    document: dict[str, Any] = {
        "schema_version": "2",
        "trial": answers.trial,
        "version": "v1",
        "status": answers.status,
        "title": answers.title,
        "sponsor": answers.sponsor,
        "contact": answers.contact,
        "note": answers.note,
        "subject_id": {
            "pattern": answers.pattern or pattern_like(answers.example, answers.trial),
            "example": answers.example,
        },
        "session_label": "{subject}_{n}",
        "nomenclature": _nomenclature(answers) if "RTSTRUCT" in answers.modalities else {},
        "inputs": [_input(modality, most, answers) for modality, most in answers.modalities.items()],
        "cross_checks": list(_cross_checks(answers)),
        "rois": list(_rois(answers)) if "RTSTRUCT" in answers.modalities else [],
        "roi_relations": list(_relations(answers)) if "RTSTRUCT" in answers.modalities else [],
        "scripts": list(answers.scripts),
        "policy": answers.policy,
        "dates": {"max_shift_days": answers.max_shift_days},
        "project": answers.trial,
        "sign_off": {"roles": ["reviewer"], "attestations": ["I have looked at the anonymised session"]},
        "outcome": {"block_on": ["refusal"], "unmatched": "refusal"},
    }
    return {name: value for name, value in document.items() if value not in ("", [], {})}


def key_of(modality: str) -> str:
    return KEYS.get(modality, modality.lower())


def _nomenclature(answers: Answers) -> dict[str, Any]:
    rename = {"allowed": True, "confirm": "each", "laterality_guard": True, "geometry_guard": True}
    return {
        "standard": "list-only",
        "ignore": ["case", "separators"],
        "unknown_rois": answers.unlisted,
        "rename": rename,
    }


def _input(modality: str, most: int, answers: Answers) -> dict[str, Any]:
    said: dict[str, Any] = {"key": key_of(modality), "label": LABELS.get(modality, modality), "modality": modality}
    said["count"] = {"min": 1, "max": most}
    if modality in IMAGES:
        said["geometry"] = _geometry(answers)
        said["pixel"] = {"decodable": True, "complete": True, "lossy": "question"}
    elif modality == "RTSTRUCT":
        said["structure_set"] = _structure_set(answers)
    elif modality == "RTPLAN":
        said["plan"] = _plan(answers)
    elif modality == "RTDOSE":
        said["dose"] = _dose(answers)
    return {name: value for name, value in said.items() if value != {}}


def _geometry(answers: Answers) -> dict[str, Any]:
    spacing = {"slice_spacing_mm": {"max": answers.spacing_mm}} if answers.spacing_mm else {}
    return {
        **spacing,
        "uniform_spacing_tol_mm": 0.1,
        "missing_slices": 0,
        "duplicate_positions": 0,
        "single_frame_of_reference": True,
    }


def _structure_set(answers: Answers) -> dict[str, Any]:
    images = next((key_of(modality) for modality in IMAGES if modality in answers.modalities), None)
    on_images = {"images": images, "all_referenced_present": True, "frame_of_reference_matches": True} if images else {}
    return {
        **on_images,
        "contour_types": ["CLOSED_PLANAR"],
        "plane_tol_mm": 0.1,
        "min_points": 3,
        "empty_roi": "question",
        "duplicate_names": "refusal",
    }


def _plan(answers: Answers) -> dict[str, Any]:
    said: dict[str, Any] = {"geometry": "PATIENT"}
    if answers.fractions:
        said["fractions"] = {"eq": answers.fractions}
    if answers.total_gy and answers.target:
        said["prescriptions"] = [{"target": answers.target, "total_gy": {"eq": answers.total_gy, "tol": 0.5}}]
    return said


def _dose(answers: Answers) -> dict[str, Any]:
    said: dict[str, Any] = {"units": ["GY"], "type": ["PHYSICAL"], "summation": ["PLAN"]}
    if "RTPLAN" in answers.modalities:
        said = {"plan": key_of("RTPLAN"), **said, "one_per_plan": True}
    return said


def _cross_checks(answers: Answers) -> Iterator[dict[str, Any]]:
    yield {"id": "one-patient", "kind": "one_patient", "severity": "refusal"}
    images = [modality for modality in IMAGES if modality in answers.modalities][:1]
    chain = [key_of(modality) for modality in (*_CHAIN, *images) if modality in answers.modalities]
    if "RTSTRUCT" in answers.modalities and len(chain) > 1:
        yield {"id": "chain", "kind": "reference_chain", "inputs": chain, "severity": "refusal"}
        yield {"id": "frame", "kind": "same_frame_of_reference", "inputs": chain, "severity": "refusal"}


def _rois(answers: Answers) -> Iterator[dict[str, Any]]:
    for need, names in (("required", answers.required), ("optional", answers.permitted)):
        for name in names:
            kind = answers.types.get(name)
            yield {"name": name, "need": need, **({"interpreted_type": [kind]} if kind else {})}


def _relations(answers: Answers) -> Iterator[dict[str, Any]]:
    """Whatever is named left or right lies there, if there is an outline of the body to tell."""
    outline = next((name for name in answers.required if answers.types.get(name) == "EXTERNAL"), None)
    for index, name in enumerate(answers.required if outline else (), 1):
        if "*" not in name and take_apart(name).words.side.is_one:
            yield {"id": f"side-{index}", "a": name, "rel": "side_of_body", "b": outline, "severity": "refusal"}
