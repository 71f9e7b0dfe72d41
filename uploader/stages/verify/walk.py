"""A reader of DICOM files that belongs to the verifier alone: every element at every depth, to the last byte.

It reads explicit VR in both byte orders and implicit VR little endian, sequences of defined and undefined length,
UN of undefined length, and encapsulated pixel data. Every byte of a file is preamble, element header, element
value or delimiter; whatever is none of these makes the file unreadable. Values longer than `LARGE` are not read
but named by their place, so that memory stays flat.
Source: DICOM PS3.5 chapter 7 (data set), A.4 (encapsulation), 6.2.2 note 2 (UN); PS3.10 7.1 (file meta).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Generator, Iterator
from typing import BinaryIO, NamedTuple

from uploader.domain.errors import UnreadableFile
from uploader.stages.verify.attributes import VR_OF
from uploader.stages.verify.charset import declared

LARGE = 1 << 16
"""Bytes; a longer value is not held in memory."""
DEEPEST = 32
"""Levels of nested sequences."""
PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
"""Float Pixel Data, Double Float Pixel Data, Pixel Data."""
CHARACTER_SET = 0x00080005
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"

_IMPLICIT = "1.2.840.10008.1.2"
_EXPLICIT_BIG = "1.2.840.10008.1.2.2"
_DEFLATED = frozenset({"1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"})
_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_SHORT = frozenset(b"AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split())
_LONG = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_READ = 1 << 16


class Element(NamedTuple):
    """One data element.

    prefix: path of the item it lies in, e.g. ``(0040,0275)[0].``, empty at the top
    vr: as written; in implicit VR, and for UN, what PS3.6 says, or ``UN``
    value: None for a sequence, for pixels and for a value longer than `LARGE`
    start, begin, end: offsets in the file of the tag, of the value, and just behind the value
    charset: defined terms in force
    """

    prefix: str
    tag: int
    vr: str
    value: bytes | None
    start: int
    begin: int
    end: int
    charset: tuple[str, ...]

    @property
    def path(self) -> str:
        return f"{self.prefix}({self.tag >> 16:04X},{self.tag & 0xFFFF:04X})"


class _Form(NamedTuple):
    """How a data set is written."""

    explicit: bool
    order: str


class _Level(NamedTuple):
    """Where the reader is: path of the item, character set in force, depth, form."""

    prefix: str
    charset: tuple[str, ...]
    depth: int
    form: _Form


class Part:
    """One open DICOM file. `meta` are the file meta elements, `syntax` the transfer syntax.

    `disorder` lists, once `elements` is exhausted, the paths of elements that do not follow in ascending order.
    Raises UnreadableFile wherever the bytes are not DICOM; the message holds no value.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._size = stream.seek(0, os.SEEK_END)
        self._base, self._window = 0, b""
        self.disorder: list[str] = []
        head = self._take(0, 132) if self._size >= 132 else b""
        if head[128:] != b"DICM":
            raise UnreadableFile("not a DICOM file: no DICM after the preamble")
        self.preamble = head[:128]
        self.meta = list(self._meta())
        self._top = self.meta[-1].end if self.meta else 132
        self.syntax = next((_uid(e) for e in self.meta if e.tag == 0x00020010), "")
        self._form = _form(self.syntax)

    def elements(self) -> Iterator[Element]:
        """Every element of the data set, outer before inner, in the order of the file."""
        return self._dataset(self._top, self._size, _Level("", (), 0, self._form))

    def chunks(self, begin: int, end: int, size: int) -> Iterator[bytes]:
        """Bytes from `begin` to `end`, at most `size` at a time."""
        self._stream.seek(begin)
        while begin < end:
            chunk = self._stream.read(min(size, end - begin))
            if not chunk:
                raise UnreadableFile("the file became shorter while it was read")
            begin += len(chunk)
            yield chunk

    @property
    def order(self) -> str:
        """struct's sign for the byte order of the data set."""
        return self._form.order

    def fragments(self, pixels: Element) -> Iterator[tuple[int, int]]:
        """(begin, end) of the offset table and of each fragment of encapsulated pixels. PS3.5 A.4."""
        at = pixels.begin
        while at < pixels.end:
            tag, _, begin, length = self._head(at, pixels.end, self._form)
            if tag != _ITEM:
                return
            yield begin, begin + length
            at = begin + length

    def read(self, begin: int, end: int) -> bytes:
        """Bytes from `begin` to `end`, which are few."""
        return self._take(begin, end - begin)

    def _meta(self) -> Iterator[Element]:
        at, form = 132, _Form(True, "<")
        while at < self._size and self._take(at, 2) == b"\x02\x00":
            tag, vr, begin, length = self._head(at, self._size, form)
            if length > LARGE:
                raise UnreadableFile("an element of the file meta is longer than any can be")
            element = Element("", tag, vr, self._take(begin, length), at, begin, begin + length, ())
            yield element
            at = element.end

    def _dataset(self, at: int, end: int, level: _Level, open_end: bool = False) -> Generator[Element, None, int]:
        """Elements up to `end`, or with `open_end` to the item delimiter; returns the offset behind them."""
        prefix, charset, depth, form = level
        if depth > DEEPEST:
            raise UnreadableFile(f"sequences are nested more than {DEEPEST} deep")
        last = -1
        while at < end:
            tag, vr, begin, length = self._head(at, end, form)
            if tag == _ITEM_END and open_end and length == 0:
                return begin
            if tag >> 16 == 0xFFFE:
                raise UnreadableFile("a delimiter stands where an element should")
            if tag <= last:
                self.disorder.append(Element(prefix, tag, vr, None, at, begin, begin, ()).path)
            last = tag
            if length == _UNDEFINED or vr == "SQ" or self._is_sequence(vr, begin, length):
                head = Element(prefix, tag, vr, None, at, begin, begin + length, charset)
                at = yield from self._nested(head, length, end, level._replace(charset=charset))
                continue
            value = None if length > LARGE or (tag in PIXELS and not prefix) else self._take(begin, length)
            if tag == CHARACTER_SET and value is not None:
                charset = declared(value)
            yield Element(prefix, tag, vr, value, at, begin, begin + length, charset)
            at = begin + length
        if open_end:
            raise UnreadableFile("a sequence item has no end")
        return at

    def _nested(self, head: Element, length: int, end: int, level: _Level) -> Generator[Element, None, int]:
        """A sequence, or encapsulated pixels; returns the offset behind it."""
        if length == _UNDEFINED and (head.tag in PIXELS or head.vr in ("OB", "OW")):
            after = self._fragments(head.begin, end, level.form)
            yield head._replace(end=after)
            return after
        yield head._replace(vr="SQ", end=head.begin)
        form = level.form if head.vr == "SQ" or not level.form.explicit else _Form(False, "<")
        inner = _Level(head.path, level.charset, level.depth + 1, form)
        open_end = length == _UNDEFINED
        return (yield from self._items(head.begin, end if open_end else head.end, inner, open_end))

    def _items(self, at: int, end: int, level: _Level, open_end: bool) -> Generator[Element, None, int]:
        """The items of the sequence whose path is `level.prefix`; returns the offset behind it."""
        index = 0
        while at < end:
            tag, _, at, length = self._head(at, end, level.form)
            if tag == _SEQUENCE_END and open_end and length == 0:
                return at
            if tag != _ITEM:
                raise UnreadableFile("a sequence holds something that is not an item")
            item = level._replace(prefix=f"{level.prefix}[{index}].")
            open_item = length == _UNDEFINED
            at = yield from self._dataset(at, end if open_item else at + length, item, open_item)
            index += 1
        if open_end:
            raise UnreadableFile("a sequence has no end")
        return at

    def _fragments(self, at: int, end: int, form: _Form) -> int:
        """Offset behind the encapsulated pixels whose first fragment is at `at`. PS3.5 A.4."""
        while at < end:
            tag, _, begin, length = self._head(at, end, form)
            if tag == _SEQUENCE_END and length == 0:
                return begin
            if tag != _ITEM or length == _UNDEFINED:
                raise UnreadableFile("the pixel data hold something that is not a fragment")
            at = begin + length
        raise UnreadableFile("the pixel data have no end")

    def _is_sequence(self, vr: str, begin: int, length: int) -> bool:
        """Is this value of defined length, whose VR is not said, a row of items that fills it exactly?"""
        if vr != "UN" or length < 8 or self._take(begin, 4) != b"\xfe\xff\x00\xe0":
            return False
        at, end = begin, begin + length
        while at + 8 <= end:
            group, number, inner = struct.unpack("<HHI", self._take(at, 8))
            if group << 16 | number != _ITEM:
                return False
            if inner == _UNDEFINED:
                return True
            at += 8 + inner
        return at == end

    def _head(self, at: int, end: int, form: _Form) -> tuple[int, str, int, int]:
        """(tag, VR, offset of the value, length) of the element, item or delimiter at `at`."""
        offset = at - self._base
        if offset < 0 or offset + 12 > len(self._window):
            self._load(at, _READ)
            offset = 0
        window = self._window
        if len(window) - offset < 8:
            raise UnreadableFile("the file ends in the middle of an element")
        group, number = struct.unpack_from(form.order + "HH", window, offset)
        tag = group << 16 | number
        if not form.explicit or group == 0xFFFE:
            (length,) = struct.unpack_from(form.order + "I", window, offset + 4)
            vr, begin = VR_OF.get(tag, "UN"), at + 8
        else:
            vr, begin, length = _explicit(window, offset, at, form.order)
            if vr == "UN":
                vr = VR_OF.get(tag, "UN")
        if begin > end or (length != _UNDEFINED and begin + length > end):
            raise UnreadableFile("an element is longer than what holds it")
        return tag, vr, begin, length

    def _take(self, at: int, length: int) -> bytes:
        offset = at - self._base
        if offset < 0 or offset + length > len(self._window):
            self._load(at, max(length, _READ))
            offset = 0
        value = self._window[offset : offset + length]
        if len(value) < length:
            raise UnreadableFile("the file ends in the middle of an element")
        return value

    def _load(self, at: int, length: int) -> None:
        self._stream.seek(at)
        self._base, self._window = at, self._stream.read(length)


def _explicit(window: bytes, offset: int, at: int, order: str) -> tuple[str, int, int]:
    vr = window[offset + 4 : offset + 6]
    if vr in _SHORT:
        (length,) = struct.unpack_from(order + "H", window, offset + 6)
        return vr.decode(), at + 8, length
    if vr in _LONG:
        if len(window) - offset < 12:
            raise UnreadableFile("the file ends in the middle of an element")
        (length,) = struct.unpack_from(order + "I", window, offset + 8)
        return vr.decode(), at + 12, length
    raise UnreadableFile("an element has a value representation that does not exist")


def _uid(element: Element) -> str:
    return (element.value or b"").decode("latin_1").rstrip(" \0")


def _form(syntax: str) -> _Form:
    """Raises UnreadableFile for a syntax whose bytes this walker cannot follow."""
    if not syntax.startswith(_IMPLICIT) or syntax in _DEFLATED:
        raise UnreadableFile("the transfer syntax is not one that can be verified")
    return _Form(syntax != _IMPLICIT, ">" if syntax == _EXPLICIT_BIG else "<")
