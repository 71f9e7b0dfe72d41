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
from dataclasses import dataclass
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
_ITEM_END, _SEQUENCE_END = 0xFFFEE00D, 0xFFFEE0DD
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
        return f"{self.prefix}({self.tag >> 16:04X},{self.tag & 0xFFFF:04X})"


class Form(NamedTuple):
    """How a data set is written; `order` is struct's sign for the byte order."""

    explicit: bool
    order: str


@dataclass(slots=True)
class _Open:
    """A data set or a sequence that the reader is in.

    prefix: path of the item, or of the sequence
    end: offset behind it; with `endless`, of what holds it: a delimiter ends it
    items: of a sequence, how many have begun; None for a data set
    last: of a data set, tag of the element before
    """

    prefix: str
    charset: tuple[str, ...]
    form: Form
    end: int
    endless: bool
    items: int | None = None
    last: int = -1


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
        tag, vr, begin, length = self._head(at, self.size, self.form)
        if tag >> 16 == 0xFFFE:
            self._disordered("", tag)
        endless = length == _UNDEFINED
        if endless and (tag in PIXELS or vr in ("OB", "OW")):
            end = self._fragments(begin, self.size, self.form)
            return Element("", tag, vr, None, at, begin, end, charset), end
        if endless or vr == "SQ" or (vr == "UN" and self._is_sequence(begin, length)):
            end = begin if endless else begin + length
            return Element("", tag, "SQ", None, at, begin, end, charset), None if endless else end
        value = None if length > LARGE or tag in PIXELS else self.take(begin, length)
        if tag == CHARACTER_SET and value is not None:
            charset = declared(value)
        end = begin + length
        return _new(Element, ("", tag, vr, value, at, begin, end, charset)), end

    def inside(self, at: int, charset: tuple[str, ...], *, single: bool = False) -> Iterator[Element]:
        """Elements of the top level from offset `at`, with items and all that is in them; with `single`, only the
        first of the top level. `charset` is what is in force there."""
        begun = at
        stack = [_Open("", charset, self.form, self.size, False)]
        while stack:
            here, top = stack[-1], len(stack) == 1
            if single and at > begun and top:
                break
            if here.items is None and here.form.explicit and not (single and top):
                prefix, within, last, end = here.prefix, here.charset, here.last, here.end
                unpack = _HEADS[here.form.order].unpack_from
                while at < end:  # in order, short, and nothing else than elements, as nearly all are
                    window, offset = self.window, at - self.base
                    if offset < 0 or offset + 12 > len(window):
                        break
                    group, number, code, length = unpack(window, offset)
                    tag, begin = group << 16 | number, at + 8
                    if tag <= last or code not in _SHORT or tag in _APART or group == 0xFFFE:
                        break
                    read: bytes = window[offset + 8 : offset + 8 + length]
                    if begin + length > end or len(read) < length:
                        break
                    here.last = last = tag
                    yield _new(Element, (prefix, tag, _SHORT[code], read, at, begin, begin + length, within))
                    at = begin + length
            if here.items is not None or at >= here.end:
                at, item = self._between(at, stack)
                if item:
                    yield item
                continue
            tag, vr, begin, length = self._head(at, here.end, here.form)
            if tag == _ITEM_END and here.endless and length == 0:
                stack.pop()
                at = begin
                continue
            if tag <= here.last or tag >> 16 == 0xFFFE:
                self._disordered(here.prefix, tag)
            here.last = tag
            if length == _UNDEFINED or vr == "SQ" or (vr == "UN" and self._is_sequence(begin, length)):
                element, at = self._opened(here, tag, vr, (at, begin, length), stack)
                yield element
                continue
            value = None if length > LARGE or (tag in PIXELS and not here.prefix) else self.take(begin, length)
            if tag == CHARACTER_SET and value is not None:
                here.charset = declared(value)
            yield Element(here.prefix, tag, vr, value, at, begin, begin + length, here.charset)
            at = begin + length
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
            yield Element("", tag, vr, self.take(begin, length), at, begin, begin + length, ())
            at = begin + length
            if at + 2 > self.base + len(self.window) and at < self.size:
                self.load(at)

    def _between(self, at: int, stack: list[_Open]) -> tuple[int, Element | None]:
        """At the end of a data set, or in a sequence where an item begins or none does: the offset to go on from,
        and the item."""
        here = stack[-1]
        if at >= here.end:
            if here.endless:
                raise UnreadableFile(f"a sequence{'' if here.items is not None else ' item'} has no end")
            stack.pop()
            return at, None
        tag, begin, length = self._delimiter(at, here)
        if tag == _SEQUENCE_END and here.endless and length == 0:
            stack.pop()
            return begin, None
        if tag != ITEM or here.items is None:
            raise UnreadableFile("a sequence holds something that is not an item")
        prefix = f"{here.prefix}[{here.items}]."
        here.items += 1
        endless = length == _UNDEFINED
        stack.append(_Open(prefix, here.charset, here.form, here.end if endless else begin + length, endless))
        return begin, _new(Element, (prefix, ITEM, "SQ", None, at, begin, begin, here.charset))

    def _delimiter(self, at: int, here: _Open) -> tuple[int, int, int]:
        """(tag, offset of the value, length) of what stands where an item or a delimiter should."""
        offset = at - self.base
        if 0 <= offset <= len(self.window) - 12:
            group, number, length = _ITEM_HEADS[here.form.order].unpack_from(self.window, offset)
            if group == 0xFFFE and at + 8 + length <= here.end:
                return group << 16 | number, at + 8, length
        tag, _, begin, length = self._head(at, here.end, here.form)
        return tag, begin, length

    def _opened(
        self, here: _Open, tag: int, vr: str, place: tuple[int, int, int], stack: list[_Open]
    ) -> tuple[Element, int]:
        """A sequence that begins in `here`, or encapsulated pixels as a whole; and the offset to go on from.
        place: offsets of the tag and the value, and the length."""
        at, begin, length = place
        endless = length == _UNDEFINED
        if endless and (tag in PIXELS or vr in ("OB", "OW")):
            after = self._fragments(begin, here.end, here.form)
            return Element(here.prefix, tag, vr, None, at, begin, after, here.charset), after
        if len(stack) > 2 * DEEPEST:
            raise UnreadableFile(f"sequences are nested more than {DEEPEST} deep")
        form = here.form if vr == "SQ" or not here.form.explicit else Form(False, "<")
        end = begin if endless else begin + length
        element = _new(Element, (here.prefix, tag, "SQ", None, at, begin, end, here.charset))
        stack.append(_Open(element.path, here.charset, form, here.end if endless else end, endless, 0))
        return element, begin

    def _disordered(self, prefix: str, tag: int) -> None:
        if tag >> 16 == 0xFFFE:
            raise UnreadableFile("a delimiter stands where an element should")
        self.disorder.append(f"{prefix}({tag >> 16:04X},{tag & 0xFFFF:04X})")

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
_LENGTHS = {order: struct.Struct(order + "I") for order in "<>"}


def _uid(element: Element) -> str:
    return (element.value or b"").decode("latin_1").rstrip(" \0")


def _form(syntax: str) -> Form:
    """Raises UnreadableFile for a syntax whose bytes this walker cannot follow."""
    if not syntax.startswith(_IMPLICIT) or syntax in _DEFLATED:
        raise UnreadableFile("the transfer syntax is not one that can be verified")
    return Form(syntax != _IMPLICIT, ">" if syntax == _EXPLICIT_BIG else "<")
