"""What one file is: read to its end, and reduced to what is needed to sort it."""

from __future__ import annotations

import struct
from collections.abc import Iterator, MutableSequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from uploader.domain.errors import NotTaken, UnreadableFile
from uploader.domain.identity import Identity, PrivateIdentity
from uploader.domain.private import Private

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

RT_CLASSES = {
    "1.2.840.10008.5.1.4.1.1.481.3": "RTSTRUCT",
    "1.2.840.10008.5.1.4.1.1.481.5": "RTPLAN",
    "1.2.840.10008.5.1.4.1.1.481.8": "RTPLAN",
    "1.2.840.10008.5.1.4.1.1.481.2": "RTDOSE",
}
"""SOP Class UIDs of objects that are about images of another series, perhaps of another study. PS3.4 B.5."""
MEDIA_DIRECTORY = "1.2.840.10008.1.3.10"

_NEEDED = ("PatientID", "StudyInstanceUID", "SOPInstanceUID", "SOPClassUID")
_NATIVE = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.5"})
_ENCAPSULATED = "1.2.840.10008.1.2.4."
_BY_REFERENCE = frozenset(_ENCAPSULATED + last for last in ("94", "95", "204", "205"))
"""JPIP: the pixels are elsewhere."""
_TRANSFER_SYNTAX = 0x00020010
_META = struct.Struct("<HH2sH")

Nesting = tuple[str, ...]
"""Keywords of sequences, outermost first."""

_SERIES = ("ReferencedFrameOfReferenceSequence", "RTReferencedStudySequence", "RTReferencedSeriesSequence")
_IMAGES: tuple[Nesting, ...] = (
    (*_SERIES, "ContourImageSequence"),
    ("ROIContourSequence", "ContourSequence", "ContourImageSequence"),
)
_PARTS: dict[str, tuple[Nesting, ...]] = {
    "RTPLAN": (("ReferencedStructureSetSequence",),),
    "RTDOSE": (("ReferencedRTPlanSequence",), ("ReferencedStructureSetSequence",)),
}
"""Where RT objects name each other. PS3.3 C.8.8."""


@dataclass(frozen=True, slots=True, repr=False)
class Instance:
    """One SOP instance, as far as it matters for sorting. UIDs may lead to a patient: it has no repr.

    series_number, number: SeriesNumber (0020,0011) and InstanceNumber (0020,0013) as written, perhaps empty
    rt: RTSTRUCT, RTPLAN, RTDOSE or empty, by SOP class
    images, parts: SOP Instance UIDs of images and of RT objects that it refers to and makes no sense without
    frames: Frame of Reference UIDs
    """

    uid: str
    study: str
    series: str
    series_number: str
    number: str
    modality: str
    identity: PrivateIdentity
    rt: str
    images: frozenset[str]
    parts: frozenset[str]
    frames: frozenset[str]


def instance(stream: BinaryIO) -> Instance:
    """What the file is. Raises NotTaken with the reason of quarantine; OSError."""
    from uploader.dicom import read  # here, because it loads pydicom, and `glance` does without

    syntax = _syntax(stream)
    if not is_taken(syntax):
        raise NotTaken("quarantine.unsupported", "the transfer syntax of a file is not one this program takes")
    try:
        # Read through the open file, not by name: the name may lead elsewhere by now.
        with _translated():
            return _facts(read(Path(f"/dev/fd/{stream.fileno()}")).dataset)
    except UnreadableFile as error:
        raise NotTaken("quarantine.truncated", f"a DICOM file cannot be read to its end: {error}") from None


def is_taken(syntax: str) -> bool:
    """Whether this program takes files of this Transfer Syntax UID."""
    return (syntax in _NATIVE or syntax.startswith(_ENCAPSULATED)) and syntax not in _BY_REFERENCE


def study(stream: BinaryIO) -> str:
    """Study Instance UID of a file that may have no end yet. Raises UnreadableFile, OSError."""
    from uploader.dicom import read_header

    with _translated():
        return _text(read_header(stream), "StudyInstanceUID")


