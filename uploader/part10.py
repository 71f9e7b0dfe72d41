"""Where the parts of a DICOM file lie (PS3.10 7, PS3.5 7): file meta, header, pixel element, tail.

A parser that trusts the lengths in a file reads past a lie, and one that follows nested sequences by recursion
dies of them. This outline is drawn first: in one pass, without recursion, from streams that cannot seek too,
and it reads nothing of the pixels. Only bytes that passed here are given to pydicom.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from uploader import dictionary
from uploader.domain.errors import UnreadableFile

PIXEL_TAGS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
"""Float Pixel Data, Double Float Pixel Data, Pixel Data."""
DEEPEST = 32
"""Levels of nested sequences; real files have fewer than ten, and deeper ones exhaust a parser's stack."""
LARGEST_HEADER = 1 << 28
"""Bytes of elements that are not pixels: they are held in memory, unlike the pixels."""

_READ_AHEAD = 1 << 16
_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_TRANSFER_SYNTAX = 0x00020010
_LONG_FORM = frozenset(vr.encode() for vr in dictionary.LONG_VRS)


@dataclass(frozen=True, slots=True)
class Elements:
    """A run of encoded elements.

    data: the bytes
    tags: what stands at the top level
    implicit: how the first element is encoded, whatever the transfer syntax says
    """

    data: bytes
    tags: frozenset[int]
    implicit: bool


@dataclass(frozen=True, slots=True)
class Outline:
    """The beginning of a file, up to the pixel element at offset `pixels`, or whole when it has none."""

    syntax: str
    meta: Elements
    header: Elements
    has_pixels: bool
    pixels: int


def outline(stream: BinaryIO) -> Outline:
    """Read up to the pixel element, and not much further. Raises UnreadableFile."""
    window = _Window(stream)
    meta = _file_meta(window)
    syntax = _transfer_syntax(meta)
    header = _scan(window, meta.at, syntax)
    has_pixels = header.run(PIXEL_TAGS.__contains__)
    return Outline(syntax, meta.elements(), header.elements(), has_pixels, header.at)


def value_of(stream: BinaryIO, tag: int) -> bytes:
    """The value of one element at the top level, reading not much further; empty when there is none.

    Raises UnreadableFile.
    """
    window = _Window(stream)
    meta = _file_meta(window)
    header = _scan(window, meta.at, _transfer_syntax(meta))
    header.run(lambda at_hand: at_hand > tag)
    begin, end = header.values.get(tag, (0, 0))
    return bytes(window.data[begin:end])


def tail(stream: BinaryIO, syntax: str) -> Elements:
    """The elements from where `stream` stands, behind the pixels, to its end. Raises UnreadableFile."""
    scan = _scan(_Window(stream), 0, syntax)
    scan.run(lambda tag: False)
    if scan.tags & PIXEL_TAGS:
        raise UnreadableFile("the file has two pixel elements")
    return scan.elements()


def pixel_end(stream: BinaryIO, size: int, outline: Outline) -> int:
    """Offset just behind the pixel element, in a file of `size` bytes. PS3.5 7.1, A.4. Raises UnreadableFile."""
    start, length = pixel_value(stream, outline)
    if length is None:
        if not dictionary.is_encapsulated(outline.syntax):
            raise UnreadableFile("the pixel data have no length, and are not encapsulated")
        return _fragments_end(stream, start, size)
    if start + length > size:
        raise UnreadableFile("the pixel data are shorter than the file says")
    return start + length


def pixel_value(stream: BinaryIO, outline: Outline) -> tuple[int, int | None]:
    """Where the value of the pixel element begins, and its length; None for one without a length, of fragments.

    Raises UnreadableFile.
    """
    stream.seek(outline.pixels)
    scan = _Scan(_Window(BytesIO(stream.read(12))), 0, _order(outline.syntax), outline.header.implicit)
    _, length, begin = scan.head(outline.header.implicit)
    return outline.pixels + begin, None if length == _UNDEFINED else length


