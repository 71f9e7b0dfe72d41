"""What lies beside the image in the pixel data: bytes beyond the last pixel, and what a compressed image carries
besides its samples.

Source: DICOM PS3.5 8.1 and A.4; ITU-T T.81 B (JPEG), T.87 C (JPEG-LS), T.800 A and I (JPEG 2000 and JP2).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil

from uploader.domain.manifest import CHUNK
from uploader.stages.verify.structure import Fault, Tops, pixels_of, text_of
from uploader.stages.verify.walk import LARGE, Element, Part

_NATIVE = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"})
_RLE = "1.2.840.10008.1.2.5"
_RLE_HEADER, _RLE_TAIL = 64, 1 << 10
_JPEG = frozenset(f"1.2.840.10008.1.2.4.{n}" for n in (*range(50, 71), 80, 81))
_J2K = frozenset(f"1.2.840.10008.1.2.4.{n}" for n in (90, 91, 92, 93, 201, 202, 203))
_BITS = {0x7FE00008: 32, 0x7FE00009: 64}
_SAMPLES = {"YBR_FULL_422": 2.0, "YBR_PARTIAL_422": 2.0, "YBR_PARTIAL_420": 1.5}
"""Samples for each pixel where colour is subsampled. PS3.3 C.7.6.3.1.2."""
_ROWS, _COLUMNS, _PER_PIXEL, _FRAMES, _ALLOCATED, _COLOUR = (
    *(0x00280010, 0x00280011, 0x00280002, 0x00280008, 0x00280100, 0x00280004),
)
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
"""JPEG markers without a length."""
_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")
"""What ends a scan of JPEG or JPEG-LS: among its samples no such pair stands. T.81 B.1.1.5, T.87 C.1."""
_START_OF_SCAN, _START_OF_TILE, _START_OF_DATA, _END = 0xDA, 0x90, 0x93, 0xD9
_TILE = struct.Struct(">HHIBB")
"""What follows the marker of a tile part: length, index, bytes from the marker to its end, part, parts. T.800 A.4.2."""
_TAIL = 1 << 12
"""Bytes at the end of a compressed image among which its end marker lies."""


@dataclass(slots=True)
class Beside:
    """The open file `part`, whose elements at the top are `tops`.

    `faults` are complete once `elements()` is exhausted.
    """

    part: Part
    tops: Tops
    faults: list[Fault] = field(default_factory=list)

    def elements(self) -> Iterator[Element]:
        """What lies beside the image, each as an element to be searched. Raises UnreadableFile."""
        for pixels in pixels_of(self.tops):
            if self.part.syntax in _NATIVE:
                yield from self._beyond(pixels)
            elif self.part.syntax in _JPEG | _J2K:
                yield from self._carried(pixels)
            elif self.part.syntax == _RLE:
                yield from self._ends(pixels)
            else:
                self.faults.append(("verify.pixel-unsearched", pixels.path))

    def _beyond(self, pixels: Element) -> Iterator[Element]:
        size = _size(self.part, self.tops, pixels.tag)
        if size is None:
            self.faults.append(("verify.pixel-excess", pixels.path))
            return
        begin = pixels.begin + size + size % 2
        if begin >= pixels.end:
            return
        beyond = pixels._replace(vr="UN", value=None, begin=begin)
        empty = not any(any(chunk) for chunk in self.part.chunks(begin, pixels.end, CHUNK))
        self.faults.append(("verify.pixel-excess" if empty else "verify.pixel-length", pixels.path))
        if not empty:
            yield beyond

    def _carried(self, pixels: Element) -> Iterator[Element]:
        follow = _jpeg if self.part.syntax in _JPEG else _j2k
        first = True
        for index, (begin, end) in enumerate(self.part.fragments(pixels)):
            if index == 0 or begin == end:
                yield self._slice(pixels, begin, end)  # the offset table
                continue
            try:
                payloads = list(follow(self.part, begin, end, first))
            except ValueError:
                self.faults.append(("verify.pixel-unsearched", pixels.path))
                continue
            first = False
            for start, stop in payloads:
                yield self._slice(pixels, start, stop)

    def _ends(self, pixels: Element) -> Iterator[Element]:
        """Header and end of each run-length coded frame, where bytes may lie that belong to no run. PS3.5 G."""
        for index, (begin, end) in enumerate(self.part.fragments(pixels)):
            if index == 0:
                yield self._slice(pixels, begin, end)  # the offset table
                continue
            yield self._slice(pixels, begin, min(begin + _RLE_HEADER, end))
            yield self._slice(pixels, max(begin, end - _RLE_TAIL), end)

    def _slice(self, pixels: Element, begin: int, end: int) -> Element:
        value = self.part.read(begin, end) if end - begin <= LARGE else None
        kind = "OB" if self.part.syntax == _RLE else "UN"
        return pixels._replace(vr=kind, value=value, begin=begin, end=end)


Span = tuple[int, int]
"""Offsets in the file of the first byte and just behind the last."""


def _size(part: Part, tops: Tops, tag: int) -> int | None:
    """Bytes that the image of the native pixel element `tag` takes; None where the file does not say."""
    rows, columns = (_unsigned(part, tops.get(t)) for t in (_ROWS, _COLUMNS))
    bits = _BITS.get(tag) or _unsigned(part, tops.get(_ALLOCATED))
    samples = _SAMPLES.get(text_of(tops.get(_COLOUR))) or _unsigned(part, tops.get(_PER_PIXEL)) or 1
    frames = text_of(tops.get(_FRAMES)) or "1"
    if not (rows and columns and bits and frames.isdecimal()):
        return None
    return ceil(rows * columns * samples * bits * int(frames) / 8)


def _unsigned(part: Part, element: Element | None) -> int | None:
    """The number in a US element."""
    if element is None or not element.value or len(element.value) != 2:
        return None
    return int(struct.unpack(part.order + "H", element.value)[0])


def _jpeg(part: Part, begin: int, end: int, first: bool) -> Iterator[Span]:
    """All segments of the image in a fragment but its scans, and what lies behind its end.

    Raises ValueError for a first fragment that is no image, and for segments that lead beyond the fragment.
    """
    if not _starts(part, begin, end, b"\xff\xd8", first):
        yield begin, end
        return
    at = begin + 2
    while at < end:
        marker, payload, after = _segment(part, at, end)
        if marker == _END:
            yield from _rest(part, after, end)
            return
        if marker != _START_OF_SCAN:
            yield payload, after
        at = after if marker != _START_OF_SCAN else _past_scan(part, after, end)
    yield max(begin, end - _TAIL), end  # it has no end of its own


def _past_scan(part: Part, at: int, end: int) -> int:
    """Offset of the next marker; the end of the fragment where none follows."""
    while at + 1 < end:
        stop = min(at + LARGE, end)
        if found := _MARKER.search(part.read(at, stop)):
            return at + found.start()
        at = stop - 1
    return end


def _j2k(part: Part, begin: int, end: int, first: bool) -> Iterator[Span]:
    """All segments of the main header and the tile headers of the codestream in a fragment, the boxes around it, and
    what lies behind its end. Raises as `_jpeg`."""
    if part.read(begin, min(begin + 8, end))[4:] == b"jP  ":
        yield from _boxes(part, begin, end)
        return
    if not _starts(part, begin, end, b"\xff\x4f", first):
        yield begin, end
        return
    at, tile_ends = begin + 2, 0
    while at + 2 <= end:
        marker, payload, after = _segment(part, at, end)
        if marker == _END:
            yield from _rest(part, after, end)
            return
        if marker == _START_OF_TILE:
            tile_ends, after = _tile(part, payload, end), payload + _TILE.size
        elif marker == _START_OF_DATA:
            after = tile_ends or end
        else:
            yield payload, after
        at = after
    if not tile_ends:
        yield from _behind(part, begin, end)


def _tile(part: Part, at: int, end: int) -> int:
    """Offset behind the tile part whose marker ends at `at`; 0 for one that goes on to the end of the image."""
    if at + _TILE.size > end:
        raise ValueError("a tile leads beyond the fragment")
    length = int(_TILE.unpack(part.read(at, at + _TILE.size))[2])
    if length and length < 2 + _TILE.size:
        raise ValueError("a tile is shorter than its header")
    return at - 2 + length if length else 0


def _rest(part: Part, begin: int, end: int) -> Iterator[Span]:
    """What is left, unless it is zeros."""
    if any(chunk.strip(b"\0") for chunk in part.chunks(begin, end, CHUNK)):
        yield begin, end


def _boxes(part: Part, at: int, end: int) -> Iterator[Span]:
    while at + 8 <= end:
        length, kind = struct.unpack(">I4s", part.read(at, at + 8))
        head = 8
        if length == 1 and at + 16 <= end:
            (length,) = struct.unpack(">Q", part.read(at + 8, at + 16))
            head = 16
        after = end if length == 0 else at + length
        if after < at + head or after > end:
            raise ValueError("a box leads beyond the fragment")
        if kind == b"jp2c":
            yield from _j2k(part, at + head, after, True)
        else:
            yield at + head, after
        at = after


def _starts(part: Part, begin: int, end: int, magic: bytes, first: bool) -> bool:
    """Does an image begin here? A later fragment may go on with the one before."""
    begins = end - begin >= 4 and part.read(begin, begin + 2) == magic
    if first and not begins:
        raise ValueError("the first fragment is no image")
    return begins


def _segment(part: Part, at: int, end: int) -> tuple[int, int, int]:
    """(marker, offset of its payload, offset behind it)."""
    while at + 2 <= end:
        fill, marker = part.read(at, at + 2)
        if fill != 0xFF:
            break
        if marker == 0xFF:
            at += 1
        elif marker in (_END, _START_OF_SCAN, _START_OF_TILE, _START_OF_DATA):
            return marker, at + 2, at + 2
        elif marker in _BARE:
            at += 2
        elif at + 4 <= end:
            (length,) = struct.unpack(">H", part.read(at + 2, at + 4))
            if length >= 2 and at + 2 + length <= end:
                return marker, at + 4, at + 2 + length
            break
        else:
            break
    raise ValueError("a segment leads beyond the fragment")


def _behind(part: Part, begin: int, end: int) -> Iterator[Span]:
    """The bytes behind the end marker of the image, unless they are zeros."""
    start = max(begin, end - _TAIL)
    tail = part.read(start, end)
    at = tail.rfind(b"\xff\xd9")
    if at >= 0 and any(tail[at + 2 :]):
        yield start + at + 2, end
