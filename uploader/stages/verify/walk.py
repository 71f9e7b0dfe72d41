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
from collections.abc import Iterator
from functools import lru_cache
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
ITEM = 0xFFFEE000
"""Tag of an item of a sequence."""
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"

_IMPLICIT = "1.2.840.10008.1.2"
_EXPLICIT_BIG = "1.2.840.10008.1.2.2"
_DEFLATED = frozenset({"1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"})
_UNDEFINED = 0xFFFFFFFF
_SEQUENCE_END = 0xFFFEE0DD
_TWO_BYTES = "AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US"
_FOUR_BYTES = "OB OD OF OL OV OW SQ SV UC UN UR UT UV"
_SHORT = {vr.encode(): vr for vr in _TWO_BYTES.split()}
_LONG = {vr.encode(): vr for vr in _FOUR_BYTES.split()}
_READ = 1 << 16


class Element(NamedTuple):
    """One data element, or one item of a sequence.

    prefix: path of the item it lies in, e.g. ``(0040,0275)[0].``, empty at the top
    tag: `ITEM` for an item, which comes before the elements in it
    vr: as written; in implicit VR, and for UN, what PS3.6 says, or ``UN``; ``SQ`` for an item, too
    value: None for a sequence, for an item, for pixels and for a value longer than `LARGE`
    start, begin, end: offsets in the file of the tag, of the value, and just behind the value; `end` is `begin` for an
        item, and for a sequence that a delimiter ends
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
        return self.prefix + written(self.tag)


@lru_cache(maxsize=4096)
def written(tag: int) -> str:
    """``(0008,103E)``"""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


class Form(NamedTuple):
    """How a data set is written; `order` is struct's sign for the byte order."""

    explicit: bool
    order: str


_Level = tuple[str, tuple[str, ...], Form, int, bool, int | None, int]
"""A data set or a sequence that the reader is in:

prefix: path of the item, or of the sequence
charset, form: what is in force in it
end: offset behind it; with `endless`, of what holds it: a delimiter ends it
items: of a sequence, how many have begun; None for a data set
last: of a data set, tag of the element before
"""


