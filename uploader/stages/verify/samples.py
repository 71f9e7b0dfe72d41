"""The samples of an image, frame by frame, decoded by the verifier itself; memory holds one frame.

Source: DICOM PS3.3 C.7.6.3, PS3.5 8.2 and A.4.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from uploader.domain.manifest import CHUNK
from uploader.stages.verify.walk import Element, Part

PIXEL_DATA = 0x7FE00010
LARGEST_FRAME = 1 << 30
"""Bytes."""

_ROWS, _COLUMNS, _SAMPLES, _FRAMES = 0x00280010, 0x00280011, 0x00280002, 0x00280008
_ALLOCATED, _STORED, _SIGNED, _COLOURS, _PLANAR = 0x00280100, 0x00280101, 0x00280103, 0x00280004, 0x00280006
_EXTENDED = 0x7FE00001
_NATIVE = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"})
_STARTS = (b"\xff\xd8", b"\xff\x4f\xff\x51")

Tops = Mapping[int, Element]
"""Elements outside of any sequence, by tag."""
Samples = NDArray[Any]
"""(rows, columns, samples of a pixel); where colour is subsampled (rows, pairs, 4): Y, Y, Cb, Cr."""


class Unknown(Exception):
    """The samples cannot be told. Carries no text."""


class Image(NamedTuple):
    """How the header says the pixels are laid out. paired: two pixels share their colour, in native data."""

    syntax: str
    rows: int
    columns: int
    samples: int
    frames: int
    allocated: int
    stored: int
    signed: bool
    colours: str
    planar: bool

    @property
    def paired(self) -> bool:
        return self.syntax in _NATIVE and self.colours.endswith("_422")

    @property
    def frame_bytes(self) -> int:
        return self.rows * self.columns * (2 if self.paired else self.samples) * self.allocated // 8


def image(part: Part, tops: Tops) -> Image:
    """Raises Unknown for a header that does not say it, or says what cannot be."""

    def number(tag: int, otherwise: int = 0) -> int:
        value = tops[tag].value if tag in tops else None
        return int(struct.unpack(part.order + "H", value)[0]) if value and len(value) == 2 else otherwise

    try:
        frames = int(_text(tops, _FRAMES) or 1)
    except ValueError:
        raise Unknown from None
    allocated = number(_ALLOCATED)
    found = Image(
        *(part.syntax, number(_ROWS), number(_COLUMNS), number(_SAMPLES, 1), frames, allocated),
        *(number(_STORED, allocated), number(_SIGNED) == 1, _text(tops, _COLOURS), number(_PLANAR) == 1),
    )
    fits = allocated in (8, 16, 32) and 0 < found.stored <= allocated and 0 < found.frame_bytes <= LARGEST_FRAME
    if not fits or frames < 1 or (found.paired and (found.columns % 2 or allocated != 8)):
        raise Unknown
    return found


def frames(part: Part, tops: Tops, image: Image) -> Iterator[Samples]:
    """Every frame. Raises Unknown for what cannot be decoded, or is not as large as the header says."""
    pixels = tops[PIXEL_DATA]
    if image.syntax in _NATIVE:
        yield from _native(part, pixels, image)
        return
    decode = _DECODERS.get(image.syntax)
    if decode is None:
        raise Unknown
    for spans in _grouped(part, tops, image.frames):
        data = b"".join(chunk for begin, end in spans for chunk in part.chunks(begin, end, CHUNK))
        try:
            yield decode(data, image).reshape(image.rows, image.columns, image.samples)
        except Exception as error:
            raise Unknown from error


def _text(tops: Tops, tag: int) -> str:
    return (tops[tag].value or b"").decode("latin_1").strip(" \0") if tag in tops else ""


def _native(part: Part, pixels: Element, image: Image) -> Iterator[Samples]:
    dtype = np.dtype(f"{part.order}{'i' if image.signed else 'u'}{image.allocated // 8}")
    if pixels.begin + image.frame_bytes * image.frames > pixels.end:
        raise Unknown
    for index in range(image.frames):
        begin = pixels.begin + index * image.frame_bytes
        flat = np.frombuffer(b"".join(part.chunks(begin, begin + image.frame_bytes, CHUNK)), dtype)
        if image.paired:
            yield flat.reshape(image.rows, image.columns // 2, 4)
        elif image.planar and image.samples > 1:
            yield flat.reshape(image.samples, image.rows, image.columns).transpose(1, 2, 0)
        else:
            yield flat.reshape(image.rows, image.columns, image.samples)


def _grouped(part: Part, tops: Tops, count: int) -> Iterator[list[tuple[int, int]]]:
    """The fragments of each frame. PS3.5 A.4."""
    table, *fragments = part.fragments(tops[PIXEL_DATA])
    starts = _table(tops[_EXTENDED].value or b"", 8, "Q") if _EXTENDED in tops else _table(part.read(*table), 4, "I")
    places = {begin - fragments[0][0]: n for n, (begin, _) in enumerate(fragments)} if fragments else {}
    if starts:
        begins = [places.get(start, -1) for start in starts]
    elif len(fragments) == count:
        begins = list(range(count))
    else:
        begins = [n for n, (b, e) in enumerate(fragments) if part.read(b, min(b + 4, e)).startswith(_STARTS)]
        begins = begins if count > 1 else [0]
    groups = [fragments[begin:end] for begin, end in pairwise([*begins, len(fragments)])]
    if len(groups) != count or not all(groups) or begins[0] != 0 or -1 in begins:
        raise Unknown
    yield from groups


def _table(value: bytes, size: int, kind: str) -> list[int]:
    return list(struct.unpack(f"<{len(value) // size}{kind}", value[: len(value) // size * size]))


def _run_length(data: bytes, image: Image) -> Samples:
    from rle.utils import decode_pixel_data

    made = decode_pixel_data(data, None, 2, rows=image.rows, columns=image.columns, bits_allocated=image.allocated)
    flat = np.frombuffer(made, f"<u{image.allocated // 8}")
    return flat.reshape(image.samples, image.rows, image.columns).transpose(1, 2, 0)


def _jpeg_ls(data: bytes, image: Image) -> Samples:
    import jpeg_ls

    return np.asarray(jpeg_ls.decode(np.frombuffer(data, np.uint8)))


def _jpeg_2000(data: bytes, image: Image) -> Samples:
    from openjpeg.utils import decode

    return np.asarray(decode(data))


def _jpeg(data: bytes, image: Image) -> Samples:
    from PIL import Image as Picture

    with Picture.open(BytesIO(data), formats=("JPEG",)) as opened:
        if image.samples > 1 and "adobe_transform" not in opened.info:
            opened.draft("YCbCr", opened.size)  # leaves the colours as they are stored
        return np.asarray(opened)


def _jpeg_lossless(data: bytes, image: Image) -> Samples:
    import gdcm

    fragment, fragments = gdcm.Fragment(), gdcm.SequenceOfFragments.New()
    fragment.SetByteStringValue(data)
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    made = gdcm.Image()
    made.SetNumberOfDimensions(2)
    made.SetDimensions((image.columns, image.rows, 1))
    made.SetDataElement(element)
    kind = gdcm.PhotometricInterpretation.GetPIType(image.colours)
    made.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(kind))
    made.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(image.syntax)))
    made.SetPixelFormat(
        gdcm.PixelFormat(image.samples, image.allocated, image.stored, image.stored - 1, int(image.signed))
    )
    flat = made.GetBuffer().encode("utf-8", "surrogateescape")
    dtype = f"<{'i' if image.signed else 'u'}{image.allocated // 8}"
    if image.planar and image.samples > 1:
        return np.frombuffer(flat, dtype).reshape(image.samples, image.rows, image.columns).transpose(1, 2, 0)
    return np.frombuffer(flat, dtype)


_PREFIX = "1.2.840.10008.1.2."
_DECODERS: dict[str, Callable[[bytes, Image], Samples]] = {
    _PREFIX + "5": _run_length,
    **dict.fromkeys((_PREFIX + "4.50", _PREFIX + "4.51"), _jpeg),
    **dict.fromkeys((_PREFIX + "4.57", _PREFIX + "4.70"), _jpeg_lossless),
    **dict.fromkeys((_PREFIX + "4.80", _PREFIX + "4.81"), _jpeg_ls),
    **{f"{_PREFIX}4.{n}": _jpeg_2000 for n in (90, 91, 201, 202, 203)},
}
