"""The little we ask of pydicom: headers without pixels, elements at every depth, and an edit of the header
with the pixel bytes spliced through untouched."""

from __future__ import annotations

import os
import struct
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, cast

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.errors import InvalidDicomError
from pydicom.filebase import DicomFileLike
from pydicom.filereader import dcmread, read_dataset
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.multival import MultiValue
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian

from uploader.domain.errors import UnreadableFile
from uploader.domain.manifest import CHUNK
from uploader.ports import Header

pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
pydicom.config.settings.writing_validation_mode = pydicom.config.IGNORE
warnings.filterwarnings("ignore", module="pydicom")  # they quote values, and values may be a patient

IMPLEMENTATION_UID = "2.25.124853154618436105447302870432651078913"
"""Implementation Class UID (0002,0012) of everything this program writes: a random UUID under 2.25."""
IMPLEMENTATION_NAME = "SDU_1"
PIXEL_TAGS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
"""Float Pixel Data, Double Float Pixel Data, Pixel Data."""
DEEPEST = 32
"""Levels of nested sequences; real files have fewer than ten, and deeper ones exhaust the parser's stack."""

_UNDEFINED = 0xFFFFFFFF
_DELIMITER = 0xFFFEE0DD
_LONG_FORM = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"UN"})


@dataclass(frozen=True, slots=True)
class Part10:
    """A DICOM file, read but for its pixels.

    dataset: elements before the pixel element, file meta in `dataset.file_meta`
    tail: elements after it
    pixels: (offset, length) of the whole pixel element in the file, tag and all; length 0 when there is none
    """

    dataset: Dataset
    tail: Dataset
    pixels: tuple[int, int]


def read(path: Path) -> Part10:
    """Read the file to its end, skipping over the pixels.

    Raises UnreadableFile, whose message names what is wrong and never a value.
    """
    with path.open("rb") as stream:
        return _read(stream)


def read_header(stream: BinaryIO) -> Dataset:
    """The elements before the pixels, of a stream that may end there. Raises UnreadableFile."""
    try:
        return dcmread(_seekable(stream), stop_before_pixels=True)
    except Exception as error:
        raise UnreadableFile(_complaint(error)) from None


def header(dataset: Dataset) -> Header:
    """Attributes by keyword, as plain values; see `ports.Header`."""
    plain: dict[str, Any] = {}
    for element in dataset:
        if element.keyword and element.tag not in PIXEL_TAGS and not isinstance(element.value, bytes):
            plain[element.keyword] = _plain(element.value)
    return plain


def walk(dataset: Dataset, depth: int = 0) -> Iterator[Dataset]:
    """The dataset itself and every sequence item at every depth, outer before inner."""
    if depth > DEEPEST:
        raise UnreadableFile(f"sequences are nested more than {DEEPEST} deep")
    yield dataset
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                yield from walk(item, depth + 1)


def edit(source: Path, target: Path, change: Callable[[Dataset], Dataset]) -> None:
    """Write `source` to `target` with its header changed, under a fresh file meta and a zero preamble.

    `change` is given one dataset that holds everything but the pixels. The pixel element is copied byte for
    byte by the kernel: it is neither decoded nor held in memory.
    Raises UnreadableFile.
    """
    with source.open("rb") as stream:
        part = _read(stream)
        syntax = part.dataset.file_meta.TransferSyntaxUID
        whole = part.dataset
        whole.update(part.tail)
        changed = change(whole)
        before, after = changed[: min(PIXEL_TAGS)], changed[max(PIXEL_TAGS) + 1 :]
        with target.open("wb") as out:
            out.write(_encoded_meta(changed, syntax))
            out.write(_encoded(before, syntax))
            out.flush()
            _splice(stream, out, *part.pixels)
            out.write(_encoded(after, syntax))


def _read(stream: BinaryIO) -> Part10:
    try:
        dataset = dcmread(stream, stop_before_pixels=True)
        syntax = UID(dataset.file_meta.TransferSyntaxUID)
        if syntax == DeflatedExplicitVRLittleEndian or syntax.is_private:
            raise UnreadableFile("the transfer syntax is not one this program takes")
        at, size = stream.tell(), stream.seek(0, os.SEEK_END)
        if at >= size:
            return Part10(dataset, Dataset(), (size, 0))
        end = _pixel_end(stream, at, size, syntax)
        stream.seek(end)
        tail = read_dataset(
            cast(DicomFileLike, stream), syntax.is_implicit_VR, syntax.is_little_endian, bytelength=size - end
        )
    except UnreadableFile:
        raise
    except Exception as error:
        raise UnreadableFile(_complaint(error)) from None
    return Part10(dataset, tail, (at, end - at))