class Part:
    """One open DICOM file. `meta` are the file meta elements, `syntax` the transfer syntax.

    window: bytes with which the file begins, if they are already read
    top: offset of the data set
    disorder: once all is read, the paths of elements that do not follow in ascending order
    after: offset behind the elements that were read last
    Raises UnreadableFile wherever the bytes are not DICOM; the message holds no value.
    """

    def __init__(self, stream: BinaryIO, window: bytes = b"") -> None:
        self._stream = stream
        self.size = stream.seek(0, os.SEEK_END)
        self.base, self.window = 0, window
        self.disorder: list[str] = []
        head = self.take(0, 132) if self.size >= 132 else b""
        if head[128:] != b"DICM":
            raise UnreadableFile("not a DICOM file: no DICM after the preamble")
        self.preamble = head[:128]
        self.meta = list(self._meta())
        self.top = self.after = self.meta[-1].end if self.meta else 132
        self.syntax = next((_uid(e) for e in self.meta if e.tag == 0x00020010), "")
        self.form = _form(self.syntax)

    def elements(self) -> Iterator[Element]:
        """Every element of the data set, outer before inner, in the order of the file."""
        return (element for element in self.inside(self.top, ()) if element.tag != ITEM)

    def chunks(self, begin: int, end: int, size: int) -> Iterator[bytes]:
        """Bytes from `begin` to `end`, at most `size` at a time."""
        while begin < end:
            self._stream.seek(begin)
            chunk = self._stream.read(min(size, end - begin))
            if not chunk:
                raise UnreadableFile("the file became shorter while it was read")
            begin += len(chunk)
            yield chunk

    @property
    def order(self) -> str:
        """struct's sign for the byte order of the data set."""
        return self.form.order

    def fragments(self, pixels: Element) -> Iterator[tuple[int, int]]:
        """(begin, end) of the offset table and of each fragment of encapsulated pixels. PS3.5 A.4."""
        at = pixels.begin
        while at < pixels.end:
            tag, _, begin, length = self._head(at, pixels.end, self.form)
            if tag != ITEM:
                return
            yield begin, begin + length
            at = begin + length

    def first(self, at: int, charset: tuple[str, ...]) -> tuple[Element, int | None]:
        """The element of the top level at offset `at`, without what is in it, and the offset behind it; None where only
        a delimiter tells that. `charset` is what is in force there."""
        return self._element(at, ("", charset, self.form, self.size))[:2]

    def inside(self, at: int, charset: tuple[str, ...], *, single: bool = False) -> Iterator[Element]:
        """Elements of the top level from offset `at`, with items and all that is in them; with `single`, only the
        first of the top level. `charset` is what is in force there."""
        begun = at
        around: list[_Level] = []
        prefix, form, end, endless, items, last = "", self.form, self.size, False, None, -1
        while not single or around or at == begun:
            if at >= end or endless:
                closed = endless and self._closes(at, end, form, items is not None)
                if at >= end and not around:
                    break
                if at >= end or closed:
                    at += 8 if closed else 0
                    prefix, charset, form, end, endless, items, last = around.pop()
                    continue
            if items is not None:
                begin, length = self._item(at, end, form)
                inner = f"{prefix}[{items}]."
                yield _new(Element, (inner, ITEM, "SQ", None, at, begin, begin, charset))
                around.append((prefix, charset, form, end, endless, items + 1, last))
                prefix, endless, items, last = inner, length == _UNDEFINED, None, -1
                at, end = begin, end if endless else begin + length
                continue
            window, offset = self.window, at - self.base
            if form.explicit and 0 <= offset <= len(window) - 12:  # most are short, in order, and not remarkable
                group, number, code, length = _HEADS[form.order].unpack_from(window, offset)
                tag, begin = group << 16 | number, at + 8
                if tag > last and code in _SHORT and begin + length <= end and group != 0xFFFE and tag not in _APART:
                    read = window[offset + 8 : offset + 8 + length]
                    if len(read) == length:
                        yield _new(Element, (prefix, tag, _SHORT[code], read, at, begin, begin + length, charset))
                        at, last = begin + length, tag
                        continue
            element, after, within = self._element(at, (prefix, charset, form, end))
            if element.tag <= last:
                self.disorder.append(element.path)
            last, charset = element.tag, element.charset
            yield element
            if element.vr != "SQ":
                at = element.end
                continue
            if len(around) >= 2 * DEEPEST:
                raise UnreadableFile(f"sequences are nested more than {DEEPEST} deep")
            around.append((prefix, charset, form, end, endless, None, last))
            prefix, form, endless, items, last = element.path, within, after is None, 0, -1
            at, end = element.begin, after or end
        self.after = at

    def take(self, at: int, length: int) -> bytes:
        """`length` bytes from offset `at`, which are few."""
        offset = at - self.base
        if offset < 0 or offset + length > len(self.window):
            self.load(at, max(length, _READ))
            offset = 0
        value = self.window[offset : offset + length]
        if len(value) < length:
            raise UnreadableFile("the file ends in the middle of an element")
        return value

    def read(self, begin: int, end: int) -> bytes:
        """Bytes from `begin` to `end`, which are few."""
        return self.take(begin, end - begin)

    def load(self, at: int, length: int = _READ) -> None:
        """Let the window begin at offset `at`."""
        self._stream.seek(at)
        self.base, self.window = at, self._stream.read(length)

    def _meta(self) -> Iterator[Element]:
        at, form = 132, Form(True, "<")
        while self.window[at - self.base : at - self.base + 2] == b"\x02\x00":
            tag, vr, begin, length = self._head(at, self.size, form)
            if length > LARGE:
                raise UnreadableFile("an element of the file meta is longer than any can be")
            end = begin + length
            yield _new(Element, ("", tag, vr, self.take(begin, length), at, begin, end, ()))
            at = end
            if at + 2 > self.base + len(self.window) and at < self.size:
                self.load(at)

    def _closes(self, at: int, end: int, form: Form, sequence: bool) -> bool:
        """Does the delimiter stand here that ends a sequence, or else an item? Raises where none can follow."""
        if at + 8 > end:
            raise UnreadableFile(f"a sequence{'' if sequence else ' item'} has no end")
        return self.take(at, 8) == (_SEQUENCE_ENDS if sequence else _ITEM_ENDS)[form.order]

    def _item(self, at: int, end: int, form: Form) -> tuple[int, int]:
        """(offset of what is in it, length) of the item that begins here."""
        offset = at - self.base
        if 0 <= offset <= len(self.window) - 8:
            group, number, length = _ITEM_HEADS[form.order].unpack_from(self.window, offset)
            if group == 0xFFFE and number == 0xE000 and at + 8 + length <= end:
                return at + 8, length
        tag, _, begin, length = self._head(at, end, form)
        if tag != ITEM:
            raise UnreadableFile("a sequence holds something that is not an item")
        return begin, length

    def _element(self, at: int, around: tuple[str, tuple[str, ...], Form, int]) -> tuple[Element, int | None, Form]:
        """The element at `at`; the offset behind it, or None where only a delimiter tells that; and how what is in it
        is written. around: prefix, character set, form, and end of the data set."""
        prefix, charset, form, most = around
        tag, vr, begin, length = self._head(at, most, form)
        if tag >> 16 == 0xFFFE:
            raise UnreadableFile("a delimiter stands where an element should")
        endless = length == _UNDEFINED
        if endless and (tag in PIXELS or vr in ("OB", "OW")):
            end = self._fragments(begin, most, form)
            return Element(prefix, tag, vr, None, at, begin, end, charset), end, form
        end = begin if endless else begin + length
        if endless or vr == "SQ" or (vr == "UN" and self._is_sequence(begin, length)):
            within = form if vr == "SQ" or not form.explicit else Form(False, "<")
            element = _new(Element, (prefix, tag, "SQ", None, at, begin, end, charset))
            return element, None if endless else end, within
        value = None if length > LARGE or (tag in PIXELS and not prefix) else self.take(begin, length)
        if tag == CHARACTER_SET and value is not None:
            charset = declared(value)
        return _new(Element, (prefix, tag, vr, value, at, begin, end, charset)), end, form

    def _fragments(self, at: int, end: int, form: Form) -> int:
        """Offset behind the encapsulated pixels whose first fragment is at `at`. PS3.5 A.4."""
        while at < end:
            tag, _, begin, length = self._head(at, end, form)
            if tag == _SEQUENCE_END and length == 0:
                return begin
            if tag != ITEM or length == _UNDEFINED:
                raise UnreadableFile("the pixel data hold something that is not a fragment")
            at = begin + length
        raise UnreadableFile("the pixel data have no end")

    def _is_sequence(self, begin: int, length: int) -> bool:
        """Is this value of defined length, whose VR is not said, a row of items that fills it exactly?"""
        if length < 8 or self.take(begin, 4) != b"\xfe\xff\x00\xe0":
            return False
        at, end = begin, begin + length
        while at + 8 <= end:
            group, number, inner = struct.unpack("<HHI", self.take(at, 8))
            if group << 16 | number != ITEM:
                return False
            if inner == _UNDEFINED:
                return True
            at += 8 + inner
        return at == end

    def _head(self, at: int, end: int, form: Form) -> tuple[int, str, int, int]:
        """(tag, VR, offset of the value, length) of the element, item or delimiter at `at`."""
        offset = at - self.base
        if offset < 0 or offset + 12 > len(self.window):
            self.load(at)
            offset = 0
            if len(self.window) < 8:
                raise UnreadableFile("the file ends in the middle of an element")
        group, number, code, length = _HEADS[form.order].unpack_from(self.window, offset)
        tag = group << 16 | number
        vr, begin = "UN", at + 8
        if form.explicit and group != 0xFFFE:
            if code in _SHORT:
                vr = _SHORT[code]
            else:
                vr, begin, length = self._long(code, offset, at, form)
        else:
            (length,) = _LENGTHS[form.order].unpack_from(self.window, offset + 4)
        if vr == "UN":
            vr = VR_OF.get(tag, "UN")
        if begin > end or (length != _UNDEFINED and begin + length > end):
            raise UnreadableFile("an element is longer than what holds it")
        return tag, vr, begin, length

    def _long(self, code: bytes, offset: int, at: int, form: Form) -> tuple[str, int, int]:
        """The same, without the tag, for an element with a length of four bytes."""
        if code not in _LONG:
            raise UnreadableFile("an element has a value representation that does not exist")
        if len(self.window) - offset < 12:
            raise UnreadableFile("the file ends in the middle of an element")
        (length,) = _LENGTHS[form.order].unpack_from(self.window, offset + 8)
        return _LONG[code], at + 12, length


