"""Three small protocols, by which docs/verdicts.md judges the samples."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from uploader.domain.trial import Protocol
from uploader.protocols.loading import load

SCHEMA = json.loads((Path(__file__).parents[2] / "trial_protocols" / "schema.json").read_text())
HEAD: Mapping[str, Any] = {
    "schema_version": "2",
    "version": "v1",
    "status": "draft",
    "title": "A small trial",
    "sponsor": "Small Trials Unit",
    "subject_id": {"pattern": "S-[0-9]{3}", "example": "S-001"},
    "session_label": "{subject}_{n}",
    "scripts": ["trial/trial.das"],
    "policy": "trial",
    "dates": {"max_shift_days": 30},
    "project": "SMALL",
    "outcome": {"block_on": ["refusal"], "unmatched": "refusal"},
}
PIXEL = {"decodable": True, "complete": True, "lossy": "question"}
VOLUME = {
    "uniform_spacing_tol_mm": 0.1,
    "missing_slices": 0,
    "duplicate_positions": 0,
    "single_frame_of_reference": True,
}
CT = {
    "key": "ct",
    "label": "Planning CT",
    "modality": "CT",
    "count": {"min": 1, "max": 1},
    "geometry": VOLUME,
    "acquisition": [{"id": "kv", "attr": "KVP", "op": "range", "range": {"min": 80, "max": 140}, "unit": "kV"}],
    "pixel": PIXEL,
}
STRUCTURES = {
    "key": "structures",
    "label": "Structure set",
    "modality": "RTSTRUCT",
    "count": {"min": 1, "max": 1},
    "unit": "instances",
    "structure_set": {
        "images": "ct",
        "all_referenced_present": True,
        "frame_of_reference_matches": True,
        "plane_tol_mm": 0.5,
        "empty_roi": "question",
    },
}
PLAN = {"key": "plan", "label": "Plan", "modality": "RTPLAN", "count": {"min": 1, "max": 1}, "unit": "instances"}
DOSE = {
    "key": "dose",
    "label": "Dose of the plan",
    "modality": "RTDOSE",
    "count": {"min": 1, "max": 1},
    "unit": "instances",
    "dose": {"units": ["GY"], "type": ["PHYSICAL"], "summation": ["PLAN"], "one_per_plan": True, "plan": "plan"},
}
ONE_PATIENT = {"id": "one-patient", "kind": "one_patient"}
MR = {
    "key": "mr",
    "label": "MR",
    "modality": "MR",
    "count": {"min": 0},
    "geometry": {"single_frame_of_reference": True, "severity": "question"},
    "mr": {
        "field_strength_t": {"min": 1, "max": 3.1},
        "repetition_time_ms": {"min": 5},
        "echo_time_ms": {"min": 1},
        "same_in_visit": [{"attr": "DeviceSerialNumber"}],
        "severity": "question",
    },
    "pixel": PIXEL,
}
PET = {
    "key": "pet",
    "label": "PET",
    "modality": "PT",
    "count": {"min": 0},
    "pet": {
        "suv_computable": True,
        "radionuclide": ["C-111A1"],
        "uptake_min": {"min": 50, "max": 100},
        "weight_kg": {"min": 30, "max": 200},
    },
    "pixel": PIXEL,
}
NM = {"key": "nm", "label": "Scintigram", "modality": "NM", "count": {"min": 0}, "pixel": PIXEL}

TRIALS: Mapping[str, Mapping[str, Any]] = {
    "drawn": {
        "inputs": [CT, STRUCTURES],
        "cross_checks": [ONE_PATIENT, {"id": "chain", "kind": "reference_chain", "inputs": ["structures", "ct"]}],
    },
    "planned": {
        "inputs": [{**CT, "count": {"min": 0, "max": 1}}, {**STRUCTURES, "count": {"min": 0, "max": 1}}, PLAN, DOSE],
        "cross_checks": [ONE_PATIENT, {"id": "chain", "kind": "reference_chain", "inputs": ["dose", "plan"]}],
    },
    "images": {"inputs": [{**CT, "count": {"min": 0}, "geometry": {**VOLUME, "severity": "question"}}, MR, PET, NM]},
}
"""What `HEAD` is completed with: a CT with structures, a plan with its dose, and images of any kind."""


@cache
def small_trial(folder: Path, name: str) -> Protocol:
    """One of `TRIALS`, written below `folder` and read from there as any protocol is."""
    trial = f"SMALL-{name.upper()}"
    path = folder / trial / "v1.json"
    path.parent.mkdir()
    path.write_text(json.dumps({**HEAD, "trial": trial, **TRIALS[name]}))
    return load(path, SCHEMA)
