"""What is folded away inside a value: deflated, zipped, or written in base64, hexadecimal figures or escapes.

Nothing is believed of what a value says of itself: wherever compressed data seem to begin they are inflated, as far
as they make sense and within limits. Source: RFC 1950, 1951, 1952 (zlib, deflate, gzip), 4648 (base64); APPNOTE 4.3.7
(zip); RFC 3986 2.1 (``%C3%BC``), HTML 13.5 (``&uuml;``), RFC 8259 7 (``\\u00fc``).
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
import zlib
from collections.abc import Iterator

MOST = 8 << 20
"""Bytes that one value may unfold to."""
_RATIO = 300
"""Times its length that anything honest unfolds to at most."""
_DEEPEST = 3
"""Layers: base64 of a zip, for instance."""
_LEAST = 4
"""Bytes below which what was unfolded says nothing."""
_TRIES = 256
"""Places in one value that are tried."""

_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/_-]{4}[\r\n]{0,2}){2,}(?:[A-Za-z0-9+/_-]{2,3}={0,2})?")
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2}[ :-]?){4,}")
_COMPRESSED = re.compile(rb"[\x08\x18\x28\x38\x48\x58\x68\x78][\x01\x5e\x9c\xda]|\x1f\x8b\x08|PK\x03\x04")
_ESCAPED = re.compile(rb"%[0-9A-Fa-f]{2}|&#?[0-9A-Za-z]{2,8};|\\u[0-9A-Fa-f]{4}")
_ZIP_HEADER = 30
_PRINTABLE = bytes(range(0x20, 0x7F)) + b"\t\r\n"


class Bomb(ValueError):
    """A value unfolds to more than anything honest does."""


def unfolded(value: bytes, layers: int = _DEEPEST) -> Iterator[bytes]:
    """What is folded away in `value`, at every layer. Raises Bomb when it is too much."""
    if layers == 0 or len(value) < 8:
        return
    room = min(MOST, max(len(value) * _RATIO, 1 << 16))
    for inner in (*_inflated(value, room), *_spelled(value)):
        if len(inner) >= _LEAST:
            yield inner
            yield from unfolded(inner, layers - 1)


def _inflated(value: bytes, room: int) -> Iterator[bytes]:
    last = 0
    for tried, match in enumerate(_COMPRESSED.finditer(value)):
        if tried > _TRIES:
            return
        if match.start() < last:
            continue
        inner, used = _inflate(value, match.start(), room)
        if len(inner) >= _LEAST:
            room -= len(inner)
            last = match.start() + used
            yield inner
    if not last and not value.isascii() and (raw := _stream(value, -zlib.MAX_WBITS, room)[0]) and _says(raw):
        yield raw


def _inflate(value: bytes, at: int, room: int) -> tuple[bytes, int]:
    """What begins at `at`, and how many bytes it takes there."""
    if value[at : at + 2] == b"PK":
        return _zipped(value, at, room)
    return _stream(value[at:], 32 + zlib.MAX_WBITS, room)


def _zipped(value: bytes, at: int, room: int) -> tuple[bytes, int]:
    """The member of a zip whose header is at `at`."""
    head = value[at : at + _ZIP_HEADER]
    if len(head) < _ZIP_HEADER:
        return b"", 0
    method, size, named, extra = struct.unpack("<8xH8xI4xHH", head)
    begin = at + _ZIP_HEADER + named + extra
    name = value[at + _ZIP_HEADER : at + _ZIP_HEADER + named]
    if method == 0:
        return name + b"\n" + value[begin : begin + size], begin - at
    inner, used = _stream(value[begin:], -zlib.MAX_WBITS, room)
    return name + b"\n" + inner, begin - at + used


def _stream(value: bytes, bits: int, room: int) -> tuple[bytes, int]:
    """What a compressed stream holds up to where it makes no sense, and its length. Raises Bomb."""
    machine = zlib.decompressobj(bits)
    inner = bytearray()
    for start in range(0, len(value), 256):
        piece = value[start : start + 256]
        try:
            inner += machine.decompress(piece, room + 1 - len(inner))
        except zlib.error:
            return bytes(inner), 0
        if len(inner) > room:
            raise Bomb
        if machine.eof:
            return bytes(inner), start + len(piece) - len(machine.unused_data)
    return bytes(inner), len(value)


def _spelled(value: bytes) -> Iterator[bytes]:
    """What base64 and hexadecimal figures in the value spell, when that says something."""
    for match in _BASE64.finditer(value):
        text = re.sub(rb"\s|=", b"", match[0]).translate(bytes.maketrans(b"-_", b"+/"))
        inner = base64.b64decode(text[: len(text) - (len(text) % 4 == 1)] + b"==")
        if _says(inner):
            yield inner
    for match in _HEX.finditer(value):
        inner = binascii.unhexlify(re.sub(rb"[ :-]", b"", match[0]))
        if _says(inner):
            yield inner
    if _ESCAPED.search(value) and _says(value):
        yield _unescaped(value)


def _unescaped(value: bytes) -> bytes:
    """The text without the escapes of addresses, of HTML, and of JSON."""
    from html import unescape  # here, because few values have any
    from urllib.parse import unquote_to_bytes

    plain = unquote_to_bytes(value)
    try:
        text = plain.decode("utf_8")
    except UnicodeDecodeError:
        text = plain.decode("latin_1")
    text = re.sub(r"\\u([0-9A-Fa-f]{4})", lambda match: chr(int(match[1], 16)), unescape(text))
    return text.encode("utf_8", "replace")


def _says(inner: bytes) -> bool:
    """Is it text, or does it begin like something compressed?"""
    if _COMPRESSED.match(inner):
        return True
    if len(inner) < _LEAST:
        return False
    try:
        text = inner.decode("utf_8")
    except UnicodeDecodeError:
        text = inner.decode("latin_1")
    shown = sum(c.isprintable() or c in "\t\r\n" for c in text)
    return shown >= 0.9 * len(text)
