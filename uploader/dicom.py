"""The little we ask of pydicom: headers without pixels, elements at every depth, and an edit of the header
with the pixel bytes spliced through untouched."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import pydicom
from pydicom._dicom_dict import DicomDictionary
from pydicom.charset import convert_encodings, decode_bytes, encode_string
from pydicom.datadict import keyword_for_tag
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag
from pydicom.uid import UID, ExplicitVRLittleEndian
from pydicom.valuerep import AMBIGUOUS_VR, STANDARD_VR, PersonName

from uploader import dictionary, part10, vendor
from uploader.decimals import as_list, decimals
from uploader.domain.errors import UnreadableFile
from uploader.foreign import bordered
from uploader.part10 import DEEPEST, PIXEL_TAGS
from uploader.ports import Header
from uploader.writing import IMPLEMENTATION_NAME, IMPLEMENTATION_UID, splice

pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
pydicom.config.settings.writing_validation_mode = pydicom.config.IGNORE
warnings.filterwarnings("ignore", module="pydicom")  # they quote values, and values may be a patient
logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)  # as do its log lines

_KNOWN_VRS = frozenset(str(vr) for vr in STANDARD_VR) - {"UN"}
_ACCEPTED_VRS = _KNOWN_VRS | frozenset(str(vr) for vr in AMBIGUOUS_VR)
"""And what pydicom calls an element that is ``US or SS``, in implicit encoding, before it knows which."""
LARGEST_PIXELS = 1 << 29
"""Bytes of a pixel element that is changed, as it is stored; `edit_pixels` holds it in memory."""


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
    """The elements before the pixels, of a stream that need not seek; little more than these is read of it.
    Raises UnreadableFile."""
    return _header(part10.outline(stream))


def header(dataset: Dataset, *, sequences: bool = True) -> Header:
    """Attributes by keyword, as plain values; see `ports.Header`. Raises UnreadableFile.

    sequences: False leaves them out, which spares decoding the contours of a structure set
    """
    plain: dict[str, Any] = {}
    for tag in sorted(dataset.keys()):
        keyword = keyword_for_tag(tag)
        if not sequences and vr_of(dataset.get_item(tag)) == "SQ":
            continue
        if keyword and tag not in PIXEL_TAGS:
            numbers = _decimals(dataset, tag)
            value = decoded(dataset, tag).value if numbers is None else None
            if not isinstance(value, bytes):
                plain[keyword] = _plain(value) if numbers is None else numbers
    plain.update(_of_vendors(dataset))
    return plain


def _of_vendors(dataset: Dataset) -> Iterator[tuple[str, Any]]:
    """The private elements that `vendor` knows, as far as nobody has decoded them."""
    private = {int(tag): item for tag, item in dataset.items() if tag >> 16 & 1}
    raw: dict[int, RawDataElement] = {tag: item for tag, item in private.items() if isinstance(item, RawDataElement)}
    creators = {tag: item.value or b"" for tag, item in raw.items() if vendor.is_creator(tag)}
    for tag, name in vendor.known(creators, iter(raw)):
        item = raw[tag]
        value = vendor.value(name, (item.VR or "").encode(), item.value or b"", little=item.is_little_endian)
        if value is not None:
            yield name, value


def walk(dataset: Dataset, depth: int = 0) -> Iterator[Dataset]:
    """The dataset itself and every sequence item at every depth, outer before inner.

    Only sequences are decoded. What is removed from a dataset before the next is asked for is not walked.
    Raises UnreadableFile.
    """
    if depth > DEEPEST:
        raise UnreadableFile(f"sequences are nested more than {DEEPEST} deep")
    yield dataset
    for tag in [tag for tag, element in dataset.items() if vr_of(element) == "SQ"]:
        element = decoded(dataset, tag)
        if element.VR != "SQ":
            raise UnreadableFile("a sequence is written in a way that cannot be read")
        for item in element.value:
            yield from walk(item, depth + 1)


def decoded(dataset: Dataset, tag: int) -> DataElement:
    """The element, decoded. Raises UnreadableFile, which names the tag and not the value."""
    try:
        return dataset[tag]
    except Exception as error:  # said at length, not `bordered`: every element of every file comes through here
        raise UnreadableFile(
            f"({tag >> 16:04X},{tag & 0xFFFF:04X}) cannot be decoded ({type(error).__name__})"
        ) from None


def vr_of(element: DataElement | RawDataElement) -> str:
    """The VR as written, or by the dictionary where none or UN is written; UN when that knows none either."""
    if element.VR is not None and element.VR != "UN":
        return str(element.VR)
    known = DicomDictionary.get(element.tag)
    return known[0] if known else "UN"


def text_in(value: bytes, terms: list[str], delimiters: Set[int]) -> str:
    """The text of a value in the character sets of these defined terms, see `charsets`."""
    with _wrong_bytes_replaced(), suppress(*_NO_TERM):
        return str(decode_bytes(value, convert_encodings(terms), set(delimiters)))
    return value.decode("latin-1")


def name_in(value: bytes, terms: list[str]) -> str:
    """As `text_in`, of one person name."""
    with _wrong_bytes_replaced(), suppress(*_NO_TERM):
        return str(PersonName(value, convert_encodings(terms)))
    return value.decode("latin-1")


def value_in(text: str, terms: list[str]) -> bytes:
    """The value of a text."""
    with _wrong_bytes_replaced(), suppress(*_NO_TERM):
        return bytes(encode_string(text, convert_encodings(terms)))
    return text.encode("latin-1", "replace")


_NO_TERM = ValueError, LookupError
"""What comes of a character set that is no defined term, but by chance the name of a codec of Python that reads no
text, as ``UNDEFINED``; or of one with a zero byte."""


@contextmanager
def _wrong_bytes_replaced() -> Iterator[None]:
    """Without a warning that they are."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def edit(source: Path, target: Path, change: Callable[[Dataset], Dataset]) -> None:
    """Write `source` to `target` with its header changed, under a fresh file meta and a zero preamble.

    `change` is given one dataset that holds everything but the pixels. The pixel element is copied byte for
    byte by the kernel: it is neither decoded nor held in memory. What `change` raises passes through.
    Raises UnreadableFile.
    """
    with source.open("rb") as stream:
        part = _read(stream)
        syntax = part.dataset.file_meta.TransferSyntaxUID
        dataset = change(_joined(part))
        before, after = _encoded_around_pixels(dataset, syntax)
        with target.open("wb") as out:
            out.write(_encoded_meta(dataset, syntax) + before)
            out.flush()
            splice(stream, out, *part.pixels)
            out.write(after)