def _fragments_end(stream: BinaryIO, at: int, size: int) -> int:
    while True:
        stream.seek(at)
        head = stream.read(8)
        if len(head) < 8:
            raise UnreadableFile("the pixel data end before their last fragment")
        group, element, length = struct.unpack("<HHI", head)
        at += 8
        if group << 16 | element == _SEQUENCE_END:
            return at
        if group << 16 | element != _ITEM or at + length > size:
            raise UnreadableFile("a fragment of the pixel data is not what the file says")
        at += length


def _file_meta(window: _Window) -> _Scan:
    """The file meta, scanned; it ends where the header begins."""
    if not window.holds(132) or window.data[128:132] != b"DICM":
        raise UnreadableFile("not a DICOM file: no DICM after the preamble")
    meta = _Scan(window, 132, "<", window.looks_implicit(132, False))
    meta.run(lambda tag: tag >> 16 != 2)
    return meta


def _transfer_syntax(meta: _Scan) -> str:
    """What the file meta names, if this program takes it: registered, and not compressed as a whole, because
    a deflated file can be a bomb. PS3.5 10."""
    start, end = meta.values.get(_TRANSFER_SYNTAX, (0, 0))
    syntax = bytes(meta.window.data[start:end]).decode("latin-1").strip(" \0")
    if not syntax:
        raise UnreadableFile("the file meta names no transfer syntax")
    if dictionary.uid_type(syntax) != dictionary.TRANSFER_SYNTAX or syntax == dictionary.DEFLATED:
        raise UnreadableFile("the transfer syntax is not one this program takes")
    return syntax


def _scan(window: _Window, at: int, syntax: str) -> _Scan:
    return _Scan(window, at, _order(syntax), window.looks_implicit(at, dictionary.is_implicit(syntax)))


def _order(syntax: str) -> str:
    return "<" if dictionary.is_little_endian(syntax) else ">"


def _implicit(vr: bytes | bytearray) -> bool:
    """Whether the two bytes after a tag are no VR: then the element is encoded implicitly."""
    return not (0x40 < vr[0] < 0x5B and 0x40 < vr[1] < 0x5B)


class _Window:
    """What has been read of a stream so far; reads on only as far as it is asked to."""

    def __init__(self, stream: BinaryIO) -> None:
        self.data = bytearray()
        self._stream = stream

    def holds(self, end: int) -> bool:
        """Whether the stream has `end` bytes, reading up to there. Raises UnreadableFile above the limit."""
        if end > LARGEST_HEADER + _READ_AHEAD and end > len(self.data):
            raise UnreadableFile("the elements that are not pixels are larger than this program takes")
        while len(self.data) < end:
            chunk = self._stream.read(min(max(end - len(self.data), _READ_AHEAD), 1 << 20))
            if not chunk:
                return False
            self.data += chunk
        return True

    def looks_implicit(self, at: int, otherwise: bool) -> bool:
        return _implicit(self.data[at + 4 : at + 6]) if self.holds(at + 6) else otherwise

    def blank(self, at: int) -> bool:
        """Whether nothing but zero bytes follows: some writers pad a file."""
        while self.holds(len(self.data) + 1):
            pass
        return self.data.count(0, at) == len(self.data) - at


@dataclass(slots=True)
class _Level:
    """An open sequence (`item` false) or item. end: where it ends, None when a delimiter says so."""

    item: bool
    end: int | None
    implicit: bool


