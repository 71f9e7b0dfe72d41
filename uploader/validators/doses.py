"""The dose grids of a session, read once: where their points lie, and their highest dose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from uploader.contours.dosegrid import DoseGrid, NoDoseGrid, dose_grid
from uploader.contours.dvh import span_gy
from uploader.domain.errors import UnreadableFile
from uploader.ports import Case, Header
from uploader.validators.answers import Answer, unknown, wrong
from uploader.validators.blocks import Block
from uploader.validators.reading import of_modality, text


@dataclass(frozen=True, slots=True)
class Unusable:
    """A grid of which something cannot be said, and why. broken: the header contradicts itself or lacks what it must
    have; else there is no grid at all, or its pixels cannot be decoded here."""

    says: str
    broken: bool


NO_DOSE = Unusable("the object is no dose", broken=False)


def _grids(case: Case) -> Mapping[str, DoseGrid | Unusable]:
    return {entry: _grid(header) for entry, header in of_modality(case.headers, "RTDOSE").items()}


def _peaks(case: Case) -> Mapping[str, float | Unusable]:
    return {entry: _peak(case, entry, grid) for entry, grid in case.once(_grids).items()}


def grid_of(case: Case, entry: str) -> DoseGrid | Unusable:
    """The grid of this object."""
    return case.once(_grids).get(entry, NO_DOSE)


def peak_of(case: Case, entry: str) -> float | Unusable:
    """The highest dose of this object, in its units."""
    return case.once(_peaks).get(entry, NO_DOSE)


def is_in_gray(header: Header) -> bool:
    """Whether an RTDOSE holds doses in Gy, Dose Units (3004,0002), and not parts of something."""
    return text(header, "DoseUnits") == "GY"


def said_of(block: Block, line: str, entry: str, why: Unusable) -> Answer:
    """What a grid that cannot be used says to a rule about it."""
    if not why.broken:
        return unknown(why.says)
    where, says = f"{entry} (3004,000C)", f"the doses of the object cannot be placed or read: {why.says}"
    remedy = "export the dose again from the planning system"
    return wrong(block.finding("dose.unplaced", line, where, says, remedy, "no dose grid", "a dose grid"))


def _grid(header: Header) -> DoseGrid | Unusable:
    if header.get("Rows") is None:
        return Unusable("the object holds no dose grid", broken=False)
    try:
        return dose_grid(header)
    except NoDoseGrid as error:
        return Unusable(str(error), broken=True)


def _peak(case: Case, entry: str, grid: DoseGrid | Unusable) -> float | Unusable:
    if isinstance(grid, Unusable):
        return grid
    try:
        low, high = span_gy(case.frames(entry), grid)
    except NoDoseGrid as error:
        return Unusable(str(error), broken=True)
    except UnreadableFile:
        return Unusable("the doses cannot be decoded", broken=False)
    if low < 0 and text(case.headers[entry], "DoseType") != "ERROR":
        return Unusable("some of its doses are below 0", broken=True)
    return high
