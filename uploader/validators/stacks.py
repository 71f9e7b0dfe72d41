"""The images that structures were drawn on, as a stack of planes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from uploader.contours.axes import Axes, Floats
from uploader.ports import Header
from uploader.validators.reading import vector


@dataclass(frozen=True, eq=False)
class Stack:
    """Images in a structure's axes.

    slices: (n,), their places along the normal, mm, rising; each once
    window: what the images show of every plane, across and down, mm; empty where they do not say
    """

    slices: Floats
    window: shapely.Geometry

    @cached_property
    def step(self) -> float:
        """The usual distance of neighbouring slices, mm; 0 for a single one."""
        return float(np.median(np.diff(self.slices))) if self.slices.size > 1 else 0.0

    def away(self, at: float) -> float:
        """How far a place along the normal is from the nearest slice, mm."""
        return float(np.abs(self.slices - at).min())

    def is_end(self, at: float) -> bool:
        """Whether this place along the normal is that of the first or the last slice."""
        return bool(np.abs(self.slices[[0, -1]] - at).min() < max(self.step, 1e-3) / 2)

    def beyond(self, at: float) -> bool:
        """Whether it lies before the first or behind the last slice."""
        slack = self.step / 2 + 1e-3
        return not self.slices[0] - slack <= at <= self.slices[-1] + slack


def stack(images: Sequence[Header], axes: Axes) -> Stack | None:
    """The images that have a place, in these axes; None when none has."""
    placed = [(image, position) for image in images if (position := vector(image, "ImagePositionPatient", 3))]
    if not placed:
        return None
    flat = axes.flat(np.array([position for _, position in placed]))
    return Stack(np.unique(np.round(flat[:, 2], 4)), _window(placed[0][0], axes))


def _window(image: Header, axes: Axes) -> shapely.Geometry:
    """From the edge of the first to that of the last pixel."""
    position, orientation = vector(image, "ImagePositionPatient", 3), vector(image, "ImageOrientationPatient", 6)
    spacing, rows, columns = vector(image, "PixelSpacing", 2), image.get("Rows"), image.get("Columns")
    if (
        position is None
        or orientation is None
        or spacing is None
        or not isinstance(rows, int)
        or not isinstance(columns, int)
    ):
        return shapely.MultiPolygon()
    across, down = np.array(orientation[:3]) * spacing[1], np.array(orientation[3:]) * spacing[0]
    corners = [(-0.5, -0.5), (columns - 0.5, -0.5), (columns - 0.5, rows - 0.5), (-0.5, rows - 0.5)]
    points = axes.flat(np.array([np.array(position) + x * across + y * down for x, y in corners]))
    return shapely.Polygon(points[:, :2])
