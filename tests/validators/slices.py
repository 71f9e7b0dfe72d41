"""Headers of stacks of slices, made for what a test is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

GARBAGE = (
    None,
    "",
    [],
    "x",
    [None],
    ["A", "B"],
    [float("nan")] * 3,
    [1e308] * 6,
    [0.0] * 6,
    0,
    -1,
    10**30,
    {"a": 1},
    [{}],
)
"""What a header may have in place of what it should."""
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)


def stack(
    count: int = 10,
    gap: float = 3.0,
    cosines: Sequence[float] = AXIAL,
    shift: Sequence[float] = (0.0, 0.0, 0.0),
    **more: Any,
) -> dict[str, dict[str, Any]]:
    """`count` CT slices of 50 x 40 pixels of 2 x 2 mm from (-40, -50, 0), `gap` mm apart along the normal.

    shift: mm by which each slice lies beside the one before
    """
    normal = np.cross(cosines[:3], cosines[3:])
    start, step = np.array([-40.0, -50.0, 0.0]), gap * normal + np.array(shift)
    return {f"ct{n:03}": _slice(n, list(cosines), [float(v) for v in start + n * step], more) for n in range(count)}


def _slice(number: int, cosines: list[float], position: list[float], more: dict[str, Any]) -> dict[str, Any]:
    return {
        "Modality": "CT",
        "SeriesInstanceUID": "1.2",
        "SOPInstanceUID": f"1.2.{number}",
        "FrameOfReferenceUID": "1.3",
        "PatientPosition": "HFS",
        "ImageOrientationPatient": cosines,
        "ImagePositionPatient": position,
        "PixelSpacing": [2.0, 2.0],
        "SliceThickness": 3.0,
        "Rows": 50,
        "Columns": 40,
        **more,
    }


def enhanced(slices: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The same slices as frames of one enhanced image: what is alike in the shared groups, positions by frame."""
    first = next(iter(slices.values()))
    shared = {
        "PlaneOrientationSequence": [{"ImageOrientationPatient": first["ImageOrientationPatient"]}],
        "PixelMeasuresSequence": [{"PixelSpacing": first["PixelSpacing"], "SliceThickness": first["SliceThickness"]}],
    }
    frames = [
        {"PlanePositionSequence": [{"ImagePositionPatient": each["ImagePositionPatient"]}]} for each in slices.values()
    ]
    own = {"ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness"}
    header = {name: value for name, value in first.items() if name not in own}
    return {
        "enhanced": {
            **header,
            "NumberOfFrames": len(frames),
            "SharedFunctionalGroupsSequence": [shared],
            "PerFrameFunctionalGroupsSequence": frames,
        }
    }