class _Scan:
    """One pass over encoded elements from `at`."""

    def __init__(self, window: _Window, at: int, order: str, implicit: bool) -> None:
        self.window, self.start, self.at, self.implicit = window, at, at, implicit
        self.values: dict[int, tuple[int, int]] = {}
        self._levels: list[_Level] = []
        self._tag = struct.Struct(order + "HH").unpack_from
        self._long = struct.Struct(order + "I").unpack_from
        self._short = struct.Struct(order + "H").unpack_from

    @property
    def tags(self) -> frozenset[int]:
        return frozenset(self.values)

    def elements(self) -> Elements:
        return Elements(bytes(self.window.data[self.start : self.at]), self.tags, self.implicit)

    def run(self, stop: Callable[[int], bool]) -> bool:
        """Go on to the first top-level element whose tag satisfies `stop`; False when there is none to the end."""
        while True:
            if not self._levels:
                if self._at_end():
                    return False
                if stop(self._peek()):
                    return True
                self._element(self.implicit)
            elif self._levels[-1].item:
                self._in_item(self._levels[-1])
            else:
                self._in_sequence(self._levels[-1])

    def _at_end(self) -> bool:
        if self.window.holds(self.at + 8) and self._peek() != 0:
            return False
        if not self.window.blank(self.at):
            raise UnreadableFile("the file ends in the middle of an element")
        return True

    def _peek(self) -> int:
        group, element = self._tag(self.window.data, self.at)
        return int(group << 16 | element)

    def _need(self, end: int) -> None:
        if not self.window.holds(end):
            raise UnreadableFile("the file ends in the middle of an element")

    def _element(self, implicit: bool) -> None:
        """Step over one element, or into it when it is a sequence without a length."""
        vr, length, start = self.head(implicit)
        tag, top = self._peek(), not self._levels
        if tag >> 16 == 0xFFFE:
            raise UnreadableFile("a sequence item stands where an element should")
        self.at = start
        if length != _UNDEFINED:
            self.at += length
            self._need(self.at)
        elif self._is_sequence(tag, vr):
            self._open(_Level(False, None, implicit))
        else:
            self._step_over_fragments()
        if top:
            self.values[tag] = (start, self.at)

    def head(self, implicit: bool) -> tuple[bytes, int, int]:
        """(VR, empty when it is not written; length; offset of the value) of the element at hand."""
        data, at = self.window.data, self.at
        self._need(at + 8)
        vr = bytes(data[at + 4 : at + 6])
        if implicit or _implicit(vr):
            return b"", self._long(data, at + 4)[0], at + 8
        if vr in _LONG_FORM:
            self._need(at + 12)
            return vr, self._long(data, at + 8)[0], at + 12
        return vr, self._short(data, at + 6)[0], at + 8

    def _is_sequence(self, tag: int, vr: bytes) -> bool:
        """Whether a value without a length is a sequence; one of unknown VR is. PS3.5 6.2.2, 7.5."""
        if vr:
            return vr in {b"SQ", b"UN"}
        if dictionary.is_attribute(tag):
            return dictionary.vr_of(tag) == "SQ"
        self._need(self.at + 8)
        return self._peek() == _ITEM

    def _open(self, level: _Level) -> None:
        if len(self._levels) >= 2 * DEEPEST:
            raise UnreadableFile(f"sequences are nested more than {DEEPEST} deep")
        self._levels.append(level)

    def _in_sequence(self, level: _Level) -> None:
        self._need(self.at + 8)
        tag, length = self._peek(), self._long(self.window.data, self.at + 4)[0]
        self.at += 8
        if tag == _ITEM:
            end = None if length == _UNDEFINED else self.at + length
            implicit = level.implicit or self.window.looks_implicit(self.at, level.implicit)
            self._open(_Level(True, end, implicit))
        elif tag == _SEQUENCE_END:
            self._levels.pop()
        else:
            raise UnreadableFile("a sequence holds something that is not an item")

    def _in_item(self, level: _Level) -> None:
        if level.end is not None and self.at >= level.end:
            self._levels.pop()
            return
        self._need(self.at + 8)
        if self._peek() == _ITEM_END:
            self.at += 8
            self._levels.pop()
        else:
            self._element(level.implicit)

    def _step_over_fragments(self) -> None:
        while True:
            self._need(self.at + 8)
            tag, length = self._peek(), self._long(self.window.data, self.at + 4)[0]
            self.at += 8
            if tag == _SEQUENCE_END:
                return
            if tag != _ITEM or length == _UNDEFINED:
                raise UnreadableFile("a value without a length has no proper end")
            self.at += length
            self._need(self.at)