def edit_pixels(source: Path, target: Path, change: Callable[[Dataset], Dataset]) -> None:
    """As `edit`, but `change` is given the pixels too, and may change them and the transfer syntax in the file meta.

    All of it is held in memory. What `change` raises passes through. Raises UnreadableFile, also for pixels of
    more than `LARGEST_PIXELS` bytes.
    """
    with source.open("rb") as stream:
        part = _read(stream)
        if part.pixels[1] > LARGEST_PIXELS:
            raise UnreadableFile(f"the pixels take more than {LARGEST_PIXELS >> 20} MiB, too many to be changed")
        dataset = change(_with_pixels(stream, part))
    syntax = dataset.file_meta.TransferSyntaxUID
    if dataset._character_set != dataset.original_character_set:
        _decode_all(dataset)
    with bordered(UnreadableFile, "the file cannot be written again"):
        written = _encoded_meta(dataset, syntax) + _encoded(dataset, syntax)
    target.write_bytes(written)


def rewritten(stream: BinaryIO, change: Callable[[Dataset], Dataset]) -> tuple[Part10, bytes, bytes]:
    """A file with its elements changed and written anew: the elements before the pixels, and those behind them.

    Every element then has a VR of the standard, sequences are sequences, and tags ascend; what cannot be brought into
    that form is left out. What `change` raises passes through. Raises UnreadableFile.
    """
    part = _read(stream)
    dataset = change(_joined(part))
    for level in walk(dataset):
        for tag, element in list(level.items()):
            if element.VR is not None and element.VR not in _ACCEPTED_VRS:
                _retype(level, tag, element)
    return part, *_encoded_around_pixels(dataset, dataset.file_meta.TransferSyntaxUID)


def edit_elements(data: bytes, syntax: str, change: Callable[[Dataset], Dataset]) -> bytes | None:
    """As `edit`, of some elements of a data set alone. None when `change` declares another character set, which
    concerns all the others too. What `change` raises passes through. Raises UnreadableFile."""
    uid = UID(syntax)
    dataset = decoded_elements(data, syntax)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = uid
    dataset = change(dataset)
    if dataset._character_set != dataset.original_character_set:
        return None
    with bordered(UnreadableFile, "the header cannot be written again"):
        return _encoded(dataset, uid)


def decoded_elements(data: bytes, syntax: str) -> Dataset:
    """Some elements as they stand in a file of this transfer syntax, as a dataset."""
    uid = UID(syntax)
    return read_dataset(BytesIO(data), uid.is_implicit_VR, uid.is_little_endian)


def _retype(level: Dataset, tag: BaseTag, element: DataElement | RawDataElement) -> None:
    """Decode the element by the dictionary's VR, or remove it."""
    if isinstance(element, RawDataElement):
        level[tag] = element._replace(VR="UN")
        with suppress(UnreadableFile):
            element = decoded(level, tag)
    if element.VR not in _KNOWN_VRS:
        del level[tag]


