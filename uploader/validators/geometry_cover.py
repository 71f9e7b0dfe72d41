"""How far a scan reaches beyond a structure: the rule `cover` of `geometry`.

The points of all contours are laid into the scan: along the axis of the scan that runs most nearly from feet to head,
and across the two others. A scan reaches from its first to its last slice, and from the centre of its first pixel to
that of its last one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from uploader.contours.parsing import roi_number
from uploader.contours.structure import Structure
from uploader.domain.finding import Finding
from uploader.validators.answers import Answer, right, unknown, wrong
from uploader.validators.drawn import named
from uploader.validators.geometry_asked import Asked
from uploader.validators.judging import ROUNDING, number, severity_of
from uploader.validators.planes import Floats
from uploader.validators.reading import items, text
from uploader.validators.recognition import inputs
from uploader.validators.volume import Volume

HEAD = np.array([0.0, 0.0, 1.0])
LONGER = "send a scan that reaches further, or ask the trial whether this one can be used"


@dataclass(frozen=True, slots=True)
class Margins:
    """How far a scan reaches beyond points, mm; negative where they lie outside.

    sides: the least of the four across
    """

    superior: float
    inferior: float
    sides: float


def cover(asked: Asked, volume: Volume) -> Answer:
    """The scan reaches as far beyond the structure as `asked.value` says."""
    name = asked.value["roi"]
    found = [each for each in _meant(asked, name) if each.contours]
    if not found:
        return unknown(f"the session has no contours of {name}")
    if volume.unknown:
        return unknown(volume.unknown)
    if not all(_same_frame(asked, each, volume) for each in found):
        return unknown(f"{name} is not drawn in the frame of reference of the scan")
    box = np.concatenate([each.axes.back(contour.points) for each in found for contour in each.contours])
    return _judged(asked, volume, found[0], margins(volume, box, across="lateral_mm" in asked.value))


def margins(volume: Volume, points: Floats, *, across: bool) -> Margins | None:
    """How far the scan reaches beyond these points (n, 3), mm, LPS; None where it does not say how large it is.

    across: whether to look to the sides as well; they are infinite without
    """
    axes, reaches = _frame(volume)
    upright = int(np.abs(axes @ HEAD).argmax())
    if not all(np.isfinite(reaches[n]).all() for n in ((0, 1, 2) if across else (upright,))):
        return None
    below = [(points @ axes[n]).min() - reaches[n][0] for n in range(3)]
    above = [reaches[n][1] - (points @ axes[n]).max() for n in range(3)]
    towards_head = axes[upright] @ HEAD > 0
    superior, inferior = (above, below) if towards_head else (below, above)
    sides = [each[n] for n in range(3) if n != upright for each in (below, above)] if across else [np.inf]
    return Margins(float(superior[upright]), float(inferior[upright]), float(min(sides)))


def _frame(volume: Volume) -> tuple[Floats, Sequence[tuple[float, float]]]:
    """The scan's axes (row, column, normal), and from where to where it reaches along each, mm; NaN where not said."""
    planes, first = volume.planes, volume.order[0]
    axes = np.array([planes.cosines[first, :3], planes.cosines[first, 3:], volume.normal])
    size = (planes.sizes.min(axis=0) - 1)[::-1] * planes.spacing.min(axis=0)[::-1]
    begins = planes.positions @ axes[:2].T
    across = [(float(begins[:, n].max()), float(begins[:, n].min() + size[n])) for n in range(2)]
    return axes, [*across, (float(volume.along[0]), float(volume.along[-1]))]


def _judged(asked: Asked, volume: Volume, structure: Structure, found: Margins | None) -> Answer:
    if found is None:
        return unknown("the images do not say how large they are")
    findings = list(_short(asked, volume, structure, found))
    measured = f"{number(found.superior)} mm towards the head, {number(found.inferior)} mm towards the feet"
    return wrong(*findings) if findings else right(measured)


def _short(asked: Asked, volume: Volume, structure: Structure, found: Margins) -> Iterator[Finding]:
    sides = (
        ("superior_mm", found.superior, "towards the head"),
        ("inferior_mm", found.inferior, "towards the feet"),
        ("lateral_mm", found.sides, "to the sides"),
    )
    for name, reach, where in sides:
        if name in asked.value and reach < asked.value[name] - max(1.0, abs(reach)) * ROUNDING:
            yield _finding(asked, volume, structure, reach, asked.value[name], where)


def _finding(asked: Asked, volume: Volume, structure: Structure, reach: float, needed: Any, where: str) -> Finding:
    finding = asked.finding(
        "geometry.cover",
        f"scan of {volume.scan.entries[0]} (0020,0032)",
        f"the scan does not reach far enough beyond ROI {structure.number} of {structure.entry} {where}",
        LONGER,
        f"{number(reach)} mm {where}",
        f"at least {number(float(needed))} mm",
    )
    return replace(finding, severity=severity_of(asked.value, asked.block.said, asked.block.input.said))


def _meant(asked: Asked, name: str) -> Sequence[Structure]:
    """The structures of this name, of structure sets that are inputs where the protocol asks for any."""
    sets = [each for each in asked.block.case.once(inputs).values() if each.said["modality"] == "RTSTRUCT"]
    entries = {entry for each in sets for entry in each.entries}
    return [each for each in named(asked.block.case, name) if not sets or each.entry in entries]


def _same_frame(asked: Asked, structure: Structure, volume: Volume) -> bool:
    """Whether structure and scan do not say two frames of reference."""
    headers: Mapping[str, Any] = asked.block.case.headers
    scan = text(headers[volume.scan.entries[0]], "FrameOfReferenceUID")
    drawn = {
        text(item, "ReferencedFrameOfReferenceUID")
        for item in items(headers[structure.entry], "StructureSetROISequence")
        if roi_number(item, "ROINumber") == structure.number
    }
    return not scan or not drawn - {scan, ""}
