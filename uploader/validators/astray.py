"""Doses that cannot be right, whatever the trial asks: told in the docstring of `dose`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import product

import numpy as np

from uploader.contours.axes import Floats
from uploader.contours.structure import Structure
from uploader.domain.finding import Finding, Severity
from uploader.ports import Case
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
        there = [corners for each, corners in case.once(_boxes) if in_frame(case, each, dose)]
        if there and not any(grid.meets(corners) for corners in there):
            yield _elsewhere(entry, len(there))


def _boxes(case: Case) -> Sequence[tuple[Structure, Floats]]:
    """The structures that have contours, each with the corners (8, 3) of the box around it, mm in the patient."""
    return [(each, _corners(each)) for each in case.once(drawn) if each.contours]


def _corners(structure: Structure) -> Floats:
    ends = np.array([(c.points.min(axis=0), c.points.max(axis=0)) for c in structure.contours])
    low, high = ends[:, 0].min(axis=0), ends[:, 1].max(axis=0)
    return structure.axes.back(np.array(list(product(*zip(low, high, strict=True)))))


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
