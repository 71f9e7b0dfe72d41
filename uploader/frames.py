"""The frames of an image file, one at a time: what is stored of each, and its samples.

Native frames are read where they lie; encapsulated ones are found by their offset table or their fragments, and
decoded alone. Memory holds one frame, whatever the size of the file.
Source: DICOM PS3.3 C.7.6.3, PS3.5 8 and A.4.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID

from uploader import dicom
from uploader.domain.errors import UnreadableFile
from uploader.foreign import bordered

PIXEL_DATA, EXTENDED_OFFSETS, EXTENDED_LENGTHS = 0x7FE00010, 0x7FE00001, 0x7FE00002
LARGEST_FRAME = 1 << 30
"""Bytes of one decoded frame: it is held in memory, a few times over."""

_RLE, _JPEG_LOSSLESS = "1.2.840.10008.1.2.5", ("1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70")
_PLUGINS = {
    **dict.fromkeys(("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"), "pillow"),
    **dict.fromkeys(_JPEG_LOSSLESS, "gdcm"),
    **dict.fromkeys(("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"), "pyjpegls"),
    **{f"1.2.840.10008.1.2.4.{n}": "pylibjpeg" for n in (90, 91, 201, 202, 203)},
    _RLE: "pylibjpeg",
}
"""Transfer syntax -> the decoder, named so that the same file always gives the same samples."""
_STARTS = (b"\xff\xd8", b"\xff\x4f\xff\x51")
"""How a JPEG, JPEG-LS or JPEG 2000 codestream begins."""

Samples = NDArray[Any]
"""(rows, columns, samples of a pixel): integers as stored, no rescaling, colour as `Layout.photometric` says."""
Span = tuple[int, int]
"""(offset in the file, bytes)."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the pixels of a file are stored.

    planar: the samples of a pixel lie in planes, PlanarConfiguration (0028,0006) 1
    subsampled: two neighbouring pixels share their colour in native data, YBR_FULL_422
    """

    syntax: UID
    rows: int
    columns: int
    samples: int
    planar: bool
    bits_allocated: int
    bits_stored: int
    signed: bool
    photometric: str
    frames: int

    @property
    def compressed(self) -> bool:
        return bool(self.syntax.is_encapsulated)

    @property
    def subsampled(self) -> bool:
        return not self.compressed and self.photometric in ("YBR_FULL_422", "YBR_PARTIAL_422")

    @property
    def dtype(self) -> np.dtype[Any]:
        order = "<" if self.syntax.is_little_endian else ">"
        return np.dtype(f"{order}{'i' if self.signed else 'u'}{self.bits_allocated // 8}")

    @property
    def frame_bytes(self) -> int:
        """Bytes of a native frame."""
        per_pixel = 2 if self.subsampled else self.samples
        return self.rows * self.columns * per_pixel * self.bits_allocated // 8


class Frames:
    """The open image file `stream`. `dataset` is its header, `pixels` the span of the whole pixel element."""

    def __init__(self, stream: BinaryIO, part: dicom.Part10) -> None:
        """Raises UnreadableFile for pixels that are not laid out as the header says."""
        self._stream, self.dataset, self.pixels = stream, part.dataset, part.pixels
        self.layout = layout(part.dataset)
        value = _value_offset(stream, *part.pixels)
        self._spans = _frames(stream, value, part, self.layout) if self.layout.compressed else []
        self._native = value
        if not self.layout.compressed:
            self._check_native()

    def __len__(self) -> int:
        return self.layout.frames

    def _check_native(self) -> None:
        layout, offset = self.layout, self.pixels[0]
        if self.offset(layout.frames) > sum(self.pixels):
            raise UnreadableFile("there are fewer pixels than the image says")
        if layout.subsampled and (layout.columns % 2 or layout.bits_allocated != 8):
            raise UnreadableFile("the colours of the image are subsampled in an unusual way")
        big = layout.bits_allocated == 8 and not layout.syntax.is_little_endian
        if big and _read(self._stream, offset + 4, 2) == b"OW":
            raise UnreadableFile("the image has 8 bit samples in words of the other byte order")

    def offset(self, index: int) -> int:
        """Where a native frame begins in the file."""
        return self._native + index * self.layout.frame_bytes

    def stored(self, index: int) -> bytes:
        """The bytes of a frame as they are stored, fragments joined."""
        spans = self._spans[index] if self.layout.compressed else [(self.offset(index), self.layout.frame_bytes)]
        return b"".join(_read(self._stream, *span) for span in spans)

    def samples(self, index: int) -> Samples:
        """A frame decoded. Raises UnreadableFile for what cannot be decoded here."""
        stored = self.stored(index)
        return decoded(stored, self.layout)[0] if self.layout.compressed else native(stored, self.layout)

    def photometric(self) -> str:
        """What the colours of `samples` are, after the decoder: those of JPEG 2000 come out as RGB."""
        return decoded(self.stored(0), self.layout)[1] if self.layout.compressed else self.layout.photometric


@contextmanager
def opened(path: Path) -> Iterator[Frames | None]:
    """The frames of a file; None for one without pixel data, such as a plan, or with floating-point numbers.

    Raises UnreadableFile.
    """
    part = dicom.read(path)
    with path.open("rb") as stream:
        tag = _read(stream, part.pixels[0], 4) if part.pixels[1] else b""
        order = "<HH" if part.dataset.file_meta.TransferSyntaxUID.is_little_endian else ">HH"
        yield Frames(stream, part) if tag == struct.pack(order, 0x7FE0, 0x0010) else None


def layout(dataset: Dataset) -> Layout:
    """Raises UnreadableFile for what is not said, or not supported."""
    return layout_of(dataset.get, UID(str(dataset.file_meta.TransferSyntaxUID)))


def layout_of(get: Callable[..., Any], syntax: UID) -> Layout:
    """The same by whatever gets an attribute, `get(keyword, otherwise)`. Raises UnreadableFile."""
    numbers = [get(name) for name in ("Rows", "Columns", "BitsAllocated")]
    samples, frames = get("SamplesPerPixel") or 1, get("NumberOfFrames") or 1
    if not all(isinstance(number, int) and number > 0 for number in (*numbers, samples, frames)):
        raise UnreadableFile("the image does not say how large it is")
    rows, columns, bits = (int(number) for number in numbers if number)
    if bits not in {8, 16, 32} or samples not in {1, 3, 4}:
        raise UnreadableFile("the image has samples that this program cannot read")
    if rows * columns * samples * bits // 8 > LARGEST_FRAME:
        raise UnreadableFile(f"a frame of the image has more than {LARGEST_FRAME >> 20} MiB")
    stored = get("BitsStored") or bits
    if not isinstance(stored, int) or not 1 <= stored <= bits or get("HighBit", stored - 1) != stored - 1:
        raise UnreadableFile("the image has its bits in an unusual place")
    return Layout(
        syntax,
        *(rows, columns, int(samples)),
        samples > 1 and get("PlanarConfiguration") == 1,
        *(bits, int(stored), get("PixelRepresentation") == 1),
        str(get("PhotometricInterpretation") or "").strip(),
        int(frames),
    )


def decoded(stored: bytes, layout: Layout) -> tuple[Samples, str]:
    """(samples, photometric interpretation of them) of one compressed frame. Raises UnreadableFile."""
    plugin = _PLUGINS.get(layout.syntax)
    if plugin is None:
        raise UnreadableFile("the pixels are compressed in a way that this program cannot decode")
    options = described(layout) | {"pixel_keyword": "PixelData", "decoding_plugin": plugin}
    with bordered(UnreadableFile, "a frame of the image cannot be decoded"):
        found, said = get_decoder(layout.syntax).as_array(encapsulate([stored]), index=0, raw=True, **options)
    if found.size != layout.rows * layout.columns * layout.samples:
        raise UnreadableFile("a frame of the image is not as large as the header says")
    colours = str(said["photometric_interpretation"])
    shape = layout.rows, layout.columns, layout.samples
    return found.reshape(shape), colours.replace("_422", "")  # each pixel has its own colour now


def described(layout: Layout) -> dict[str, Any]:
    """One frame of an image, as the coders of pydicom ask for it."""
    return {
        "rows": layout.rows,
        "columns": layout.columns,
        "samples_per_pixel": layout.samples,
        "number_of_frames": 1,
        "bits_allocated": layout.bits_allocated,
        "bits_stored": layout.bits_stored,
        "pixel_representation": int(layout.signed),
        "photometric_interpretation": layout.photometric,
        **({"planar_configuration": int(layout.planar)} if layout.samples > 1 else {}),
    }


def native(stored: bytes, layout: Layout) -> Samples:
    """The samples of a frame that is not compressed."""
    flat = np.frombuffer(stored, layout.dtype)
    if layout.subsampled:
        pairs = flat.reshape(layout.rows, layout.columns // 2, 4)
        chroma = np.repeat(pairs[:, :, 2:], 2, axis=1)
        return np.concatenate([pairs[:, :, :2].reshape(layout.rows, layout.columns, 1), chroma], axis=2)
    if layout.planar:
        return flat.reshape(layout.samples, layout.rows, layout.columns).transpose(1, 2, 0)
    return flat.reshape(layout.rows, layout.columns, layout.samples)


def _value_offset(stream: BinaryIO, offset: int, length: int) -> int:
    """Where the value of the pixel element at `offset` begins: behind tag, VR and length, or tag and length."""
    head = _read(stream, offset, 8)
    return offset + (12 if head[4:6] in (b"OB", b"OW", b"UN") and length >= 12 else 8)


def _frames(stream: BinaryIO, value: int, part: dicom.Part10, layout: Layout) -> list[list[Span]]:
    """The fragments of every frame. Raises UnreadableFile when they are more or fewer than the image says."""
    table, *fragments = _fragments(stream, value, sum(part.pixels))
    starts = _extended(part.dataset) or _basic(_read(stream, *table))
    if starts:
        places = {at - fragments[0][0]: n for n, (at, _) in enumerate(fragments)}
        begins = [places.get(start, -1) for start in starts]
    elif len(fragments) == layout.frames:
        begins = list(range(layout.frames))
    elif layout.frames == 1:
        begins = [0]
    else:
        begins = [n for n, span in enumerate(fragments) if _read(stream, span[0], min(4, span[1])).startswith(_STARTS)]
    groups = [fragments[begin:end] for begin, end in pairwise([*begins, len(fragments)])]
    if len(groups) != layout.frames or not all(groups) or begins[:1] != [0]:
        raise UnreadableFile("the compressed image has more or fewer frames than its header says")
    return groups


def _fragments(stream: BinaryIO, at: int, end: int) -> Iterator[Span]:
    """Offset table and fragments of encapsulated pixels, which `dicom.read` has already followed."""
    while at + 8 <= end:
        group, element, length = struct.unpack("<HHI", _read(stream, at, 8))
        if (group, element) != (0xFFFE, 0xE000):
            return
        yield at + 8, length
        at += 8 + length


def _basic(table: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(table) // 4}I", table[: len(table) // 4 * 4]))


def _extended(dataset: Dataset) -> list[int]:
    table = dataset.get_item(EXTENDED_OFFSETS)
    value = table.value if table is not None and isinstance(table.value, bytes) else b""
    return list(struct.unpack(f"<{len(value) // 8}Q", value[: len(value) // 8 * 8]))


def _read(stream: BinaryIO, offset: int, length: int) -> bytes:
    stream.seek(offset)
    data = stream.read(length)
    if len(data) < length:
        raise UnreadableFile("the file became shorter while it was read")
    return data
