"""Documents to begin with, and the schema they are held against."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

SHIPPED = Path(__file__).parent.parent.parent / "trial_protocols"


@pytest.fixture(scope="session")
def schema():
    return json.loads((SHIPPED / "schema.json").read_text())


@pytest.fixture
def small():
    """A protocol with something in each block, as little as there can be."""
    return {
        "schema_version": "2",
        "trial": "SMALL",
        "version": "v1",
        "status": "active",
        "title": "A small trial",
        "sponsor": "Small Trials Unit",
        "subject_id": {"pattern": "S-[0-9]{3}", "example": "S-001"},
        "session_label": "{subject}_{n}",
        "arms": [{"code": "A", "label": "Standard"}, {"code": "B", "label": "Escalated"}],
        "timepoints": [{"code": "PRE", "label": "Before", "inputs": ["ct", "structures"], "max_sessions": 2}],
        "nomenclature": {"standard": "TG-263", "max_length": 16, "unknown_rois": "question", "severity": "note"},
        "inputs": [
            {
                "key": "ct",
                "label": "Planning CT",
                "modality": "CT",
                "count": {"min": 1, "max": 1},
                "geometry": {
                    "slice_spacing_mm": {"max": 3},
                    "cover": [{"roi": "PTV", "superior_mm": 20, "inferior_mm": 20, "severity": "note"}],
                    "severity": "question",
                },
                "acquisition": [{"id": "ct-kvp", "attr": "KVP", "op": "range", "range": {"min": 100, "max": 140}}],
                "pixel": {"decodable": True, "lossy": "question"},
            },
            {
                "key": "structures",
                "label": "Structure set",
                "modality": "RTSTRUCT",
                "count": {"min": 1, "max": 1},
                "structure_set": {"images": "ct", "empty_roi": "question", "plane_tol_mm": 0.1},
            },
        ],
        "cross_checks": [
            {"id": "chain", "kind": "reference_chain", "inputs": ["structures", "ct"]},
            {"id": "one", "kind": "one_patient"},
        ],
        "rois": [
            {"name": "PTV", "need": "required", "volume_cc": {"min": 1}},
            {"any_of": ["BODY", "External"], "need": "required", "severity": "question"},
            {"name": "Boost", "need": "conditional", "when": "arm == 'B'"},
        ],
        "roi_relations": [{"id": "in-body", "a": "PTV", "rel": "within", "b": "External", "severity": "question"}],
        "dvh_checks": [{"id": "ptv-95", "roi": "PTV", "metric": "D95%[Gy]", "min": 50, "severity": "question"}],
        "scripts": ["trial/trial.das"],
        "policy": "trial",
        "dates": {"max_shift_days": 365},
        "project": "SMALL",
        "outcome": {"block_on": ["refusal"], "unmatched": "question"},
    }
