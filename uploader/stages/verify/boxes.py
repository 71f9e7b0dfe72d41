"""Proof that an image is the original but for the boxes that were announced, and that these are black.

Every sample of every frame is compared, whatever either file is compressed with, on the verifier's own decoding.
Source: DICOM PS3.3 C.7.6.3.1.2 (which value is black).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uploader.stages.verify.listed import Box
from uploader.stages.verify.samples import PIXEL_DATA, Image, Samples, Tops, Unknown, frames, image
from uploader.stages.verify.walk import Part

Fault = tuple[str, str]
"""(code, path)"""

_PATH = "(7FE0,0010)"


def differences(source: Part, before: Tops, part: Part, after: Tops, boxes: Sequence[Box]) -> Iterator[Fault]:
    """What is wrong with the pixels of `part`, which was made of `source` with these boxes made black.

    before, after: the top-level elements of the two files
    ``verify.pixels`` for a sample outside of the boxes that differs, and for a layout that does; ``verify.box`` for
    boxes that are not of one black in all frames; ``verify.box-unproven`` for images that cannot be decoded

    Raises UnreadableFile.
    """
    if PIXEL_DATA not in before or PIXEL_DATA not in after:
        yield "verify.pixels", _PATH
        return
    try:
        one, other = image(source, before), image(part, after)
        if not _alike(one, other):
            yield "verify.pixels", _PATH
            return
        yield from _compared(frames(source, before, one), frames(part, after, other), other, boxes)
    except Unknown:
        yield "verify.box-unproven", _PATH


def _alike(one: Image, other: Image) -> bool:
    """Whether samples can be compared; the colours of a compressed image may be written in another way."""
    same = one[1:8] == other[1:8] and one.paired == other.paired
    return same and (one.colours == other.colours or one.syntax != other.syntax)


def _compared(one: Iterator[Samples], other: Iterator[Samples], image: Image, boxes: Sequence[Box]) -> Iterator[Fault]:
    covered = _mask(image, boxes)
    outside, bits = ~covered, (1 << image.stored) - 1
    black: NDArray[Any] | None = None
    pixels = blank = True
    for old, new in zip(one, other, strict=True):
        pixels = pixels and _equal(old, new, outside, bits)
        if blank and covered.any():
            inside = new[covered]
            black = inside[0] if black is None else black
            blank = _black(black, image) and bool((inside == black).all())
    if not pixels:
        yield "verify.pixels", _PATH
    if not blank:
        yield "verify.box", _PATH


def _mask(image: Image, boxes: Sequence[Box]) -> NDArray[np.bool_]:
    """Where the boxes lie: (rows, columns), or (rows, pairs) where pixels share their colour."""
    mask = np.zeros((image.rows, image.columns), bool)
    for x, y, width, height in boxes:
        mask[max(y, 0) : max(y + height, 0), max(x, 0) : max(x + width, 0)] = True
    return mask[:, ::2] & mask[:, 1::2] if image.paired else mask


def _equal(old: Samples, new: Samples, outside: NDArray[np.bool_], bits: int) -> bool:
    """Whether the stored bits are the same; what lies beside them is compared where both are of one type."""
    if old.dtype == new.dtype:
        differs = np.asarray(old != new, np.bool_)
    else:
        differs = np.asarray((old.astype(np.int64) ^ new.astype(np.int64)) & bits, np.bool_)
    return not any(bool((differs[:, :, n] & outside).any()) for n in range(differs.shape[2]))


def _black(pixel: NDArray[Any], image: Image) -> bool:
    """Whether one pixel is black. Of a palette any one entry will do: a constant tells nothing."""
    bits, half = (1 << image.stored) - 1, 1 << image.stored - 1
    values = [int(value) & bits for value in pixel]  # decoders differ in whether they give a sign
    low, high = (half, half - 1) if image.signed else (0, bits)
    if image.colours == "MONOCHROME1":
        return values == [high]
    if image.colours == "MONOCHROME2":
        return values in ([low], [0])
    if image.colours.startswith(("YBR_FULL", "YBR_PARTIAL")):
        return values[-2:] == [128, 128] and set(values[:-2]) <= {0, 16}
    return image.colours == "PALETTE COLOR" or not any(values)
