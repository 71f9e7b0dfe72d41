"""A frame as a person would see it: grey or colour, 8 bits. Source: DICOM PS3.3 C.7.6.3.1.2, C.11.2."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_color_lut, convert_color_space

from uploader.domain.errors import UnreadableFile
from uploader.foreign import bordered
from uploader.frames import Frames, Samples

Picture = NDArray[np.uint8]
"""(rows, columns) grey, or (rows, columns, 3) red, green, blue."""
_MUCH_WIDER = 1.5
_TRIM = (0.5, 99.5)


@dataclass(frozen=True, slots=True)
class Views:
    """How the frames of one file are shown, always with the same window.

    low, high: stored values that are shown black and white; those of the header, or of nearly all of the first frame
    """

    photometric: str
    dataset: Dataset
    low: float
    high: float

    def of(self, samples: Samples) -> Iterator[Picture]:
        """The frame in its window, and in its full range too where that shows what the window would hide."""
        if not self.photometric.startswith("MONOCHROME"):
            yield _colour(samples, self.photometric, self.dataset)
            return
        grey = samples[:, :, 0]
        yield self._grey(grey, self.low, self.high)
        low, high = float(grey.min()), float(grey.max())
        if high - low > _MUCH_WIDER * (self.high - self.low):
            yield self._grey(grey, low, high)

    def _grey(self, grey: Samples, low: float, high: float) -> Picture:
        scaled = (grey.astype(np.float32) - low) * np.float32(255 / max(high - low, 1))
        shown: Picture = np.clip(scaled, 0, 255).astype(np.uint8)
        return shown if self.photometric == "MONOCHROME2" else np.subtract(255, shown)


def views(frames: Frames) -> Views:
    """Raises UnreadableFile."""
    photometric, dataset, first = frames.photometric(), frames.dataset, frames.samples(0)
    low, high = 0.0, 255.0
    if photometric.startswith("MONOCHROME"):
        low, high = _window(dataset) or (float(p) for p in np.percentile(first, _TRIM))
    return Views(photometric, dataset, low, high)


def luma(picture: Picture) -> Picture:
    """Its brightness, as (rows, columns)."""
    return picture if picture.ndim == 2 else picture.max(axis=2)


def _window(dataset: Dataset) -> tuple[float, float] | None:
    """Stored values of the edges of the header's first window, when it has one."""
    try:
        centre, width = (_first(dataset.get(name)) for name in ("WindowCenter", "WindowWidth"))
        slope, intercept = float(dataset.get("RescaleSlope") or 1), float(dataset.get("RescaleIntercept") or 0)
        if centre is None or width is None or width < 2 or slope <= 0:
            return None
    except (TypeError, ValueError):
        return None
    low = (centre - width / 2 - intercept) / slope
    return low, low + width / slope


def _first(value: Any) -> float | None:
    several = value if isinstance(value, (list, tuple)) or hasattr(value, "append") else [value]
    return float(several[0]) if several and several[0] is not None else None


def _colour(samples: Samples, photometric: str, dataset: Dataset) -> Picture:
    """Raises UnreadableFile."""
    with bordered(UnreadableFile, "the colours of the image cannot be read"):
        if photometric == "PALETTE COLOR":
            samples = apply_color_lut(samples[:, :, 0], dataset)
        elif photometric.startswith("YBR"):
            return np.asarray(convert_color_space(samples.astype(np.uint8), "YBR_FULL", "RGB"), np.uint8)
    if samples.dtype.itemsize > 1:
        samples = (samples >> (8 * samples.dtype.itemsize - 8)) & 0xFF
    return np.ascontiguousarray(samples[:, :, :3], np.uint8)
