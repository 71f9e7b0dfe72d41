"""The images that structures were drawn on, as a stack of planes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from uploader.contours.axes import Axes, Floats
from uploader.validators.planes import Planes

_ALONG = 0.999
"""The cosine of 2.6 degrees: no scan is meant to be turned so little against another one."""


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

    def away(self, at: Floats) -> Floats:
        """(n,), how far places along the normal are from the nearest slice, mm."""
        after = np.searchsorted(self.slices, at).clip(1, max(self.slices.size - 1, 1))
        near = self.slices[np.stack([after - 1, np.minimum(after, self.slices.size - 1)])]
        return np.asarray(np.abs(near - at).min(axis=0), dtype=np.float64)

    def is_end(self, at: float) -> bool:
        """Whether this place along the normal is that of the first or the last slice."""
        return bool(np.abs(self.slices[[0, -1]] - at).min() < max(self.step, 1e-3) / 2)

    def beyond(self, at: Floats) -> NDArray[np.bool_]:
        """(n,), whether places lie before the first or behind the last slice."""
        slack = self.step / 2 + 1e-3
        return np.asarray((at < self.slices[0] - slack) | (at > self.slices[-1] + slack))

    def beside(self, outlines: NDArray[np.object_]) -> NDArray[np.bool_]:
        """(n,), whether outlines reach out of what the images show of their planes."""
        own, around = shapely.bounds(outlines), np.array(self.window.bounds)
        return np.asarray((own[:, :2] < around[:2]).any(axis=1) | (own[:, 2:] > around[2:]).any(axis=1))


def stack(planes: Planes, axes: Axes) -> Stack | None:
    """The images that have a place, in these axes; None when none has. Those that lie across, as a localiser does, are
    left out, but where all do."""
    placed = np.isfinite(planes.positions).all(axis=1)
    along = placed & ~_across(planes.cosines, axes)
    kept = np.flatnonzero(along if along.any() else placed)
    if not kept.size:
        return None
    flat = axes.flat(planes.positions[kept])
    return Stack(np.unique(np.round(flat[:, 2], 4)), _window(planes, int(kept[0]), axes))


def _across(cosines: Floats, axes: Axes) -> NDArray[np.bool_]:
    """(n,), whether an image says that it lies in another direction."""
    normals = np.cross(cosines[:, :3], cosines[:, 3:])
    return np.asarray(np.abs(normals @ axes.matrix[2]) < _ALONG)


def _window(planes: Planes, image: int, axes: Axes) -> shapely.Geometry:
    """From the edge of the first to that of the last pixel of one image."""
    position, cosines = planes.positions[image], planes.cosines[image]
    spacing, (rows, columns) = planes.spacing[image], planes.sizes[image]
    if not np.isfinite([*cosines, *spacing, rows, columns]).all():
        return shapely.MultiPolygon()
    across, down = cosines[:3] * spacing[1], cosines[3:] * spacing[0]
    corners = [(-0.5, -0.5), (columns - 0.5, -0.5), (columns - 0.5, rows - 0.5), (-0.5, rows - 0.5)]
    points = axes.flat(np.array([position + x * across + y * down for x, y in corners]))
    return shapely.Polygon(points[:, :2])
