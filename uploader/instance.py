"""A DICOM file in three parts: elements as they are encoded, the place of the pixels, and the elements behind them.

Reading one costs a look at its header; nothing is decoded and no pixel is read.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, TypeVar

from uploader import dictionary
from uploader.domain.errors import UnreadableFile
from uploader.elements import (
    EXPLICIT,
    UNDEFINED,
    Element,
    Form,
    Irregular,
    Short,
    head,
    scan,
    value_of,
)
from uploader.part10 import LARGEST_HEADER, PIXEL_TAGS
from uploader.writing import splice

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

SOP_CLASS, SOP_INSTANCE = 0x00080016, 0x00080018
_TRANSFER_SYNTAX = 0x00020010
_WINDOW = 1 << 15
"""Bytes read at first: most headers are shorter."""
_DEFLATED = frozenset({dictionary.DEFLATED, "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.8.1"})


@dataclass(slots=True)
class Elements:
    """A run of elements, lying in `data`."""

    data: bytes
    elements: list[Element] = field(default_factory=list)


@dataclass(slots=True)
class Body:
    """What a file is but for its header.

    syntax: Transfer Syntax UID
    pixels: (offset, length) in the file of the whole pixel element, tag and all; length 0 when there is none
    """

    syntax: str
    form: Form
    tail: Elements
    pixels: tuple[int, int]


@dataclass(slots=True)
class Instance:
    """A file as a whole."""

    header: Elements
    body: Body

    @property
    def syntax(self) -> str:
        return self.body.syntax

    @property
    def form(self) -> Form:
        return self.body.form

    @property
    def sop_class(self) -> str:
        return value_of(self.header.data, self.header.elements, SOP_CLASS).decode("latin-1")


def load(stream: BinaryIO) -> Instance:
    """Raises UnreadableFile, and Irregular for a file that `rewritten` may read."""
    return Instance(*read(stream, _elements))


Header = TypeVar("Header")
Scan: TypeAlias = Callable[[bytes, int, int, Form], tuple[Header, int]]
"""From bytes, where the data set begins in them, where it ends in the file, and its form: the header, and where that
ends. Raises Irregular, Short, UnreadableFile."""


def read(stream: BinaryIO, scan: Scan[Header]) -> tuple[Header, Body]:
    """A file whose header is taken apart by `scan`, which is called again when it needs more of the file.
    Raises as `load`."""
    try:
        return _read(stream, scan)
    except Short:
        raise Irregular from None


def rewritten(stream: BinaryIO, change: Callable[[Dataset], Dataset] = lambda dataset: dataset) -> Instance:
    """The same of a file that is not written by the book, its elements changed and written anew. What `change` raises
    passes through. Raises UnreadableFile."""
    from uploader import dicom  # here, because it loads pydicom, which takes longer than a hundred regular files

    stream.seek(0)
    part, header, tail = dicom.rewritten(stream, change)
    syntax = str(part.dataset.file_meta.TransferSyntaxUID)
    form = form_of(syntax)
    try:
        return Instance(run(header, form), Body(syntax, form, run(tail, form), part.pixels))
    except (Irregular, Short):
        raise UnreadableFile("the file is written in a way that this program cannot read") from None


def run(data: bytes, form: Form) -> Elements:
    """A whole run of elements. Raises Irregular, Short."""
    found = Elements(data)
    if scan(data, found.elements, 0, len(data), form) < len(data):
        raise Irregular
    return found


def save(source: BinaryIO, target: Path, meta: bytes, header: bytes, tail: bytes, pixels: tuple[int, int]) -> None:
    """Write a file with this file meta, header and tail; its pixels are those of `source`, copied by the kernel.
    Raises UnreadableFile."""
    with target.open("wb", buffering=0) as out:
        out.write(meta + header)
        splice(source, out, *pixels)
        if tail:
            out.write(tail)


@lru_cache(maxsize=64)
def form_of(syntax: str) -> Form:
    """How the elements of a file of this transfer syntax are encoded. PS3.5 10."""
    return Form(not dictionary.is_implicit(syntax), dictionary.is_little_endian(syntax))


def _read(stream: BinaryIO, scan: Scan[Header]) -> tuple[Header, Body]:
    file, size = stream.fileno(), os.fstat(stream.fileno()).st_size
    data = os.pread(file, _WINDOW, 0)
    if data[128:132] != b"DICM":
        raise UnreadableFile("not a DICOM file: no DICM after the preamble")
    syntax, begin = _file_meta(data)
    form = form_of(syntax)
    while True:
        try:
            header, at = scan(data, begin, size, form)
            break
        except Short:
            data = _more(file, data, size)
    if at == size:
        return header, Body(syntax, form, Elements(b""), (size, 0))
    end = _pixel_end(file, data, at, size, form)
    return header, Body(syntax, form, _tail(file, end, size, form), (at, end - at))


def _elements(data: bytes, begin: int, end: int, form: Form) -> tuple[Elements, int]:
    header = Elements(data)
    return header, scan(data, header.elements, begin, end, form)


def _more(file: int, data: bytes, size: int) -> bytes:
    """`data` and as much again of the file. Raises Irregular when there is no more."""
    if len(data) >= size:
        raise Irregular
    if len(data) > LARGEST_HEADER:
        raise UnreadableFile("the elements that are not pixels are larger than this program takes")
    return data + os.pread(file, 3 * len(data), len(data))


def _file_meta(data: bytes) -> tuple[str, int]:
    """Transfer syntax, and where the data set begins. PS3.10 7.1."""
    at, syntax = 132, b""
    while data[at : at + 2] == b"\2\0":
        tag, _, begin, length = head(data, at, EXPLICIT)
        at = begin + length
        if tag == _TRANSFER_SYNTAX:
            syntax = data[begin:at].strip(b" \0")
    return _taken(syntax), at


@lru_cache(maxsize=64)
def _taken(syntax: bytes) -> str:
    """Raises Irregular for a transfer syntax that is unknown, or compressed as a whole."""
    uid = syntax.decode("latin-1")
    if dictionary.uid_type(uid) != dictionary.TRANSFER_SYNTAX or uid in _DEFLATED:
        raise Irregular
    return uid


def _pixel_end(file: int, data: bytes, at: int, size: int, form: Form) -> int:
    if at + 12 > len(data):
        data = data[:at] + os.pread(file, 12, at)
    _, _, begin, length = head(data, at, form)
    end = begin + length if length != UNDEFINED else _fragments_end(file, begin, size, form)
    if end > size:
        raise Irregular
    return end


def _fragments_end(file: int, at: int, size: int, form: Form) -> int:
    """Steps from fragment to fragment, reading only their lengths."""
    while at < size:
        window = os.pread(file, 8, at)
        tag, _, _, length = head(window, 0, form)
        if tag >> 16 != 0xFFFE or length == UNDEFINED:
            raise Irregular
        if tag == 0xFFFEE0DD:
            return at + 8
        at += 8 + length
    raise Irregular


def _tail(file: int, begin: int, size: int, form: Form) -> Elements:
    if begin == size:
        return Elements(b"")
    if size - begin > LARGEST_HEADER:
        raise UnreadableFile("the elements that are not pixels are larger than this program takes")
    tail = run(os.pread(file, size - begin, begin), form)
    if len(tail.data) != size - begin or any(e[0] in PIXEL_TAGS for e in tail.elements):
        raise Irregular
    return tail