_APART = PIXELS | {CHARACTER_SET}
"""Tags of elements that are not merely read."""
_new = tuple.__new__
"""Makes an Element in half the time."""
_HEADS = {order: struct.Struct(order + "HH2sH") for order in "<>"}
"""Tag, VR and short length of explicit VR."""
_ITEM_HEADS = {order: struct.Struct(order + "HHI") for order in "<>"}
"""Tag and length of an item or a delimiter."""
_ITEM_ENDS = {order: head.pack(0xFFFE, 0xE00D, 0) for order, head in _ITEM_HEADS.items()}
_SEQUENCE_ENDS = {order: head.pack(0xFFFE, 0xE0DD, 0) for order, head in _ITEM_HEADS.items()}
_LENGTHS = {order: struct.Struct(order + "I") for order in "<>"}


def _uid(element: Element) -> str:
    return (element.value or b"").decode("latin_1").rstrip(" \0")


def _form(syntax: str) -> Form:
    """Raises UnreadableFile for a syntax whose bytes this walker cannot follow."""
    if not syntax.startswith(_IMPLICIT) or syntax in _DEFLATED:
        raise UnreadableFile("the transfer syntax is not one that can be verified")
    return Form(syntax != _IMPLICIT, ">" if syntax == _EXPLICIT_BIG else "<")
