"""The rules of `dose` on where its grid lies: distances of its points, and the structures it covers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from uploader.contours.axes import Floats
from uploader.contours.structure import Structure
from uploader.domain.finding import Finding
from uploader.ports import Case, Header
from uploader.validators import links
from uploader.validators.answers import Answer, right, unasked, unknown, wrong
from uploader.validators.blocks import Block
from uploader.validators.codes import Judge
from uploader.validators.doses import Unusable, grid_of, said_of
from uploader.validators.drawn import named
from uploader.validators.judging import number, range_words, within

_FINER = "calculate the dose on the grid that the trial asks for, and export it again"
TOLERANCE_MM = 0.01
"""By how much a contour may lie outside: planning systems write two decimals."""


def spacing(block: Block, line: str, entry: str, dose: Header) -> Answer:
    """Of the points in a plane, both directions."""
    grid = grid_of(block.case, entry)
    if isinstance(grid, Unusable):
        return said_of(block, line, entry, grid)
    asked, found = block.said["grid_mm"], f"{number(grid.row_mm)} x {number(grid.column_mm)} mm"
    if within(grid.row_mm, asked) and within(grid.column_mm, asked):
        return right(found)
    where, says = f"{entry} (0028,0030)", "the points of the dose grid lie at other distances than the trial asks for"
    return wrong(block.finding("dose.grid", line, where, says, _FINER, found, range_words(asked, "mm")))


def planes(block: Block, line: str, entry: str, dose: Header) -> Answer:
    """Of neighbouring planes, all of them."""
    grid = grid_of(block.case, entry)
    if isinstance(grid, Unusable):
        return said_of(block, line, entry, grid)
    if not grid.steps.size:
        return unknown("the dose has one plane")
    asked, steps = block.said["slice_grid_mm"], np.unique(grid.steps.round(3)).tolist()
    outside = [step for step in steps if not within(step, asked)]
    if not outside:
        return right(_several(steps))
    where, says = f"{entry} (3004,000C)", "the planes of the dose grid lie at other distances than the trial asks for"
    return wrong(block.finding("dose.planes", line, where, says, _FINER, _several(outside), range_words(asked, "mm")))


def covering(roi: str) -> Judge:
    """That the grid reaches around all contours of this ROI."""
    return partial(_covers, roi)


def _covers(roi: str, block: Block, line: str, entry: str, dose: Header) -> Answer:
    grid = grid_of(block.case, entry)
    if isinstance(grid, Unusable):
        return said_of(block, line, entry, grid)
    bearing = named(block.case, roi)
    if not bearing:
        return unasked(f"there is no {roi}")
    drawn = [structure for structure in bearing if structure.contours]
    there = [structure for structure in drawn if in_frame(block.case, structure, dose)]
    if not there:
        return unknown(f"{roi} is drawn in another frame of reference" if drawn else f"{roi} has no contours")
    beyond = [(structure, grid.overhang(_points(structure))) for structure in there]
    findings = [_overhang(block, line, roi, entry, *each) for each in beyond if each[1] > TOLERANCE_MM]
    return wrong(*findings) if findings else right("inside")


def _overhang(block: Block, line: str, roi: str, entry: str, structure: Structure, beyond_mm: float) -> Finding:
    where = f"{structure.entry} (3006,0050) ROI {structure.number}"
    says = f"{roi} reaches out of the dose grid of {entry}"
    remedy = f"calculate the dose on a grid that holds all of {roi}, and export it again"
    return block.finding("dose.cover", line, where, says, remedy, f"{beyond_mm:.1f} mm outside", "inside")


def in_frame(case: Case, structure: Structure, dose: Header) -> bool:
    """Whether a structure and a dose are in one frame of reference; what does not say its own is taken to be."""
    ours, theirs = links.roi_frames(case.headers[structure.entry], structure.number), links.frames(dose)
    return not ours or not theirs or bool(ours & theirs)


def _points(structure: Structure) -> Floats:
    return structure.axes.back(np.concatenate([contour.points for contour in structure.contours]))


def _several(steps: Sequence[float]) -> str:
    """``2.5 mm``; of many different ones the first and the last."""
    shown = steps if len(steps) < 3 else [steps[0], steps[-1]]
    return (" to " if len(steps) > 2 else ", ").join(number(step) for step in shown) + " mm"
