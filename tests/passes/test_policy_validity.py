"""What a policy leaves is no less valid than what came, and as useful: dciodvfy and the IODs are the judges."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom.datadict import tag_for_keyword

from tests.passes.treated import work
from tests.patience import PATIENCE_SECONDS
from tests.test_dicom import REFUSED, sample_files
from uploader import dicom
from uploader.domain.policy import Action
from uploader.passes import classes, tables
from uploader.passes.policy import policies

SHIPPED = policies(Path(__file__).parents[2] / "privacy_policies")
UNTOUCHED = [
    "BitsAllocated",
    "BitsStored",
    "Columns",
    "ContourData",
    "ContourGeometricType",
    "DiffusionBMatrixSequence",
    "DiffusionBValue",
    "DiffusionGradientOrientation",
    "DimensionIndexValues",
    "DoseGridScaling",
    "DoseUnits",
    "DVHData",
    "FrameContentSequence",
    "GridFrameOffsetVector",
    "ImageOrientationPatient",
    "ImagePositionPatient",
    "InstanceNumber",
    "IsocenterPosition",
    "LeafJawPositions",
    "MatrixSequence",
    "NumberOfFrames",
    "PerFrameFunctionalGroupsSequence",
    "PhotometricInterpretation",
    "PixelData",
    "PixelSpacing",
    "RadionuclideHalfLife",
    "RadionuclideTotalDose",
    "ReferencedDoseReferenceSequence",
    "ReferencedFrameOfReferenceSequence",
    "ReferencedROINumber",
    "ReferencedRTPlanSequence",
    "ReferencedSeriesSequence",
    "ReferencedStructureSetSequence",
    "RescaleIntercept",
    "RescaleSlope",
    "ROINumber",
    "Rows",
    "SegmentNumber",
    "SharedFunctionalGroupsSequence",
    "SliceThickness",
    "SpacingBetweenSlices",
    "TableTopLateralPosition",
    "Units",
]
SMALL_BYTES = 3_000_000


@pytest.mark.parametrize("keyword", UNTOUCHED)
def test_geometry_doses_and_functional_groups_are_untouched_wherever_they_are_named(keyword):
    tag = tag_for_keyword(keyword)
    assert tag is not None
    naming = [uid for uid in tables.sop_classes() if tag in classes.attributes(uid)]
    assert naming, "some kind of object has it"
    assert {p.action(uid, tag, "") for p in SHIPPED.values() for uid in naming} == {Action.KEEP}


def small_samples(folder: Path) -> Iterator[Path]:
    """Two valid files of each kind."""
    taken: Counter[str] = Counter()
    for path in sample_files(folder):
        refused = str(path.relative_to(folder)) in REFUSED or path.parent.name == "broken"
        if refused or path.stat().st_size > SMALL_BYTES:
            continue
        uid = dicom.read(path).dataset.get("SOPClassUID")
        if uid and taken[uid] < 2 and SHIPPED["basic"].refusal(uid) is None:
            taken[uid] += 1
            yield path


def violations(path: Path) -> set[str]:
    """Errors that dciodvfy finds, without the values it quotes."""
    command = [shutil.which("dciodvfy") or "", str(path)]
    told = subprocess.run(
        command, capture_output=True, text=True, errors="replace", timeout=PATIENCE_SECONDS, check=False
    ).stderr
    return {re.sub(r"<[^>]*>|\[\d+\]|\d+(\.\d+)+", "", line) for line in told.splitlines() if line.startswith("Error")}


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy of Debian's dicom3tools is not installed")
@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
@pytest.mark.parametrize("policy", sorted(SHIPPED))
def test_no_object_is_less_valid_than_before(samples, tmp_path, policy):
    one, worse = work(policy), {}
    for number, path in enumerate(small_samples(samples)):
        before, target = violations(path), tmp_path / f"{number}.dcm"
        if not any("Value invalid for this VR" in line for line in before):
            one.file(path, target)
            worse[path.name] = violations(target) - before
    assert len(worse) > 15
    assert {name: found for name, found in worse.items() if found} == {}
