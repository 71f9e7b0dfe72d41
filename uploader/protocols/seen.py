"""What a session shows of itself: of it, a first protocol can be made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Any

from uploader.ports import Header, Headers


@dataclass(frozen=True, slots=True)
class Modality:
    """The scans of one modality.

    scans, fewest: how many there are, and the instances of the smallest
    spacing_mm: the median distance of neighbouring slices; None where positions are missing
    """

    scans: int
    fewest: int
    spacing_mm: float | None = None


@dataclass(frozen=True, slots=True)
class Roi:
    """A structure: its name, its interpreted type (may be empty), and whether it has contours."""

    name: str
    interpreted: str
    drawn: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """modalities: Modality (0008,0060) -> its scans; fractions, total_gy: what a plan says, None without"""

    modalities: Mapping[str, Modality] = field(default_factory=dict)
    rois: tuple[Roi, ...] = ()
    fractions: int | None = None
    total_gy: float | None = None


def seen(headers: Headers) -> Seen:
    """What a session shows. Attributes that are missing or odd are passed over."""
    every = list(headers.values())
    plans = [header for header in every if header.get("Modality") == "RTPLAN"]
    return Seen(
        {name: _modality([h for h in every if h.get("Modality") == name]) for name in _modalities(every)},
        tuple(roi for header in every if header.get("Modality") == "RTSTRUCT" for roi in _rois(header)),
        next((n for plan in plans if (n := _fractions(plan))), None),
        next((dose for plan in plans if (dose := _prescribed(plan))), None),
    )


def _modalities(every: Iterable[Header]) -> list[str]:
    return sorted({str(header["Modality"]) for header in every if header.get("Modality")})


def _modality(headers: list[Header]) -> Modality:
    scans: dict[str, list[Header]] = {}
    for header in headers:
        scans.setdefault(str(header.get("SeriesInstanceUID", "")), []).append(header)
    gaps = [gap for scan in scans.values() for gap in _gaps(scan)]
    return Modality(len(scans), min(map(len, scans.values())), round(median(gaps), 3) if gaps else None)


def _gaps(scan: Iterable[Header]) -> Iterator[float]:
    """Distances of neighbouring slices along their normal, mm."""
    heights = sorted(height for header in scan if (height := _height(header)) is not None)
    return (after - before for before, after in pairwise(heights))


def _height(header: Header) -> float | None:
    position, turned = header.get("ImagePositionPatient"), header.get("ImageOrientationPatient")
    if position is None or turned is None or len(position) != 3 or len(turned) != 6:
        return None
    (a, b, c), (d, e, f) = (float(v) for v in turned[:3]), (float(v) for v in turned[3:])
    x, y, z = (float(v) for v in position)
    return (b * f - c * e) * x + (c * d - a * f) * y + (a * e - b * d) * z


def _rois(header: Header) -> Iterator[Roi]:
    types = {
        o.get("ReferencedROINumber"): o.get("RTROIInterpretedType") for o in _items(header, "RTROIObservationsSequence")
    }
    drawn = {c.get("ReferencedROINumber") for c in _items(header, "ROIContourSequence") if c.get("ContourSequence")}
    for item in _items(header, "StructureSetROISequence"):
        number, name = item.get("ROINumber"), str(item.get("ROIName") or "").strip()
        if name:
            yield Roi(name, str(types.get(number) or ""), number in drawn)


def _fractions(plan: Header) -> int | None:
    planned = [group.get("NumberOfFractionsPlanned") for group in _items(plan, "FractionGroupSequence")]
    return sum(int(n) for n in planned if isinstance(n, (int, float))) or None


def _prescribed(plan: Header) -> float | None:
    doses = [each.get("TargetPrescriptionDose") for each in _items(plan, "DoseReferenceSequence")]
    return max((float(dose) for dose in doses if isinstance(dose, (int, float))), default=None)


def _items(header: Header, keyword: str) -> list[Header]:
    value: Any = header.get(keyword)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
