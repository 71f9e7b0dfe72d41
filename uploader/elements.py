"""Data sets as they are encoded: where each element lies, without decoding a value (PS3.5 7).

De-identification touches few elements, and in a series nearly all are the same in every file. So a header is cut into
pieces, most pieces are copied as they are, and only those that a rule names are ever looked at. `scan` takes what
is written by the book; for the rest it raises `Irregular`, and `splice` has pydicom write the header anew first.
"""

from __future__ import annotations

import struct
from typing import NamedTuple, TypeAlias

from uploader import dictionary
from uploader.domain.errors import UnreadableFile
from uploader.part10 import DEEPEST, PIXEL_TAGS

Element: TypeAlias = tuple[int, bytes, int, int, int]
"""(tag, VR, where the element starts, where its value begins, where it ends). A plain tuple: there are millions."""

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_LONG = frozenset(vr.encode() for vr in dictionary.LONG_VRS)
_SHORT = frozenset(vr.encode() for vr in dictionary.SHORT_VRS)
_ENCAPSULATED = frozenset({b"OB", b"OW"})


class Form(NamedTuple):
    """How a data set is encoded. PS3.5 A."""

    explicit: bool
    little: bool


EXPLICIT, IMPLICIT = Form(True, True), Form(False, True)


class Irregular(Exception):
    """Not written by the book, though it may be readable. Carries no text, for there is nothing to say yet."""


class Short(Exception):
    """The bytes end within an element. The file may go on."""


class _Layout(NamedTuple):
    """Readers and writers of the parts of an element, in one byte order."""

    head: struct.Struct
    """Group, element, VR, 16 bit length."""
    tag_length: struct.Struct
    """Group, element, 32 bit length: an implicit element, and an item."""
    length: struct.Struct
    long_head: struct.Struct
    """Group, element, VR, two reserved bytes, 32 bit length."""


def _layout(order: str) -> _Layout:
    return _Layout(*(struct.Struct(order + fields) for fields in ("HH2sH", "HHI", "I", "HH2sHI")))


_LITTLE, _BIG = _layout("<"), _layout(">")
_known: dict[int, bytes] = {}


def known_vr(tag: int) -> bytes:
    """VR by the dictionary of PS3.6; ``UN`` for what it does not know or leaves open, as pixels are."""
    vr = _known.get(tag)
    if vr is None:
        written = dictionary.vr_of(tag) or "UN"
        vr = _known[tag] = written.encode() if len(written) == 2 else b"UN"
    return vr


def scan(data: bytes, elements: list[Element], at: int, end: int, form: Form, *, single: bool = False) -> int:
    """Append the elements from `at` to `elements`, up to `end` or the first pixel element, or with `single` one at
    most; returns where it stopped.

    Raises Irregular, and Short when `data` ends within an element.
    """
    layout = _LITTLE if form.little else _BIG
    short_head, length_at, tag_length = (
        layout.head.unpack_from,
        layout.length.unpack_from,
        layout.tag_length.unpack_from,
    )
    explicit, last, limit = form.explicit, elements[-1][0] if elements else -1, len(data)
    while at < end:
        if at + 8 > limit:
            raise Short
        if explicit:
            group, number, vr, length = short_head(data, at)
            tag = group << 16 | number
            if vr in _SHORT:
                begin = at + 8
            elif vr in _LONG:
                if at + 12 > limit:
                    raise Short
                length, begin = length_at(data, at + 8)[0], at + 12
            else:
                raise Irregular
        else:
            group, number, length = tag_length(data, at)
            tag, begin = group << 16 | number, at + 8
            vr = known_vr(tag)
        if tag in PIXEL_TAGS:
            return at
        if tag <= last or group == 0xFFFE:
            raise Irregular
        stop = begin + length if length != UNDEFINED else _past_undefined(data, begin, vr, form)
        if stop > limit:
            raise Short
        if stop > end:
            raise Irregular
        elements.append((tag, vr, at, begin, stop))
        at, last = stop, tag
        if single:
            break
    return at


def level(data: bytes, begin: int, end: int, form: Form) -> list[Element]:
    """The elements of one item. Raises Irregular, Short."""
    elements: list[Element] = []
    at = begin
    while at < end:
        at = scan(data, elements, at, end, form)
        if at < end:  # an icon's pixels: an element like others here
            at = _nested_pixels(data, elements, at, form)
    return elements


