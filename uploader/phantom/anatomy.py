"""What the patient looks like: organs as ellipses, the slices and the dose made of them. All lengths in mm, LPS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FIELD_MM = 440.0
"""Width of the square field of view."""
SPACING_MM = 3.0
"""From one slice to the next."""
OUTLINE_POINTS = 48
DOSE_SIZE = 44
"""Rows and columns of the dose grid."""


@dataclass(frozen=True, slots=True)
class Ellipse:
    """An organ: an upright elliptic cylinder. Centre and half axes in mm, LPS; `span` as shares of all slices."""

    name: str
    interpreted: str
    centre: tuple[float, float]
    axes: tuple[float, float]
    span: tuple[float, float]
    hounsfield: int | None
    """Filling; None for a margin, which is drawn but not seen in the image."""

    def slices(self, count: int) -> range:
        """Indices of the slices it lies on, never none."""
        first = int(self.span[0] * count)
        return range(first, max(first + 1, int(self.span[1] * count)))

    def outline(self) -> NDArray[np.float64]:
        """(OUTLINE_POINTS, 2), mm."""
        angle = np.linspace(0, 2 * np.pi, OUTLINE_POINTS, endpoint=False)
        circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return np.asarray(np.array(self.centre) + np.array(self.axes) * circle, dtype=np.float64)


ORGANS = (
    Ellipse("BODY", "EXTERNAL", (0, 0), (180, 115), (0, 1), 40),
    Ellipse("Lung_R", "ORGAN", (-85, -10), (55, 75), (0.15, 0.9), -780),
    Ellipse("Lung_L", "ORGAN", (85, -10), (50, 72), (0.15, 0.9), -790),
    Ellipse("Heart", "ORGAN", (25, -30), (42, 38), (0.15, 0.5), 50),
    Ellipse("SpinalCord", "ORGAN", (0, 92), (7, 7), (0, 1), 25),
    Ellipse("GTV", "GTV", (-80, 0), (14, 12), (0.5, 0.7), 45),
    Ellipse("CTV", "CTV", (-80, 0), (19, 17), (0.47, 0.73), None),
    Ellipse("PTV_5040", "PTV", (-80, 0), (25, 23), (0.43, 0.77), None),
)
"""The ROIs, outer before inner."""
VERTEBRA = Ellipse("", "", (0, 82), (24, 22), (0, 1), 380)


def pixel_mm(size: int) -> float:
    return FIELD_MM / size


def height(index: int, count: int) -> float:
    """Height of a slice, mm; the volume is centred on the origin."""
    return (index - count // 2) * SPACING_MM


def corner(size: int, index: int, count: int) -> list[float]:
    """ImagePositionPatient: the centre of the first pixel."""
    edge = (pixel_mm(size) - FIELD_MM) / 2
    return [edge, edge, height(index, count)]


def _grid(size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """x (1, size) and y (size, 1) of the pixel centres, mm."""
    at = np.asarray((np.arange(size) + 0.5) * pixel_mm(size) - FIELD_MM / 2, dtype=np.float64)
    return at[None, :], at[:, None]


def pixels(seed: int, index: int, count: int, size: int) -> bytes:
    """The slice as it would look: air, body, lungs, heart, spine with its canal, a tumour, noise."""
    x, y = _grid(size)
    image = np.full((size, size), -1000.0)
    for organ in (*ORGANS[:4], VERTEBRA, *ORGANS[4:]):
        if organ.hounsfield is not None and index in organ.slices(count):
            (cx, cy), (a, b) = organ.centre, organ.axes
            image[((x - cx) / a) ** 2 + ((y - cy) / b) ** 2 <= 1] = organ.hounsfield
    image += np.random.default_rng([seed, index]).normal(0, 12, image.shape)
    return bytes(np.clip(image + 1024, 0, 4095).astype("<u2").tobytes())


def dose(planes: NDArray[np.int_], slices: int) -> bytes:
    """(planes, DOSE_SIZE, DOSE_SIZE), mGy, highest in the middle of the target."""
    x, y = _grid(DOSE_SIZE)
    target = ORGANS[-1]
    middle = sum(target.span) / 2 * slices
    above = (planes[:, None, None] - middle) * SPACING_MM
    squares = (x - target.centre[0]) ** 2 + (y - target.centre[1]) ** 2 + above**2
    return bytes((50400 * np.exp(-squares / (2 * 40.0**2))).astype("<u2").tobytes())
