"""Doses that cannot be right, whatever the trial asks: told in the docstring of `dose`."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from uploader.contours.axes import Floats
from uploader.contours.structure import Structure
from uploader.domain.finding import Finding, Severity
from uploader.ports import Case, Header
from uploader.validators.dose_extent import in_frame
from uploader.validators.doses import Unusable, grid_of
from uploader.validators.drawn import drawn
from uploader.validators.reading import of_modality


def findings(case: Case, told: Collection[str]) -> Iterator[Finding]:
    """What is wrong with doses. told: entries of those that were said to have no grid"""
    for entry, dose in of_modality(case.headers, "RTDOSE").items():
        grid = grid_of(case, entry)
        if isinstance(grid, Unusable):
            if grid.broken and entry not in told:
                yield _unplaced(entry, grid)
            continue
        there = [points for each in case.once(drawn) if (points := _points(case, each, dose)) is not None]
        if there and not any(grid.meets(points) for points in there):
            yield _elsewhere(entry, len(there))


def _points(case: Case, structure: Structure, dose: Header) -> Floats | None:
    """Of all contours of a structure in the frame of reference of a dose; None where there are none."""
    points = [contour.points for contour in structure.contours]
    return structure.axes.back(np.concatenate(points)) if points and in_frame(case, structure, dose) else None


def _unplaced(entry: str, why: Unusable) -> Finding:
    return Finding(
        "dose.unplaced",
        Severity.REFUSAL,
        f"{entry} (3004,000C)",
        f"the doses of the object cannot be placed or read: {why.says}",
        "export the dose again from the planning system",
        found="no dose grid",
        expected="a dose grid",
    )


def _elsewhere(entry: str, structures: int) -> Finding:
    return Finding(
        "dose.elsewhere",
        Severity.QUESTION,
        f"{entry} (0020,0032)",
        "the dose lies elsewhere than all structures of its frame of reference",
        "look at dose and structures together; if they do not belong together, export both again from one plan",
        found=f"none of {structures} structures in the grid",
        expected="one at least",
    )
