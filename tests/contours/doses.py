"""Dose grids and structures whose histograms are known without a computer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uploader.contours.axes import AXIAL, Floats
from uploader.contours.dosegrid import DoseGrid, dose_grid
from uploader.contours.dvh import Dvh, histograms, span_gy
from uploader.contours.structure import Contour, Structure

Dose = Callable[[Floats, Floats, Floats], Floats]
"""x, y, z in mm -> Gy."""
SCALING = 1e-5


def header(**attributes: Any) -> dict[str, Any]:
    """The header of a dose grid that reaches from (-50, -50, -60) on, 2.5 mm in the planes and 3 mm between three of
    them, changed by these attributes; those that are None are missing."""
    said = {
        "ImagePositionPatient": [-50.0, -50.0, -60.0],
        "ImageOrientationPatient": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
        "PixelSpacing": [2.5, 2.5],
        "Rows": 41,
        "Columns": 41,
        "NumberOfFrames": 3,
        "GridFrameOffsetVector": [0.0, 3.0, 6.0],
        "DoseGridScaling": SCALING,
        **attributes,
    }
    return {name: value for name, value in said.items() if value is not None}


def grid_of(planes: int = 41, step: float = 3.0, **attributes: Any) -> DoseGrid:
    """A grid of planes this far apart, from -60 mm to 60 mm along the patient unless told otherwise."""
    offsets = [step * n for n in range(planes)]
    return dose_grid(header(NumberOfFrames=planes, GridFrameOffsetVector=offsets, **attributes))


def stored(grid: DoseGrid, dose: Dose) -> Iterator[NDArray[np.uint32]]:
    """The planes of a grid filled with a dose, as stored values."""
    row, column = np.mgrid[: grid.rows, : grid.columns]
    for offset in grid.offsets:
        places = (
            grid.origin
            + column[..., None] * grid.column_mm * grid.across
            + row[..., None] * grid.row_mm * grid.down
            + offset * grid.normal
        )
        yield np.round(np.maximum(dose(*np.moveaxis(places, -1, 0)), 0) / grid.scaling).astype(np.uint32)


def cylinder(radius: float = 20.0, height: float = 60.0, step: float = 3.0, points: int = 720) -> Structure:
    """An upright cylinder around the origin, drawn on planes `step` apart; its slabs fill it."""
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    ring = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    heights = np.arange(-height / 2 + step / 2, height / 2, step)
    contours = [Contour("CLOSED_PLANAR", np.column_stack([ring, np.full(points, z)])) for z in heights]
    return Structure("1.dcm", "1", "Cylinder", "", AXIAL, contours, step)


def dvh_of(structure: Structure, dose: Dose, grid: DoseGrid | None = None) -> Dvh:
    """The histogram of a structure in a dose."""
    grid = grid or grid_of()
    (found,) = histograms(stored(grid, dose), grid, span_gy(stored(grid, dose), grid)[1], [structure])
    return found
