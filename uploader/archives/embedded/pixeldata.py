"""What WADO-RS gives of one file: its attributes, its frames, its large values. Nothing is converted.

Source: PS3.18 10.4, 8.7.3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from werkzeug.exceptions import NotFound, UnprocessableEntity

from uploader import dicom, frames
from uploader.archives.embedded import dicomjson
from uploader.archives.embedded.dicomjson import Json, Memory, Refer
from uploader.domain.errors import UnreadableFile
from uploader.domain.manifest import CHUNK
from uploader.frames import Frames

_TYPES = {
    **dict.fromkeys(("50", "51", "57", "70"), "image/jpeg"),
    **dict.fromkeys(("80", "81"), "image/jls"),
    **dict.fromkeys(("90", "91"), "image/jp2"),
    **dict.fromkeys(("92", "93"), "image/jpx"),
    **dict.fromkeys(("201", "202", "203"), "image/jphc"),
}
_FAMILY, _RLE = "1.2.840.10008.1.2.4.", "1.2.840.10008.1.2.5"


def frame_type(syntax: str) -> str | None:
    """Media type of a compressed frame; None for an uncompressed one."""
    return "image/dicom-rle" if syntax == _RLE else _TYPES.get(syntax.removeprefix(_FAMILY))


def syntaxes(syntax: str) -> tuple[str, ...]:
    """As which transfer syntaxes a frame stored in this one may pass: without a data set around them, the bytes of
    implicit and explicit encoding are the same, and DICOMweb knows the explicit one only."""
    plain = (str(ExplicitVRLittleEndian), str(ImplicitVRLittleEndian))
    return plain if syntax in plain else (syntax,)


def attributes(path: Path, refer: Refer, memory: Memory | None = None) -> Json:
    """All attributes of the file, its pixels as a reference. Raises UnreadableFile.

    A file whose pixels are damaged still tells what stands before them.
    """
    try:
        part = dicom.read(path)
    except UnreadableFile:
        with path.open("rb") as stream:
            return dicomjson.attributes(dicom.read_header(stream), refer, memory=memory)
    found = dicomjson.attributes(part.dataset, refer, memory=memory)
    if part.pixels[1]:
        tag, vr = _pixel_element(path, part)
        found |= {tag: {"vr": vr, "BulkDataURI": refer(tag)}} | dicomjson.attributes(part.tail, refer)
    return found


@contextmanager
def image(path: Path) -> Iterator[Frames]:
    """The frames of the file. Raises NotFound for one without an image, UnprocessableEntity for one whose pixels
    are not laid out as its header says."""
    try:
        with frames.opened(path) as found:
            if found is None:
                raise NotFound("This object has no frames.")
            yield found
    except UnreadableFile as error:
        raise UnprocessableEntity(f"The frames of this object cannot be told apart: {error}.") from None


def value(path: Path, trail: str) -> Iterable[bytes]:
    """A large value as it is stored, in chunks. Raises NotFound, UnprocessableEntity."""
    try:
        part = dicom.read(path)
        if part.pixels[1] and trail == _pixel_element(path, part)[0]:
            return _native_pixels(path, part)
        found = dicomjson.bulk(part.dataset, trail) or dicomjson.bulk(part.tail, trail)
    except UnreadableFile as error:
        raise UnprocessableEntity(f"This object cannot be read: {error}.") from None
    if found is None:
        raise NotFound("This object has no such value.")
    return [found]


def _native_pixels(path: Path, part: dicom.Part10) -> Iterator[bytes]:
    """The value of the pixel element, without its tag, VR and length."""
    offset, length = part.pixels
    with path.open("rb") as stream:
        stream.seek(offset)
        head = 12 if _long_form(stream.read(8)) else 8
        stream.seek(offset + head)
        left = length - head
        while left and (chunk := stream.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk


def _pixel_element(path: Path, part: dicom.Part10) -> tuple[str, str]:
    """(tag in hex, VR) of the pixel element."""
    order = "<HH" if part.dataset.file_meta.TransferSyntaxUID.is_little_endian else ">HH"
    with path.open("rb") as stream:
        stream.seek(part.pixels[0])
        head = stream.read(8)
    group, element = struct.unpack(order, head[:4])
    return f"{group:04X}{element:04X}", head[4:6].decode() if _long_form(head) else "OW"


def _long_form(head: bytes) -> bool:
    return head[4:6] in (b"OB", b"OW", b"OF", b"OD", b"UN")