def _with_pixels(stream: BinaryIO, part: Part10) -> Dataset:
    """Head, pixel element and tail in one dataset."""
    offset, length = part.pixels
    stream.seek(offset)
    implicit, little_endian = part.dataset.original_encoding
    with bordered(UnreadableFile, "the pixel data cannot be parsed"):
        part.dataset.update(read_dataset(BytesIO(stream.read(length)), bool(implicit), bool(little_endian)))
    return _joined(part)


def _read(stream: BinaryIO) -> Part10:
    outline = part10.outline(stream)
    dataset, at, size = _header(outline), outline.pixels, stream.seek(0, os.SEEK_END)
    if not outline.has_pixels:
        return Part10(dataset, Dataset(), (size, 0))
    end = part10.pixel_end(stream, size, outline)
    stream.seek(end)
    tail = _parsed(part10.tail(stream, outline.syntax), UID(outline.syntax), dataset._character_set)
    return Part10(dataset, tail, (at, end - at))


def _joined(part: Part10) -> Dataset:
    """Head and tail in one dataset."""
    with bordered(UnreadableFile, "the elements behind the pixels cannot be read"):
        part.dataset.update(part.tail)  # private elements are decoded on the way
    return part.dataset


def _header(outline: part10.Outline) -> Dataset:
    syntax = UID(outline.syntax)
    dataset = _parsed(outline.header, syntax)
    dataset.file_meta = FileMetaDataset(_parsed(outline.meta, ExplicitVRLittleEndian))
    dataset.file_meta.TransferSyntaxUID = syntax
    return dataset


def _parsed(elements: part10.Elements, syntax: UID, encoding: str | list[str] = "iso8859") -> Dataset:
    """What pydicom makes of the bytes, provided it sees the same elements as the outline."""
    with bordered(UnreadableFile, "the file cannot be parsed"):
        dataset = read_dataset(
            BytesIO(elements.data), elements.implicit, syntax.is_little_endian, parent_encoding=encoding
        )
    if dataset.keys() != elements.tags:
        raise UnreadableFile("the file can be read in two ways")
    return dataset


def _encoded_around_pixels(dataset: Dataset, syntax: UID) -> tuple[bytes, bytes]:
    """What stands before the pixel element in a data set, and what stands behind it."""
    first, last = min(PIXEL_TAGS), max(PIXEL_TAGS)
    if dataset._character_set != dataset.original_character_set:
        _decode_all(dataset)
    with bordered(UnreadableFile, "the header cannot be written again"):
        before = _encoded(_portion(dataset, lambda tag: tag < first), syntax)
        after = _encoded(_portion(dataset, lambda tag: tag > last), syntax)
        return before, after


def _decode_all(dataset: Dataset) -> None:
    """Decode every text while its own character set is known: raw bytes would be written as they are."""
    for level in walk(dataset):
        for tag in list(level.keys()):
            decoded(level, tag)


def _portion(dataset: Dataset, wanted: Callable[[int], bool]) -> Dataset:
    """A slice that knows the character set of the whole, as pydicom's own does not."""
    portion = Dataset(
        {tag: element for tag, element in dataset.items() if wanted(tag)}, parent_encoding=dataset._character_set
    )
    implicit, little_endian = dataset.original_encoding
    portion.set_original_encoding(implicit, little_endian, dataset.original_character_set)
    return portion


def _encoded_meta(dataset: Dataset, syntax: UID) -> bytes:
    """Zero preamble and the file meta, made anew from the dataset: nothing of the old one survives. PS3.10 7.1."""
    if not dataset.get("SOPClassUID") or not dataset.get("SOPInstanceUID"):
        raise UnreadableFile("the file has no SOP Class UID or no SOP Instance UID")
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = syntax
    meta.ImplementationClassUID = UID(IMPLEMENTATION_UID)
    meta.ImplementationVersionName = IMPLEMENTATION_NAME
    out = DicomBytesIO()
    out.write(b"\x00" * 128 + b"DICM")
    write_file_meta_info(out, meta)
    return out.getvalue()


def _encoded(dataset: Dataset, syntax: UID) -> bytes:
    out = DicomBytesIO()
    out.is_little_endian, out.is_implicit_VR = syntax.is_little_endian, syntax.is_implicit_VR
    write_dataset(out, dataset, parent_encoding=dataset._character_set)
    return out.getvalue()


def _decimals(dataset: Dataset, tag: int) -> Any:
    """The numbers of a Decimal String that nobody has decoded yet, or None to decode it the long way."""
    raw = dataset.get_item(tag)
    if not isinstance(raw, RawDataElement) or vr_of(raw) != "DS" or not raw.value:
        return None
    try:
        numbers = decimals(raw.value)
    except ValueError:
        return None
    return numbers if dictionary.vr_of(int(tag)) == "DS" else as_list(numbers)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (int, float)):
        return float(value) if isinstance(value, float) else value if value is None else int(value)
    if isinstance(value, pydicom.Sequence):
        return [header(item) for item in value]
    if isinstance(value, (MultiValue, list, tuple)):
        return [_plain(v) for v in value]
    return str(value)
