"""The stored value that is shown black. Source: DICOM PS3.3 C.7.6.3.1.2 and C.7.6.3.1.5."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_color_lut

from uploader.domain.errors import UnreadableFile
from uploader.foreign import bordered
from uploader.frames import Layout, Samples

_NEUTRAL = 128
"""No colour, in 8 bit YBR."""


def black(layout: Layout, photometric: str, dataset: Dataset) -> Samples:
    """(samples,): one black pixel. photometric: of the samples as they are decoded. Raises UnreadableFile."""
    if photometric == "PALETTE COLOR":
        return np.array([_darkest(dataset)], layout.dtype)
    if photometric in ("MONOCHROME1", "MONOCHROME2"):
        low, high = _range(layout)
        return np.array([high if photometric == "MONOCHROME1" else low], layout.dtype)
    if photometric.startswith("YBR") and layout.bits_stored == 8:
        lowest = 16 if photometric.startswith("YBR_PARTIAL") else 0
        return np.array([lowest, _NEUTRAL, _NEUTRAL], layout.dtype)
    if photometric == "RGB":
        return np.zeros(layout.samples, layout.dtype)
    raise UnreadableFile("it is not known what is black in the colours of this image")


def _range(layout: Layout) -> tuple[int, int]:
    """The lowest and the highest value that the stored bits can hold."""
    if layout.signed:
        return -(1 << layout.bits_stored - 1), (1 << layout.bits_stored - 1) - 1
    return 0, (1 << layout.bits_stored) - 1


def _darkest(dataset: Dataset) -> int:
    """The index of the palette's darkest colour."""
    with bordered(UnreadableFile, "the palette of the image cannot be read"):
        count, first, _ = (int(part) for part in dataset.RedPaletteColorLookupTableDescriptor)
        indices = np.arange(first, first + (count or 1 << 16))
        return first + int(apply_color_lut(indices, dataset).astype(np.int64).sum(axis=1).argmin())
