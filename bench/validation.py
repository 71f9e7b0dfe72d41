"""Judging a large radiotherapy session, beside the libraries that read RTSTRUCTs."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.largeset import CONTOURS, ROIS, SLICES, TARGETS, write_large
from bench.timing import measured, row, table
from bench.validating import PROTOCOLS

DICOMPYLER = """
import sys, warnings
import pydicom.dicomio
warnings.simplefilter("ignore")
pydicom.dicomio.read_file = pydicom.dcmread  # the peer is older than pydicom
from dicompylercore.dicomparser import DicomParser
parser = DicomParser(sys.argv[1] + "/RS0001.dcm")
for number in parser.GetStructures():
    planes = parser.GetStructureCoordinates(number)
    {then}
"""
VOLUMES = "parser.CalculateStructureVolume(planes, parser.CalculatePlaneThickness(planes)) if planes else 0"
RT_UTILS = """
import sys, warnings
warnings.simplefilter("ignore")
from rt_utils import RTStructBuilder
RTStructBuilder.create_from(sys.argv[1], sys.argv[1] + "/RS0001.dcm").get_roi_names()
"""


def validate(work: Path, runs: int = 3) -> None:
    """Every rule that a protocol can have about images and structures, on 2,000 slices and 15,000 contours."""
    session, protocol = work / "session", work / "BENCH-RT" / "v1.json"
    protocol.parent.mkdir()
    write_large(session)
    protocol.write_text(json.dumps(asked()))
    tools = {
        "ours: read and judge every rule": [sys.executable, "-m", "bench.validating", str(session), str(protocol)],
        "dicompyler-core: read the contours": [sys.executable, "-c", DICOMPYLER.format(then=""), str(session)],
        "dicompyler-core: and their volumes": [sys.executable, "-c", DICOMPYLER.format(then=VOLUMES), str(session)],
        "rt-utils: read images and names": [sys.executable, "-c", RT_UTILS, str(session)],
    }
    files = [path for path in session.iterdir() if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    print(f"\n{SLICES} CT, {len(ROIS)} ROIs, {CONTOURS} contours, {size:.0f} MB; runs of each: {runs}\n")
    table("what", "seconds", "CPU seconds", "CPU, to ours", "peak MB")
    ours, said = 0.0, work / "said.json"
    for name, command in tools.items():
        took = [measured(command, stdout=None if ours else said) for _ in range(runs)]
        seconds, cpu = (statistics.median(each) for each in ([r.seconds for r in took], [r.cpu for r in took]))
        ours = ours or cpu
        row(name, f"{seconds:.1f}", f"{cpu:.1f}", f"{cpu / ours:.2f}", f"{max(run.peak_mb for run in took):.0f}")
    print(f"\nours said: {said.read_text().strip()}")


def asked() -> dict[str, Any]:
    """A protocol that asks of every ROI and of every pair that could be asked about."""
    demo = json.loads(max((PROTOCOLS / "DEMO-RT").glob("v*.json")).read_text())
    kept = (
        "schema_version",
        "title",
        "sponsor",
        "subject_id",
        "session_label",
        "scripts",
        "policy",
        "dates",
        "project",
    )
    protocol = {key: demo[key] for key in kept} | {"trial": "BENCH-RT", "version": "v1", "status": "draft"}
    protocol["outcome"] = {"block_on": ["refusal"]}
    protocol["inputs"] = [each for each in demo["inputs"] if each["key"] in ("ct", "structures")]
    protocol["cross_checks"] = [
        {"id": "one-patient", "kind": "one_patient"},
        {"id": "chain", "kind": "reference_chain", "inputs": ["structures", "ct"]},
        {"id": "sides", "kind": "laterality_consistent", "severity": "question"},
    ]
    protocol["nomenclature"] = {"standard": "TG-263", "max_length": 16, "unknown_rois": "question"}
    protocol["rois"] = [
        {"name": name, "need": "required", "volume_cc": {"min": 1}, "min_slices": 3, "whole_organ": True}
        for name in ROIS
    ]
    protocol["roi_relations"] = list(_relations())
    return protocol


def _relations() -> Iterator[dict[str, Any]]:
    for name in ROIS[1:]:
        yield {"id": _id(name, "in-body"), "a": name, "rel": "within", "b": "BODY"}
    for name in (name for name in ROIS if name.endswith("_L")):
        yield {"id": _id(name, "apart"), "a": name, "rel": "disjoint", "b": f"{name[:-1]}R"}
    yield {"id": "margin", "a": TARGETS[2], "rel": "expansion_mm", "b": TARGETS[1], "range": {"min": 1, "max": 20}}


def _id(name: str, what: str) -> str:
    return f"{name}-{what}".lower().replace("_", "-")
