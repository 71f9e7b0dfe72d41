"""Rectangles of an image set to 0 in every frame, with the proof that they are and that nothing else changed.

Native pixels are changed where they lie, whatever their byte order. Compressed ones are decoded, and encoded again
in the same transfer syntax where that loses nothing; otherwise they stay uncompressed.
"""

from __future__ import annotations

from copy import copy
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels.utils import compress, decompress
from pydicom.uid import (
    UID,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from uploader.dicomedit.rectangles import Rectangle
from uploader.dicomedit.values import Unfit
from uploader.foreign import bordered

LARGEST = 1 << 30
"""Bytes of decoded pixels: they are held in memory, a few times over."""
ENCODED_AGAIN = frozenset({RLELossless, JPEG2000Lossless, JPEGLSLossless})
"""Transfer syntaxes that lose nothing, and that pydicom with its plugins can write."""
LOSSY = frozenset({JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLSNearLossless})
"""Transfer syntaxes that are never without loss; of JPEG 2000 the object itself must say so."""

_DATA = 0x7FE00010
_LOSSY_COMPRESSION = 0x00282110
_OTHER_PIXELS = (0x7FE00008, 0x7FE00009)
_IMAGE = (
    *(0x00280000 | low for low in (0x02, 0x04, 0x06, 0x08, 0x10, 0x11, 0x100, 0x101, 0x102, 0x103)),
    *(0x7FE00001, 0x7FE00002, _DATA),
)
"""What says how pixels are laid out, offset tables included, and the pixels. PS3.3 C.7.6.3."""

Samples: TypeAlias = NDArray[np.uint8]
"""(frames, planes, rows, columns, bytes): one plane holds all samples of a pixel unless they lie in planes."""


def blank(dataset: Dataset, area: Rectangle, *, encode: bool = True) -> bool:
    """Set the pixels in `area` to 0, in every frame; returns whether there are any there.

    encode: False leaves pixels that were compressed uncompressed (Explicit VR Little Endian)

    Raises Unfit when the pixels cannot be changed, or when the result is not what it must be; the dataset must then
    not be used.
    """
    if _DATA not in dataset:
        if any(tag in dataset for tag in _OTHER_PIXELS):
            raise Unfit("alterPixels cannot change pixels that are floating-point numbers")
        return False
    _check_class(dataset)
    image = _image(dataset)
    inside = area.within(*layout(image)[2:4])
    if any(side.start == side.stop for side in inside):
        return False
    syntax = image.file_meta.TransferSyntaxUID
    if syntax.is_encapsulated:
        _foreign(decompress, image, as_rgb=False, generate_instance_uid=False)
    before = samples(image)
    _fill(image, before, inside)
    if encode and syntax in ENCODED_AGAIN:
        image = encoded_again(image, syntax)
    _prove(image, before, inside)
    _put_back(dataset, image)
    if syntax in LOSSY:
        dataset.add_new(_LOSSY_COMPRESSION, "CS", "01")  # it was, and no encoding takes that back (PS3.3 C.7.6.1.1.5)
    return True


def _check_class(dataset: Dataset) -> None:
    name = UID(str(dataset.get("SOPClassUID", ""))).name
    if not ("Image" in name and "Storage" in name):
        raise Unfit("alterPixels changes images only, and the SOP class of this object is not one of an image")


def _image(dataset: Dataset) -> Dataset:
    """A copy of the pixels and of what says how they are laid out."""
    image = _picked(dataset)
    image.file_meta = FileMetaDataset()
    meta = getattr(dataset, "file_meta", None)
    image.file_meta.TransferSyntaxUID = UID(str(meta.TransferSyntaxUID)) if meta else UID("1.2.840.10008.1.2.1")
    return image


def _picked(dataset: Dataset) -> Dataset:
    picked = Dataset()
    for tag in _IMAGE:
        if tag in dataset:
            picked[tag] = copy(dataset[tag])  # the codecs change elements in place
    return picked


def layout(image: Dataset) -> tuple[int, int, int, int, int]:
    """(frames, planes, rows, columns, bytes of a pixel in a plane). Raises Unfit for what is not supported."""
    numbers = [image.get(name) for name in ("Rows", "Columns", "SamplesPerPixel", "BitsAllocated")]
    frames = image.get("NumberOfFrames") or 1
    if not all(isinstance(number, int) and number > 0 for number in (*numbers, frames)):
        raise Unfit("alterPixels: the image does not say how large it is")
    rows, columns, per_pixel, bits = (int(number) for number in numbers)
    if bits not in {8, 16, 32}:
        raise Unfit("alterPixels: only 8, 16 or 32 bits a sample can be changed")
    planes = per_pixel if image.get("PlanarConfiguration") == 1 else 1
    shape = int(frames), planes, rows, columns, bits // 8 * per_pixel // planes
    if np.prod(shape, dtype=object) > LARGEST:
        raise Unfit(f"alterPixels: the image has more than {LARGEST >> 20} MiB of pixels")
    return shape


def samples(image: Dataset) -> Samples:
    """The uncompressed pixels, by bytes. Raises Unfit when there are more or fewer than the image says."""
    shape, data = layout(image), image[_DATA].value
    count = int(np.prod(shape, dtype=object))
    if not isinstance(data, bytes) or len(data) not in {count, count + count % 2}:
        raise Unfit("alterPixels: there are more or fewer pixels than the image says, or colours are subsampled")
    return np.frombuffer(data, np.uint8, count).reshape(shape)


def _fill(image: Dataset, before: Samples, inside: tuple[slice, slice]) -> None:
    changed = before.copy()
    changed[:, :, inside[0], inside[1]] = 0
    element = image[_DATA]
    vr = ("OW" if image.BitsAllocated > 8 else "OB") if " or " in element.VR else element.VR
    image.add_new(_DATA, vr, changed.tobytes() + b"\0" * (changed.size % 2))


def encoded_again(image: Dataset, syntax: UID) -> Dataset:
    """The image in this transfer syntax; as it is where the encoder cannot, such as for the smallest images."""
    encoded = _image(image)
    try:
        _foreign(compress, encoded, syntax, generate_instance_uid=False)
    except Unfit:
        return image
    return encoded


def _prove(image: Dataset, before: Samples, inside: tuple[slice, slice]) -> None:
    """Read the pixels back as anybody would. Raises Unfit unless exactly the area is 0 in every frame."""
    if image.file_meta.TransferSyntaxUID.is_encapsulated:
        image = _image(image)
        _foreign(decompress, image, as_rgb=False, generate_instance_uid=False)
    after = samples(image)
    outside = np.ones(before.shape[2:4], bool)
    outside[inside] = False
    if after.shape != before.shape or after[:, :, inside[0], inside[1]].any():
        raise Unfit("alterPixels: the area is not blank in every frame after the change")
    if not np.array_equal(after[:, :, outside], before[:, :, outside]):
        raise Unfit("alterPixels: pixels outside the area would have changed")


def _put_back(dataset: Dataset, image: Dataset) -> None:
    for tag in _IMAGE:
        if tag in image:
            dataset[tag] = image[tag]
        elif tag in dataset:
            del dataset[tag]
    if hasattr(dataset, "file_meta"):
        dataset.file_meta.TransferSyntaxUID = image.file_meta.TransferSyntaxUID


def _foreign(work: Any, *arguments: Any, **named: Any) -> None:
    """Call into the codecs: what they raise may quote the data, and becomes one sentence. Raises Unfit."""
    codec = "decoded" if work is decompress else "encoded"
    with bordered(Unfit, f"alterPixels: the pixels cannot be {codec} with the libraries that are installed"):
        work(*arguments, **named)
