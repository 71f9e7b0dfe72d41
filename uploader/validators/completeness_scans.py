"""The rules of `completeness` that go by its parameters, for protocols of the first form.

Parameters
    scans               list of {modality, scans: {min, max}, instances: {min, max}}: how many scans (series) of a
                        modality the session has, and how many instances each of them; a bound left out is open
    unexpected          severity of a modality that `scans` does not name: note, question or refusal (question)
    spacing_tolerance_mm  the most by which two slice gaps of one scan may differ (0.1)

Rules
    completeness.scan-missing         refusal   fewer scans of a modality than `min`
    completeness.scan-surplus         refusal   more scans of a modality than `max`
    completeness.instance-missing     refusal   a scan has fewer instances than `min`
    completeness.instance-surplus     refusal   a scan has more instances than `max`
    completeness.modality-unexpected  by `unexpected`
    completeness.spacing-unknown      question  a slice says no position or orientation, or these disagree
    completeness.spacing-irregular    question  the gaps along the slice normal differ: a slice is missing or doubled
    completeness.referenced-missing   refusal   an RTSTRUCT was drawn on images that are not in the session

Spacing is judged for the scans of modality CT, MR and PT that have three images or more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uploader.domain.finding import Finding, Severity
from uploader.domain.private import Private
from uploader.ports import Header, Headers
from uploader.validators.reading import IMAGES, items, of_modality, severity, text, vector

PARALLEL = 1e-4
"""The most by which direction cosines of one scan may differ."""

Scans = Mapping[str, Headers]
"""SeriesInstanceUID (0020,000E) -> the files of the scan."""


def findings(headers: Headers, params: Mapping[str, Any]) -> Iterator[Finding]:
    """The findings of all rules above."""
    for expected in params["scans"]:
        yield from _counted(headers, expected)
    yield from _unexpected(headers, params)
    for scan in _scans(of_modality(headers, *IMAGES)).values():
        yield from _spacing(scan, float(params.get("spacing_tolerance_mm", 0.1)))
    for name, header in of_modality(headers, "RTSTRUCT").items():
        yield from _referenced(name, header, headers)


def slice_gaps(positions: NDArray[np.float64], orientation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances between neighbouring slices along the slice normal.

    positions: (n, 3), mm, ImagePositionPatient (0020,0032), in any order
    orientation: (6,), unit row and column cosines, ImageOrientationPatient (0020,0037)
    returns: (n - 1,), mm; all equal for a regular volume, a double one for a missing slice, zero for a doubled one

    Source: PS3.3 C.7.6.2.1.1.
    """
    normal = np.cross(orientation[:3], orientation[3:])
    return np.asarray(np.diff(np.sort(positions @ normal)), dtype=np.float64)


def _scans(headers: Headers) -> Scans:
    scans: dict[str, dict[str, Header]] = defaultdict(dict)
    for name, header in headers.items():
        scans[text(header, "SeriesInstanceUID")][name] = header
    return scans


def _counted(headers: Headers, expected: Mapping[str, Any]) -> Iterator[Finding]:
    modality = expected["modality"]
    scans = _scans(of_modality(headers, modality))
    yield from _bounds(len(scans), expected.get("scans", {}), "scan", "session", modality)
    for scan in scans.values():
        yield from _bounds(len(scan), expected.get("instances", {}), "instance", _scan_name(scan), modality)


def _bounds(count: int, bounds: Mapping[str, int], what: str, where: str, modality: str) -> Iterator[Finding]:
    line = f"protocol: checks/completeness/scans/{modality}/{what}s"
    low, high = bounds.get("min"), bounds.get("max")
    if low is not None and count < low:
        yield Finding(
            f"completeness.{what}-missing",
            Severity.REFUSAL,
            where,
            f"{count} {modality} {what}(s) where the trial expects at least {low} ({line})",
            f"send the missing {modality} {what}(s) of this session",
        )
    if high is not None and count > high:
        yield Finding(
            f"completeness.{what}-surplus",
            Severity.REFUSAL,
            where,
            f"{count} {modality} {what}(s) where the trial expects at most {high} ({line})",
            f"send only the {modality} {what}(s) the trial asks for",
        )


def _unexpected(headers: Headers, params: Mapping[str, Any]) -> Iterator[Finding]:
    expected = {scan["modality"] for scan in params["scans"]}
    counts = Counter(text(header, "Modality") for header in headers.values())
    for modality in sorted(counts.keys() - expected - {""}):
        first = next(iter(of_modality(headers, modality)))
        yield Finding(
            "completeness.modality-unexpected",
            severity(params, "unexpected", Severity.QUESTION),
            f"{first} (0008,0060)",
            f"{counts[modality]} file(s) of a modality the trial does not ask for "
            "(protocol: checks/completeness/unexpected)",
            "send only what the trial asks for",
            Private(modality),
        )


def _spacing(scan: Headers, tolerance_mm: float) -> Iterator[Finding]:
    """Whether the slices of one scan follow each other at one distance."""
    if len(scan) < 3:
        return
    positions = [vector(header, "ImagePositionPatient", 3) for header in scan.values()]
    directions = [vector(header, "ImageOrientationPatient", 6) for header in scan.values()]
    if None in positions or None in directions or np.ptp(np.array(directions), axis=0).max() > PARALLEL:
        yield Finding(
            "completeness.spacing-unknown",
            Severity.QUESTION,
            f"{_scan_name(scan)} (0020,0032)",
            "the distance of the slices cannot be judged: positions or orientations are missing or disagree",
            "look whether the scan is one volume, and send it again if not",
        )
        return
    gaps = slice_gaps(np.array(positions, dtype=np.float64), np.array(directions[0], dtype=np.float64))
    if gaps.max() - gaps.min() > tolerance_mm:
        yield Finding(
            "completeness.spacing-irregular",
            Severity.QUESTION,
            f"{_scan_name(scan)} (0020,0032)",
            f"slice gaps run from {gaps.min():.2f} to {gaps.max():.2f} mm "
            "(protocol: checks/completeness/spacing_tolerance_mm)",
            "look whether slices are missing or doubled, and send the whole scan again if so",
        )


def _referenced(name: str, structures: Header, headers: Headers) -> Iterator[Finding]:
    images = items(
        structures,
        "ReferencedFrameOfReferenceSequence",
        "RTReferencedStudySequence",
        "RTReferencedSeriesSequence",
        "ContourImageSequence",
    )
    wanted = {text(image, "ReferencedSOPInstanceUID") for image in images}
    missing = wanted - {text(header, "SOPInstanceUID") for header in headers.values()}
    if missing:
        yield Finding(
            "completeness.referenced-missing",
            Severity.REFUSAL,
            f"{name} (3006,0016)",
            f"{len(missing)} of the {len(wanted)} images the structures were drawn on are not in the session",
            "send the whole scan the structures were drawn on",
        )


def _scan_name(scan: Headers) -> str:
    """Where a scan is: its first file."""
    return f"scan of {min(scan)}"
