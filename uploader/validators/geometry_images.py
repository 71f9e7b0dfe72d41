"""The rules of `geometry` on single images; they are told in its docstring."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from uploader.domain.private import Private
from uploader.validators.answers import Answer, right, unknown, wrong
from uploader.validators.geometry_asked import Asked, Quantity, in_range
from uploader.validators.planes import Floats
from uploader.validators.reading import text
from uploader.validators.volume import Volume

POSITIONS = frozenset({"HFS", "HFP", "HFDR", "HFDL", "FFS", "FFP", "FFDR", "FFDL"})
AXES = {"sagittal": 0, "coronal": 1, "axial": 2}
"""Orientation -> the axis of the patient that is its normal: x to the left, y to the back, z to the head."""
NEAREST_DEG = 45.0
"""How far slices may be turned where the protocol does not say: as long as no other plane is nearer."""

_THICKNESS = Quantity("geometry.thickness", "0018,0050", "mm", "image", "the slices are not as thick as the trial asks")
_PIXELS = Quantity(
    "geometry.pixel-spacing", "0028,0030", "mm", "value", "the pixels are not as large as the trial asks"
)
_ROWS = Quantity("geometry.rows", "0028,0010", "", "image", "the images do not have as many rows as the trial asks")
_COLUMNS = Quantity(
    "geometry.columns", "0028,0011", "", "image", "the images do not have as many columns as the trial asks"
)


def thickness(asked: Asked, volume: Volume) -> Answer:
    """Slice Thickness of every image."""
    return in_range(asked, _THICKNESS, volume.planes.thickness, volume.planes.places)


def pixel_spacing(asked: Asked, volume: Volume) -> Answer:
    """Both values of Pixel Spacing of every image."""
    places = [place for place in volume.planes.places for _ in range(2)]
    return in_range(asked, _PIXELS, volume.planes.spacing.reshape(-1), places)


def rows(asked: Asked, volume: Volume) -> Answer:
    return in_range(asked, _ROWS, volume.planes.sizes[:, 0], volume.planes.places)


def columns(asked: Asked, volume: Volume) -> Answer:
    return in_range(asked, _COLUMNS, volume.planes.sizes[:, 1], volume.planes.places)


def orientation(asked: Asked, volume: Volume) -> Answer:
    """Every image lies in the plane, turned out of it by no more than `oblique_tol_deg`."""
    turned = _turned(volume.planes.cosines, AXES[asked.value])
    tolerance = float(asked.block.said.get("oblique_tol_deg", NEAREST_DEG))
    expected = asked.value if tolerance == NEAREST_DEG else f"{asked.value} within {tolerance:g} degrees"
    what = Quantity(
        "geometry.orientation", "0020,0037", "degrees", "image", f"images are not {asked.value}, or turned too far"
    )
    answer = in_range(Asked(asked.block, asked.line, {"max": tolerance}), what, turned, volume.planes.places)
    return wrong(*(replace(each, expected=expected) for each in answer.findings)) if answer.findings else answer


def patient_position(asked: Asked, volume: Volume) -> Answer:
    """Patient Position of every file is one of those that the rule lists."""
    said = {entry: text(asked.block.case.headers[entry], "PatientPosition") for entry in volume.scan.entries}
    others = {entry: value for entry, value in said.items() if value and value not in asked.value}
    if others:
        found = sorted({value if value in POSITIONS else "no term of the standard" for value in others.values()})
        finding = asked.finding(
            "geometry.patient-position",
            f"{next(iter(others))} (0018,5100)",
            f"the patient did not lie as the trial asks ({len(others)} of {len(said)} files)",
            "look whether the position is right; ask the trial whether the scan can be used",
            ", ".join(found),
            " or ".join(asked.value),
        )
        return wrong(replace(finding, evidence=Private(", ".join(sorted(set(others.values()))))))
    silent = sum(1 for value in said.values() if not value)
    if silent:
        return unknown(f"{silent} of {len(said)} files do not say (0018,5100)")
    return right(", ".join(sorted(set(said.values()))))


def frame_of_reference(asked: Asked) -> Answer:
    """All files of the input have one Frame of Reference UID."""
    said = {entry: text(header, "FrameOfReferenceUID") for entry, header in asked.block.headers.items()}
    known = {uid for uid in said.values() if uid}
    if len(known) > 1:
        first = next(iter(said.values()))
        finding = asked.finding(
            "geometry.frame-of-reference",
            f"{next(entry for entry, uid in said.items() if uid and uid != first)} (0020,0052)",
            "the images are not in one coordinate system, so that nothing can be measured from one to another",
            "send the images of one acquisition",
            f"{len(known)} frames of reference",
            "1",
        )
        return wrong(finding)
    silent = sum(1 for uid in said.values() if not uid)
    return unknown(f"{silent} of {len(said)} files do not say (0020,0052)") if silent else right("1")


def _turned(cosines: Floats, axis: int) -> Floats:
    """(n,), degrees: the angle between each image's normal and an axis of the patient, whichever way it points."""
    normals = np.cross(cosines[:, :3], cosines[:, 3:])
    lengths = np.linalg.norm(normals, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.degrees(np.arccos(np.clip(np.abs(normals[:, axis]) / lengths, 0, 1))), np.float64)
