"""Boxes of an image made black in every frame, from file to file.

Native pixels are overwritten where they lie, and every other byte of the file is copied by the kernel. Frames that
were compressed without loss are decoded, blanked, compressed again and read back, one at a time. What was compressed
with loss would lose more by that, so it is written uncompressed, and the header says what it went through.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import ExplicitVRLittleEndian

from uploader import dicom
from uploader.domain.errors import UnreadableFile
from uploader.frames import EXTENDED_LENGTHS, EXTENDED_OFFSETS, Frames, Layout, Samples, opened
from uploader.pixels.black import black
from uploader.pixels.box import Box, clipped
from uploader.pixels.encode import ENCODED_AGAIN, encoded, loss
from uploader.pixels.text import Looked, Looker
from uploader.writing import splice

_LARGEST = (1 << 32) - 2
"""Bytes of an uncompressed pixel element. PS3.5 7.1."""
_ITEM, _END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0\0\0\0\0"
_BURNED_IN = 0x00280301
_MOST_BITS = 16
"""Bits of a sample that the encoders take."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """boxes: what was made black; looked: what is read in the image now, nothing when it is clean."""

    boxes: tuple[Box, ...]
    looked: Looked

    @property
    def clean(self) -> bool:
        return not self.looked.found and not self.looked.unread


def clean(source: Path, target: Path, boxes: Iterable[Box], looker: Looker) -> Cleaned:
    """As `blank`; Burned In Annotation (0028,0301) becomes NO if no text is found afterwards, and does not stay NO if
    some is. Raises UnreadableFile."""
    made = blank(source, target, boxes)
    cleaned = Cleaned(made, looker.look(target))
    if made:
        part = _part(target)
        dicom.edit(target, part, _nothing_left if cleaned.clean else _something_left)
        part.replace(target)
    return cleaned


def blank(source: Path, target: Path, boxes: Iterable[Box]) -> tuple[Box, ...]:
    """Write `source` to `target`, black within the boxes in every frame; `target` appears whole or not at all.

    returns: the boxes that were made black: clipped to the image, and widened to whole pairs of pixels where these
    share their colour

    Raises UnreadableFile, also when there are no pixels, or ones whose black is not known.
    """
    part = _part(target)
    with opened(source) as frames:
        if frames is None:
            raise UnreadableFile("there is no image to be blanked")
        covered = _covered(boxes, frames.layout)
        if not covered or not frames.layout.compressed:
            shutil.copyfile(source, part)
            _overwrite(part, frames, covered)
        else:
            _anew(source, part, frames, covered)
    part.replace(target)
    return covered


def _part(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def _covered(boxes: Iterable[Box], layout: Layout) -> tuple[Box, ...]:
    inside = clipped(boxes, layout.rows, layout.columns)
    if not layout.subsampled:
        return inside
    pairs = (Box(b.x // 2 * 2, b.y, (b.right + 1) // 2 * 2 - b.x // 2 * 2, b.height) for b in inside)
    return clipped(pairs, layout.rows, layout.columns)


def _overwrite(path: Path, frames: Frames, boxes: tuple[Box, ...]) -> None:
    """Make the boxes black in a copy of the file."""
    if not boxes:
        return
    layout = frames.layout
    pixel = black(layout, layout.photometric, frames.dataset)
    with path.open("r+b") as out:
        for index in range(layout.frames):
            for at, data in (run for box in boxes for run in _runs(layout, pixel, box)):
                out.seek(frames.offset(index) + at)
                out.write(data)


def _runs(layout: Layout, pixel: Samples, box: Box) -> Iterator[tuple[int, bytes]]:
    """(offset in a native frame, bytes to write there) for a box."""
    size = layout.bits_allocated // 8
    if layout.subsampled:
        units = [(0, 2, np.array([pixel[0], pixel[0], *pixel[1:]], layout.dtype).tobytes() * (box.width // 2))]
    elif layout.planar:
        plane = layout.rows * layout.columns * size
        units = [(n * plane, size, pixel[n : n + 1].tobytes() * box.width) for n in range(layout.samples)]
    else:
        units = [(0, size * layout.samples, pixel.tobytes() * box.width)]
    for start, step, row in units:
        for y in range(box.y, box.bottom):
            yield start + (y * layout.columns + box.x) * step, row


def _anew(source: Path, target: Path, frames: Frames, boxes: tuple[Box, ...]) -> None:
    """Write a compressed image with its boxes black: compressed again where that loses nothing, else uncompressed."""
    again = frames.layout.syntax in ENCODED_AGAIN and frames.layout.bits_allocated <= _MOST_BITS
    raw = target if again and EXTENDED_OFFSETS not in frames.dataset else target.with_name(target.name + ".raw")
    try:
        with source.open("rb") as stream, raw.open("wb") as out:
            write = _compressed if again else _uncompressed
            lossy = write(stream, out, frames, boxes)
            splice(stream, out, sum(frames.pixels), source.stat().st_size - sum(frames.pixels))
        if raw != target:
            described = _Described(frames, None if again else frames.photometric(), lossy)
            dicom.edit(raw, target, described.change)
    finally:
        if raw != target:
            raw.unlink(missing_ok=True)


def _compressed(stream: BinaryIO, out: BinaryIO, frames: Frames, boxes: tuple[Box, ...]) -> str:
    """Everything up to the end of the pixel element, each frame one fragment."""
    splice(stream, out, 0, frames.pixels[0])
    tabled = len(frames) if len(frames) > 1 and frames.pixels[1] < _LARGEST // 2 else 0
    out.write(b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff" + _ITEM + struct.pack("<I", 4 * tabled))
    table, offsets = out.tell(), []
    out.write(bytes(4 * tabled))
    begin = out.tell()
    for samples in _blanked(frames, boxes):
        offsets.append(out.tell() - begin)
        data = encoded(samples, frames.layout)
        out.write(_ITEM + struct.pack("<I", len(data)) + data)
    out.write(_END)
    if tabled:
        out.seek(table)
        out.write(struct.pack(f"<{tabled}I", *offsets))
        out.seek(0, 2)
    out.flush()
    return ""


def _uncompressed(stream: BinaryIO, out: BinaryIO, frames: Frames, boxes: tuple[Box, ...]) -> str:
    """As `_compressed`, but the frames as they are decoded; returns the method of a lossy compression, if any."""
    layout, meta = frames.layout, DicomBytesIO()
    length = layout.frame_bytes * layout.frames
    if length > _LARGEST:
        raise UnreadableFile("the image would be larger than a file can hold once it is uncompressed")
    start = _meta_end(stream)
    frames.dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    write_file_meta_info(meta, frames.dataset.file_meta, enforce_standard=False)
    splice(stream, out, 0, 132)
    out.write(meta.getvalue())
    out.flush()
    splice(stream, out, start, frames.pixels[0] - start)
    vr = b"OB" if layout.bits_allocated == 8 else b"OW"
    out.write(b"\xe0\x7f\x10\x00" + vr + struct.pack("<HI", 0, length + length % 2))
    for samples in _blanked(frames, boxes):
        out.write(samples.astype(layout.dtype.newbyteorder("<")).tobytes())
    out.write(bytes(length % 2))
    out.flush()
    return loss(frames.stored(0), layout.syntax)


def _blanked(frames: Frames, boxes: tuple[Box, ...]) -> Iterator[Samples]:
    pixel = black(frames.layout, frames.photometric(), frames.dataset)
    for index in range(len(frames)):
        samples = frames.samples(index).copy()
        for box in boxes:
            samples[box.y : box.bottom, box.x : box.right] = pixel
        yield samples


def _meta_end(stream: BinaryIO) -> int:
    """Where the file meta ends, by its group length (0002,0000). PS3.10 7.1."""
    stream.seek(132)
    head = stream.read(12)
    if head[:8] != b"\x02\x00\x00\x00UL\x04\x00":
        raise UnreadableFile("the file meta does not say how long it is")
    return 144 + int(struct.unpack("<I", head[8:])[0])


def _nothing_left(dataset: Dataset) -> Dataset:
    dataset.add_new(_BURNED_IN, "CS", "NO")
    return dataset


def _something_left(dataset: Dataset) -> Dataset:
    if _BURNED_IN in dataset and dataset[_BURNED_IN].value == "NO":
        dataset.add_new(_BURNED_IN, "CS", "YES")
    return dataset


@dataclass(frozen=True, slots=True)
class _Described:
    """What the header says of pixels that were written anew.

    photometric: of pixels that are uncompressed now, None for those compressed again
    lossy: defined term of the compression that lost something before, empty when none did or nobody knows
    """

    frames: Frames
    photometric: str | None
    lossy: str

    def change(self, dataset: Dataset) -> Dataset:
        for tag in (EXTENDED_OFFSETS, EXTENDED_LENGTHS):
            dataset.pop(tag, None)
        if self.photometric is not None:
            dataset.PhotometricInterpretation = self.photometric
            if self.frames.layout.samples > 1:
                dataset.PlanarConfiguration = 0
        if self.lossy and str(dataset.get("LossyImageCompression") or "00").strip() == "00":
            dataset.LossyImageCompression = "01"
            dataset.LossyImageCompressionMethod = self.lossy
            size = self.frames.layout.frame_bytes * len(self.frames)
            dataset.LossyImageCompressionRatio = f"{size / self.frames.pixels[1]:.2f}"
        return dataset
