"""Directions of a stack of parallel planes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


_UPRIGHT = np.eye(3)


@dataclass(frozen=True, slots=True, eq=False)
class Axes:
    """Where across, down and along lie in the patient.

    matrix: (3, 3), rows are unit vectors: along a row of the image, along a column, and their cross product, the normal
        of the planes, PS3.3 C.7.6.2.1.1
    """

    matrix: Floats

    @classmethod
    def of(cls, orientation: Iterable[float]) -> Axes:
        """The axes of an ImageOrientationPatient (0020,0037). Raises ValueError when it is not one."""
        cosines = np.asarray(list(orientation), dtype=np.float64)
        across, down = cosines[:3], cosines[3:]
        products = [across @ across, down @ down, across @ down]
        if cosines.shape != (6,) or not np.allclose(products, [1, 1, 0], atol=1e-3):
            raise ValueError("an image orientation holds two unit vectors at right angles")
        return cls(np.stack([across, down, np.cross(across, down)]))

    @classmethod
    def along(cls, normal: Floats) -> Axes:
        """Axes whose third direction is this one, looking to where its largest component grows."""
        unit = normal / np.linalg.norm(normal)
        unit = unit if unit[np.argmax(np.abs(unit))] > 0 else -unit
        helper = np.eye(3)[0] if abs(unit[0]) < 0.9 else np.eye(3)[1]
        down = np.cross(unit, helper)
        down /= np.linalg.norm(down)
        return cls(np.stack([np.cross(down, unit), down, unit]))

    def flat(self, points: Floats) -> Floats:
        """(n, 3) in the patient -> (n, 3): across, down and along, mm; the same array for upright axial images."""
        if np.array_equal(self.matrix, _UPRIGHT):
            return points
        return np.asarray(points @ self.matrix.T, dtype=np.float64)

    def back(self, points: Floats) -> Floats:
        """(n, 3) across, down and along -> (n, 3) in the patient, mm."""
        return np.asarray(points @ self.matrix, dtype=np.float64)


AXIAL = Axes(np.eye(3))


def normal_of(points: Floats) -> Floats | None:
    """The direction in which a flat polygon looks, not of unit length; None when its points lie on a line.

    points: (n, 3). Source: Newell's method.
    """
    following = np.roll(points, -1, axis=0)
    normal = np.cross(points, following).sum(axis=0) / 2
    return normal if np.linalg.norm(normal) > 1e-6 else None
