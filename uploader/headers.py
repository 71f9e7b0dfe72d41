"""Attributes by keyword, as `dicom.header` tells them, from undecoded elements: for that pydicom need not be loaded."""

from __future__ import annotations

import struct
from collections.abc import Container, Iterator
from typing import Any

from uploader import charsets, dictionary, vendor
from uploader.decimals import as_list, decimals
from uploader.elements import Element, Form, Irregular, Short, items, known_vr, level, value_of
from uploader.instance import Instance
from uploader.part10 import DEEPEST, PIXEL_TAGS
from uploader.ports import Header

_CHARACTER_SET = 0x00080005
_DELIMITERS = frozenset({0x09, 0x0A, 0x0C, 0x0D})
_BYTES = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"UN"})
_CODES = frozenset({b"AS", b"CS", b"DA", b"DT", b"TM", b"UI"})
_TEXTS = frozenset({b"LO", b"SH", b"UC"})
_LONG_TEXTS = frozenset({b"LT", b"ST", b"UT"})
_NUMBERS = {b"US": "H", b"SS": "h", b"UL": "I", b"SL": "i", b"UV": "Q", b"SV": "q", b"FL": "f", b"FD": "d"}
"""Formats of `struct`, by VR."""


def header(instance: Instance, wanted: Container[int] | None = None) -> Header:
    """The attributes before the pixels, those of `wanted` alone where it is given.

    Raises Irregular for an object that must be decoded to tell.
    """
    part = instance.header
    charset = value_of(part.data, part.elements, _CHARACTER_SET)
    try:
        return _level(part.data, part.elements, instance.form, charset, wanted, 0)
    except (Short, ValueError, UnicodeError, struct.error):
        raise Irregular from None


def _level(
    data: bytes, elements: list[Element], form: Form, charset: bytes, wanted: Container[int] | None, depth: int
) -> Header:
    if depth > DEEPEST:
        raise Irregular
    plain: dict[str, Any] = {}
    for tag, vr, _, begin, end in elements:
        if (wanted is not None and tag not in wanted) or tag in PIXEL_TAGS:
            continue
        keyword = dictionary.keyword_of(tag)
        if not keyword:
            continue
        known = _settled(tag) if vr == b"UN" else vr
        if known == b"SQ":
            plain[keyword] = [_item(data, *place, form, charset, depth) for place in items(data, begin, end, form)]
        elif known not in _BYTES:
            value = _value(data[begin:end], known, form, charset)
            plain[keyword] = as_list(value) if known == b"DS" and known_vr(tag) != b"DS" else value
    if wanted is None:
        plain.update(_of_vendors(data, elements, form))
    return plain


def _of_vendors(data: bytes, elements: list[Element], form: Form) -> Iterator[tuple[str, Any]]:
    creators = {tag: data[begin:end] for tag, _, _, begin, end in elements if vendor.is_creator(tag)}
    if not creators:
        return
    places = {tag: (vr, begin, end) for tag, vr, _, begin, end in elements}
    for tag, name in vendor.known(creators, iter(places)):
        vr, begin, end = places[tag]
        value = vendor.value(name, vr, data[begin:end], little=form.little)
        if value is not None:
            yield name, value


def _item(data: bytes, begin: int, end: int, form: Form, charset: bytes, depth: int) -> Header:
    elements = level(data, begin, end, form)
    charset = value_of(data, elements, _CHARACTER_SET) or charset
    return _level(data, elements, form, charset, None, depth + 1)


def _settled(tag: int) -> bytes:
    """The VR of an element that is written without one. Raises Irregular where only its neighbours tell."""
    vr = known_vr(tag)
    if vr in {b"UN", b"SQ"}:
        raise Irregular
    return vr


def _value(value: bytes, vr: bytes, form: Form, charset: bytes) -> Any:
    """Raises Irregular, ValueError, UnicodeError, struct.error."""
    if vr in _NUMBERS:
        return _numbers(value, _NUMBERS[vr], form)
    if vr == b"DS":
        return decimals(value) if value else None
    if vr == b"IS":
        return _single([int(part) for part in value.rstrip(b" \0").split(b"\\")]) if value else None
    if vr in _CODES:
        return _single(value.rstrip(b" \0").decode("ascii").split("\\"))
    if vr in _TEXTS:
        return _single([part.rstrip(" \0") for part in charsets.decoded(value, charset, _DELIMITERS).split("\\")])
    if vr in _LONG_TEXTS:
        return charsets.decoded(value, charset, _DELIMITERS).rstrip(" \0")
    if vr == b"PN":
        if b"\x1b" in value and b"\\" in value:
            raise Irregular  # the backslash may be half a sign
        names = value.rstrip(b" \0").split(b"\\")
        return _single([charsets.decoded_name(name, charset).rstrip("= ") for name in names])
    if vr == b"UR":
        return value.decode("ascii").rstrip()
    if vr == b"AT":
        return _tags(value, form) if value else None
    if vr == b"AE":
        return _single([part.strip() for part in value.decode("ascii").split("\\")])
    raise Irregular


def _numbers(value: bytes, kind: str, form: Form) -> Any:
    order = "<" if form.little else ">"
    numbers = [number for (number,) in struct.iter_unpack(order + kind, value)]
    return _single(numbers) if numbers else None


def _tags(value: bytes, form: Form) -> Any:
    order = "<" if form.little else ">"
    return _single([group << 16 | number for group, number in struct.iter_unpack(order + "HH", value)])


def _single(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values