def items(data: bytes, begin: int, end: int, form: Form) -> list[tuple[int, int]]:
    """(begin, end) of the contents of each item of the sequence whose value lies there. Raises Irregular, Short."""
    unpack, found = (_LITTLE if form.little else _BIG).tag_length.unpack_from, []
    at = begin
    while at < end:
        if at + 8 > end:
            raise Irregular
        group, number, length = unpack(data, at)
        tag, at = group << 16 | number, at + 8
        if tag == SEQUENCE_END:
            break
        if tag != ITEM:
            raise Irregular
        if length == UNDEFINED:
            after = _past_item(data, at, form, 0)
            found.append((at, after - 8))
        else:
            after = at + length
            found.append((at, after))
        if after > end:
            raise Irregular
        at = after
    return found


def encoded(tag: int, vr: bytes, value: bytes, form: Form) -> bytes:
    """An element with this value, which has an even length."""
    layout = _LITTLE if form.little else _BIG
    group, number = tag >> 16, tag & 0xFFFF
    if not form.explicit:
        return layout.tag_length.pack(group, number, len(value)) + value
    if vr in _LONG:
        return layout.long_head.pack(group, number, vr, 0, len(value)) + value
    if len(value) > 0xFFFF:
        raise UnreadableFile(f"({group:04X},{number:04X}): the value is too long for its VR")
    return layout.head.pack(group, number, vr, len(value)) + value


def sequence(tag: int, contents: list[bytes], form: Form) -> bytes:
    """A sequence of items with these contents, all lengths written out."""
    pack = (_LITTLE if form.little else _BIG).tag_length.pack
    return encoded(tag, b"SQ", b"".join(pack(0xFFFE, 0xE000, len(c)) + c for c in contents), form)


def value_of(data: bytes, elements: list[Element], tag: int) -> bytes:
    """The value of an element without its padding; empty when there is none."""
    for found, _, _, begin, end in elements:
        if found == tag:
            return data[begin:end].strip(b" \0")
    return b""


def _nested_pixels(data: bytes, elements: list[Element], at: int, form: Form) -> int:
    tag, vr, begin, length = head(data, at, form)
    stop = begin + length if length != UNDEFINED else _past_undefined(data, begin, b"OB", form)
    if stop > len(data) or (elements and tag <= elements[-1][0]):
        raise Irregular
    elements.append((tag, vr, at, begin, stop))
    return stop


def head(data: bytes, at: int, form: Form) -> tuple[int, bytes, int, int]:
    """(tag, VR, where the value begins, its length) of the element there. Raises Irregular, Short."""
    layout = _LITTLE if form.little else _BIG
    if at + 8 > len(data):
        raise Short
    group, number, length = layout.tag_length.unpack_from(data, at)
    tag = group << 16 | number
    if not form.explicit or group == 0xFFFE:
        return tag, known_vr(tag), at + 8, length
    vr, short = layout.head.unpack_from(data, at)[2:]
    if vr in _SHORT:
        return tag, vr, at + 8, short
    if vr not in _LONG:
        raise Irregular
    if at + 12 > len(data):
        raise Short
    return tag, vr, at + 12, layout.length.unpack_from(data, at + 8)[0]


def _past_undefined(data: bytes, at: int, vr: bytes, form: Form, depth: int = 0) -> int:
    """Where a value without a length ends, behind its delimiter. One of VR UN is a sequence in implicit VR little
    endian (PS3.5 6.2.2)."""
    if vr == b"SQ":
        return _past_sequence(data, at, form, depth)
    if vr == b"UN":
        return _past_sequence(data, at, IMPLICIT if form.explicit else form, depth)
    if vr in _ENCAPSULATED:
        return past_fragments(data, at, form)
    raise Irregular


def _past_sequence(data: bytes, at: int, form: Form, depth: int) -> int:
    if depth > DEEPEST:
        raise UnreadableFile(f"sequences are nested more than {DEEPEST} deep")
    while True:
        tag, _, begin, length = head(data, at, form)
        if tag == SEQUENCE_END:
            return begin
        if tag != ITEM:
            raise Irregular
        at = _past_item(data, begin, form, depth) if length == UNDEFINED else begin + length


def _past_item(data: bytes, at: int, form: Form, depth: int) -> int:
    while True:
        tag, vr, begin, length = head(data, at, form)
        if tag == ITEM_END:
            return begin
        if tag >> 16 == 0xFFFE:
            raise Irregular
        at = begin + length if length != UNDEFINED else _past_undefined(data, begin, vr, form, depth + 1)


def past_fragments(data: bytes, at: int, form: Form) -> int:
    """Where encapsulated pixels end whose first fragment begins there. PS3.5 A.4. Raises Irregular, Short."""
    while True:
        tag, _, begin, length = head(data, at, form)
        if tag == SEQUENCE_END:
            return begin
        if tag != ITEM or length == UNDEFINED:
            raise Irregular
        at = begin + length
