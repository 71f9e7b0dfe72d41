"""A trial that lists the names of its structures, and sessions in which a clinic calls them as it likes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pydicom import dcmread

from tests.homes import archives_of, change_settings, demo, new_home
from uploader.gateway import Built, open_home

NAMES = ["External", "GTV", "CTV_5040", "PTV_High", "SpinalCord", "Lung_L", "Lung_R", "Heart", "Esophagus"]
_NOMENCLATURE = {"standard": "list-only", "ignore": ["case", "separators"], "unknown_rois": "question"}
_ROIS = [*({"name": name, "need": "optional"} for name in NAMES), {"name": "GTV*", "need": "optional"}]
_INPUTS = [
    {"key": modality.lower(), "label": modality, "modality": modality, "count": {"min": 1}}
    for modality in ("CT", "RTSTRUCT", "RTPLAN", "RTDOSE")
]
_HEAD = ("schema_version", "version", "status", "title", "sponsor", "subject_id", "session_label")
_TAIL = ("scripts", "policy", "dates", "project")


@contextmanager
def naming_home(root: Path) -> Iterator[Built]:
    """A new home with the trial NAMES, its archives running."""
    folder = new_home(root) / "trial_protocols"
    demo = json.loads((folder / "DEMO-RT" / "v1.json").read_text())
    said = {key: demo[key] for key in (*_HEAD, *_TAIL) if key in demo} | {
        "trial": "NAMES",
        "outcome": {"block_on": ["refusal"]},
    }
    (folder / "NAMES").mkdir()
    (folder / "NAMES" / "v1.json").write_text(
        json.dumps({**said, "inputs": _INPUTS, "nomenclature": _NOMENCLATURE, "rois": _ROIS})
    )
    change_settings(root, 'trials = ["DEMO-RT"', 'trials = ["NAMES", "DEMO-RT"')
    built = open_home(root)
    with archives_of(built):
        yield built
    built.records.close()


def called_otherwise(folder: Path, names: Mapping[str, str], seed: int = 1) -> Path:
    """The demo session, its structures called by a clinic: name of the demo -> label."""
    for path in demo(folder, seed).iterdir():
        if (dataset := dcmread(path)).Modality == "RTSTRUCT":
            for roi in dataset.StructureSetROISequence:
                roi.ROIName = names.get(roi.ROIName, roi.ROIName)
            dataset.save_as(path)
    return folder