def _complaint(error: Exception) -> str:
    """What is wrong, in our words: the parser's own may quote the file."""
    if isinstance(error, InvalidDicomError):
        return "not a DICOM file: no DICM after the preamble"
    if isinstance(error, EOFError):
        return "the file ends in the middle of an element"
    return f"the file cannot be parsed ({type(error).__name__})"


def _pixel_end(stream: BinaryIO, at: int, size: int, syntax: UID) -> int:
    """Offset just behind the pixel element that begins at `at`. PS3.5 7.1.2, 7.1.3, A.4."""
    order = "<" if syntax.is_little_endian else ">"
    stream.seek(at)
    head = stream.read(12)
    long_form = not syntax.is_implicit_VR and head[4:6] in _LONG_FORM
    (length,) = struct.unpack_from(order + "I", head, 8 if long_form else 4)
    start = at + (12 if long_form else 8)
    if length != _UNDEFINED:
        if start + length > size:
            raise UnreadableFile("the pixel data are shorter than the file says")
        return start + length
    while True:
        stream.seek(start)
        fragment = stream.read(8)
        if len(fragment) < 8:
            raise UnreadableFile("the pixel data end before their last fragment")
        group, element, length = struct.unpack("<HHI", fragment)
        start += 8 + (0 if length == _UNDEFINED else length)
        if group << 16 | element == _DELIMITER:
            return start
        if start > size:
            raise UnreadableFile("a fragment of the pixel data is shorter than the file says")


def _encoded_meta(dataset: Dataset, syntax: UID) -> bytes:
    """Zero preamble and the file meta, made anew from the dataset: nothing of the old one survives. PS3.10 7.1."""
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = syntax
    meta.ImplementationClassUID = IMPLEMENTATION_UID
    meta.ImplementationVersionName = IMPLEMENTATION_NAME
    out = pydicom.filebase.DicomBytesIO()
    out.write(b"\x00" * 128 + b"DICM")
    write_file_meta_info(out, meta)
    return cast(bytes, out.getvalue())


def _encoded(dataset: Dataset, syntax: UID) -> bytes:
    out = pydicom.filebase.DicomBytesIO()
    out.is_little_endian, out.is_implicit_VR = syntax.is_little_endian, syntax.is_implicit_VR
    write_dataset(out, dataset, parent_encoding=dataset._character_set or "iso8859")
    return cast(bytes, out.getvalue())


def _splice(stream: BinaryIO, out: BinaryIO, offset: int, length: int) -> None:
    """Append `length` bytes of `stream` from `offset` to `out`, by the kernel where it can."""
    source, target = stream.fileno(), out.fileno()
    while length > 0:
        try:
            moved = os.copy_file_range(source, target, min(length, 1 << 30), offset)
        except OSError:  # not on this kind of file system
            moved = os.write(target, os.pread(source, min(length, CHUNK), offset))
        if moved == 0:
            raise UnreadableFile("the file became shorter while it was read")
        offset, length = offset + moved, length - moved
    out.seek(0, os.SEEK_END)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (int, float)):
        return float(value) if isinstance(value, float) else value if value is None else int(value)
    if isinstance(value, pydicom.Sequence):
        return [header(item) for item in value]
    if isinstance(value, (MultiValue, list, tuple)):
        return [_plain(v) for v in value]
    return str(value)


def _seekable(stream: BinaryIO) -> BinaryIO:
    """The stream, or as much of it as holds the header: a network stream cannot seek."""
    return stream if stream.seekable() else cast(BinaryIO, Growing(stream))


class Growing(BytesIO):
    """What has been read of a stream so far, seekable; reads on only as far as it is asked to."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream

    def read(self, size: int | None = -1, /) -> bytes:
        here = self.tell()
        missing = here + (size or 0) - len(self.getbuffer())
        if size is None or size < 0:
            self._append(self._stream.read())
        elif missing > 0:
            self._append(self._stream.read(max(missing, 1 << 16)))
        self.seek(here)
        return super().read(size)

    def _append(self, data: bytes) -> None:
        self.seek(0, os.SEEK_END)
        self.write(data)