def _syntax(stream: BinaryIO) -> str:
    """Transfer Syntax UID (0002,0010). Raises NotTaken when there is no file meta that names one. PS3.10 7.1."""
    stream.seek(0)
    head = stream.read(132)
    if len(head) < 132 or not head.strip(b"\0"):
        raise NotTaken("quarantine.truncated", "a file is empty or has just begun")
    if head[128:] != b"DICM":
        raise NotTaken("quarantine.not-dicom", "a file is not DICOM: it has no DICM mark after the preamble")
    for tag, value in _elements(stream.read(1 << 16)):
        if tag == _TRANSFER_SYNTAX:
            return value.decode("ascii", "replace").strip(" \0")
        if tag >> 16 != 2:
            raise NotTaken("quarantine.unsupported", "a DICOM file does not name its transfer syntax")
    raise NotTaken("quarantine.truncated", "a DICOM file breaks off in its file meta")


def _elements(meta: bytes) -> Iterator[tuple[int, bytes]]:
    """(tag, value) of elements in explicit little endian, which file meta always are."""
    at = 0
    while at + 12 <= len(meta):
        group, element, vr, length = _META.unpack_from(meta, at)
        at += 8
        if vr in {b"OB", b"UN"}:
            (length,) = struct.unpack_from("<L", meta, at)
            at += 4
        yield group << 16 | element, meta[at : at + length]
        at += length


def _facts(dataset: Dataset) -> Instance:
    sop_class = _text(dataset, "SOPClassUID")
    media = _text(dataset.file_meta, "MediaStorageSOPClassUID")
    if MEDIA_DIRECTORY in {sop_class, media}:
        raise NotTaken("quarantine.dicomdir", "a DICOMDIR lists what is on a medium and is no image; it is set aside")
    if lacking := [name for name in _NEEDED if not _text(dataset, name)]:
        raise NotTaken("quarantine.missing-id", f"a file lacks {', '.join(lacking)}")
    rt = RT_CLASSES.get(sop_class, "")
    return Instance(
        uid=_text(dataset, "SOPInstanceUID"),
        study=_text(dataset, "StudyInstanceUID"),
        series=_text(dataset, "SeriesInstanceUID"),
        series_number=_text(dataset, "SeriesNumber"),
        number=_text(dataset, "InstanceNumber"),
        modality=_text(dataset, "Modality"),
        identity=_identity(dataset),
        rt=rt,
        images=_referenced(dataset, _IMAGES) if rt == "RTSTRUCT" else frozenset(),
        parts=_referenced(dataset, _PARTS.get(rt, ())),
        frames=_frames(dataset),
    )


def _identity(dataset: Dataset) -> PrivateIdentity:
    names = ("PatientID", "IssuerOfPatientID", "PatientName")
    return Private(Identity(*(_text(dataset, name) for name in names)))


def _frames(dataset: Dataset) -> frozenset[str]:
    holders = (dataset, *_items(dataset, ("ReferencedFrameOfReferenceSequence",)))
    return frozenset(_text(h, "FrameOfReferenceUID") for h in holders) - {""}


def _referenced(dataset: Dataset, paths: tuple[Nesting, ...]) -> frozenset[str]:
    return frozenset(_text(i, "ReferencedSOPInstanceUID") for path in paths for i in _items(dataset, path)) - {""}


def _items(dataset: Dataset, path: Nesting) -> Iterator[Dataset]:
    """Every item of the sequence at `path`, through all items of the sequences above it."""
    from pydicom.dataset import Dataset

    for item in dataset.get(path[0]) or ():
        if isinstance(item, Dataset):
            yield from _items(item, path[1:]) if path[1:] else (item,)


def _text(dataset: Dataset, keyword: str) -> str:
    """The value as text, blanks trimmed; several values as DICOM joins them."""
    value: Any = dataset.get(keyword)
    if value is None:
        return ""
    if isinstance(value, MutableSequence):
        value = "\\".join(str(v) for v in value)
    return str(value).strip(" \0")


@contextmanager
def _translated() -> Iterator[None]:
    """pydicom decodes a value when it is asked for, and its complaint may quote the value."""
    try:
        yield
    except (
        ValueError,
        TypeError,
        LookupError,
        ArithmeticError,
        AttributeError,
        RuntimeError,
        EOFError,
        struct.error,
    ) as e:
        raise UnreadableFile(f"a value cannot be decoded ({type(e).__name__})") from None
