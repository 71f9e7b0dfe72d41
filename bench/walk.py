"""Where strings stand in DICOM files: a small walker on raw bytes, so that what is looked for is found as written."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Generator, Iterator
from pathlib import Path

LONG = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXELS, PIXELS_PATH = 0x7FE00010, "7FE00010"
SMALL = 300_000
"""Bytes of pixels in which a text is looked for; compressed ones, which may hold comments, are smaller."""
IMPLICIT, DEFLATED = b"1.2.840.10008.1.2", b"1.2.840.10008.1.2.1.99"
STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)

SERIES_NUMBER, INSTANCE_NUMBER = "00200011", "00200013"

Said = dict[str, tuple[str, str]]
"""What a string is to (kind, text)"""
Leaf = tuple[str, bytes]
"""path, as tags in hex joined by ``>``, and value as encoded"""
Place = tuple[int, str, str]
"""series number, path, what"""


def leaves(data: bytes, *, pixels: bool = False) -> Iterator[Leaf]:
    """Every value of a part 10 file: preamble, file meta, dataset, and what follows; large native pixels when asked.

    A file that cannot be walked further yields its rest as one leaf: nothing escapes the search by being broken.
    """
    if data[128:132] != b"DICM":
        yield from _elements(data, 0, len(data), False, "")
        return
    yield "preamble", data[:128]
    meta = list(_elements(data, 132, _meta_end(data), False, ""))
    yield from meta
    syntax = dict(meta).get("00020010", b"").rstrip(b"\0 ")
    at, rest = _meta_end(data), data
    if syntax == DEFLATED:
        at, rest = 0, zlib.decompress(data[at:], -15)
    for path, value in _elements(rest, at, len(rest), syntax == IMPLICIT, ""):
        if pixels or path != PIXELS_PATH or len(value) < SMALL:
            yield path, value


def _meta_end(data: bytes) -> int:
    return 144 + int(struct.unpack_from("<I", data, 140)[0])


def _elements(data: bytes, at: int, end: int, implicit: bool, path: str) -> Iterator[Leaf]:
    try:
        yield from _walked(data, at, end, implicit, path)
    except struct.error:
        yield f"{path}broken", data[at:end]


def _walked(data: bytes, at: int, end: int, implicit: bool, path: str) -> Iterator[Leaf]:
    while at < end:
        tag, vr, length, body = _head(data, at, implicit)
        here = f"{path}{tag:08X}"
        if length == UNDEFINED or vr == b"SQ":
            if tag == PIXELS:
                at = yield from _fragments(data, body, here)
            else:
                stop = end if length == UNDEFINED else body + length
                at = yield from _items(data, body, stop, implicit or vr == b"UN", here)
            continue
        at = body + length
        yield here, data[body:at]


def _head(data: bytes, at: int, implicit: bool) -> tuple[int, bytes, int, int]:
    """tag, VR, length, where the value begins"""
    group, element = struct.unpack_from("<HH", data, at)
    tag, vr = group << 16 | element, data[at + 4 : at + 6]
    if implicit:
        length = struct.unpack_from("<I", data, at + 4)[0]
        sequence = data[at + 8 : at + 12] == b"\xfe\xff\x00\xe0" and tag != PIXELS
        return tag, b"SQ" if sequence else b"??", length, at + 8
    if vr in LONG:
        return tag, vr, struct.unpack_from("<I", data, at + 8)[0], at + 12
    return tag, vr, struct.unpack_from("<H", data, at + 6)[0], at + 8


def _fragments(data: bytes, at: int, path: str) -> Generator[Leaf, None, int]:
    """Encapsulated pixels, each fragment a leaf. Returns where they end."""
    while True:
        group, element, length = struct.unpack_from("<HHI", data, at)
        at += 8
        if group << 16 | element == SEQUENCE_END:
            return at
        yield path, data[at : at + length]
        at += length


def _items(data: bytes, at: int, stop: int, implicit: bool, path: str) -> Generator[Leaf, None, int]:
    """The items of a sequence. Returns where it ends."""
    while at < stop:
        group, element, length = struct.unpack_from("<HHI", data, at)
        at += 8
        if group << 16 | element == SEQUENCE_END:
            return at
        if length == UNDEFINED:
            length = _item_length(data, at, stop, implicit)
            yield from _elements(data, at, at + length, implicit, f"{path}>")
            at += length + 8
        else:
            yield from _elements(data, at, at + length, implicit, f"{path}>")
            at += length
    return at


def _item_length(data: bytes, at: int, stop: int, implicit: bool) -> int:
    """Length of an item of undefined length that begins at `at`, without its delimiter."""
    begin = at
    while at < stop:
        tag, vr, length, body = _head(data, at, implicit)
        if tag == ITEM_END:
            return at - begin
        at = body + length
        if length == UNDEFINED:
            at = _skipped(data, body, stop, implicit or vr == b"UN")
    return stop - begin


def _skipped(data: bytes, at: int, stop: int, implicit: bool) -> int:
    while at < stop:
        group, element, length = struct.unpack_from("<HHI", data, at)
        at += 8
        if group << 16 | element == SEQUENCE_END:
            return at
        at += _item_length(data, at, stop, implicit) + 8 if length == UNDEFINED else length
    return at


def opened(value: bytes) -> bytes:
    """A PDF with the text of its Flate streams behind it; anything else as it is."""
    if not value.startswith(b"%PDF"):
        return value
    return value + b"\n".join(_inflated(stream) for stream in STREAM.findall(value))


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


def spellings(text: str) -> tuple[bytes, ...]:
    """As bytes, lower case, in the character sets of the corpus."""
    low, charsets = text.lower(), ("utf-8", "latin-1")
    return tuple({each for charset in charsets for each in (low.encode(charset), text.encode(charset).lower())})


class Searcher:
    """Finds the strings of one patient; remembers what it was asked, for slices say the same again and again."""

    def __init__(self, said: Said) -> None:
        self._wanted = [(what, spellings(text)) for what, (_, text) in said.items()]
        self._known: dict[bytes, tuple[str, ...]] = {}

    def said_in(self, value: bytes) -> tuple[str, ...]:
        """What stands in it, whatever the case and, of a PDF, in its streams too."""
        if len(value) < 4:
            return ()
        if value not in self._known:
            low = opened(value).lower()
            self._known[value] = tuple(what for what, forms in self._wanted if any(form in low for form in forms))
        return self._known[value]


def searchers(strings: dict[str, Said]) -> dict[int, Searcher]:
    """By number of the patient."""
    return {int(number): Searcher(said) for number, said in strings.items()}


def number_in(found: dict[str, list[bytes]], path: str) -> int:
    """A whole number of a top-level element, or 0."""
    text = (found.get(path) or [b""])[0].strip(b" \0")
    return int(text) if text.isdigit() else 0


def gathered(data: bytes, *, pixels: bool = False) -> dict[str, list[bytes]]:
    """All values of each path."""
    found: dict[str, list[bytes]] = {}
    for path, value in leaves(data, pixels=pixels):
        found.setdefault(path, []).append(value)
    return found


def files_of(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file())


def places_in(found: dict[str, list[bytes]], by_patient: dict[int, Searcher]) -> set[Place]:
    """Where any string of a file's own patient stands in it; of a file that does not tell its patient, of any."""
    series = number_in(found, SERIES_NUMBER)
    mine = by_patient.get(series // 100)
    asked = [mine] if mine else list(by_patient.values())
    return {
        (series, path, what)
        for path, values in found.items()
        for value in values
        for each in asked
        for what in each.said_in(value)
    }
