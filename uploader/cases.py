"""A session whose files lie on this disk, as validators see it."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from numpy.typing import NDArray
from pydicom.uid import UID

from uploader import dicom, dictionary, headers, part10
from uploader.domain.errors import UnreadableFile
from uploader.elements import Irregular, head
from uploader.frames import PIXEL_DATA, Layout, Samples, layout_of, native, opened
from uploader.instance import Body, Elements, load
from uploader.ports import Case, Header, Headers, Stored

_ITEM = 0xFFFEE000
Bodies: TypeAlias = Callable[[str], Body | None]
"""Of an entry, where its parts lie. `Case.stored` and `Case.frames` ask for it, and each file is taken apart once."""


def case_of(
    folder: Path,
    headers: Headers,
    asked: Mapping[str, Any] | None = None,
    chosen: Mapping[str, str] | None = None,
    earlier: Sequence[Headers] = (),
) -> Case:
    """The case of a session whose entries are files below `folder`. Their pixels are read when a validator asks.

    headers: of all entries, see `headers_below`
    """
    body = lru_cache(maxsize=None)(partial(_body, folder))
    frames, stored = partial(_frames, folder, headers, body), lru_cache(maxsize=None)(partial(_stored, folder, body))
    return Case(headers, asked or {}, chosen or {}, frames, stored, earlier, folder)


def headers_below(folder: Path, names: Iterable[str]) -> Headers:
    """The headers of these files. One that breaks off within its pixels has a header; `Case.stored` tells of it.

    Raises UnreadableFile, which names the entry.
    """
    return {name: _header(folder, name) for name in names}


def _header(folder: Path, entry: str) -> Mapping[str, Any]:
    with _named(entry), (folder / entry).open("rb", buffering=0) as stream:
        with suppress(Irregular, UnreadableFile):  # such as one that breaks off within its pixels
            return headers.header(load(stream))
        stream.seek(0)
        return dicom.header(dicom.read_header(stream))


def _frames(folder: Path, headers: Headers, body: Bodies, entry: str) -> Iterator[NDArray[Any]]:
    """Of `Case.frames`; memory holds one frame."""
    with _named(entry), (folder / entry).open("rb", buffering=0) as stream:
        place = _native(stream, body(entry), headers.get(entry, {}))
        for samples in _where_they_lie(stream, *place) if place else _decoded(folder / entry):
            yield samples[:, :, 0] if samples.shape[2] == 1 else samples


def _decoded(path: Path) -> Iterator[Samples]:
    with opened(path) as frames:
        if frames is None:
            raise UnreadableFile("there are no pixels of whole numbers")
        for index in range(len(frames)):
            yield frames.samples(index)


def _native(stream: BinaryIO, body: Body | None, header: Header) -> tuple[Layout, int] | None:
    """How plain pixels are stored, and where they begin; None for all that takes more than reading where they lie."""
    if body is None or not body.pixels[1] or dictionary.is_encapsulated(body.syntax):
        return None
    tag, _, begin, length = head(os.pread(stream.fileno(), 12, body.pixels[0]), 0, body.form)
    found = layout_of(header.get, UID(body.syntax))
    plain = tag == PIXEL_DATA and body.form.little and not found.subsampled
    return (found, body.pixels[0] + begin) if plain and found.frames * found.frame_bytes <= length else None


def _where_they_lie(stream: BinaryIO, found: Layout, begin: int) -> Iterator[Samples]:
    for index in range(found.frames):
        data = os.pread(stream.fileno(), found.frame_bytes, begin + index * found.frame_bytes)
        if len(data) < found.frame_bytes:
            raise UnreadableFile("the file became shorter while it was read")
        yield native(data, found)


def _body(folder: Path, entry: str) -> Body | None:
    """Where the parts of the file lie, when it is written by the book and whole. What it holds is not kept."""
    with _named(entry), (folder / entry).open("rb", buffering=0) as stream, suppress(Irregular, UnreadableFile):
        return replace(load(stream).body, tail=Elements(b""))
    return None


def _stored(folder: Path, bodies: Bodies, entry: str) -> Stored:
    """Of `Case.stored`; nothing of the pixels is read."""
    with _named(entry), (folder / entry).open("rb", buffering=0) as stream:
        body = bodies(entry)
        if body is not None and not body.pixels[1]:
            return Stored(body.syntax, 0)
        if body is not None:
            offset, length = body.pixels
            begin = head(os.pread(stream.fileno(), 12, offset), 0, body.form)[2]
            return _whole(stream, body.syntax, offset + begin, offset + length)
        outline = part10.outline(stream)
        return _with_pixels(stream, outline) if outline.has_pixels else Stored(outline.syntax, 0)


def _whole(stream: BinaryIO, syntax: str, start: int, end: int) -> Stored:
    fragments = _fragments(stream, start, end) if dictionary.is_encapsulated(syntax) else 0
    return Stored(syntax, end - start, True, fragments)


def _with_pixels(stream: BinaryIO, outline: part10.Outline) -> Stored:
    size = stream.seek(0, os.SEEK_END)
    start, _ = part10.pixel_value(stream, outline)
    try:
        end = part10.pixel_end(stream, size, outline)
    except UnreadableFile:
        return Stored(outline.syntax, max(size - start, 0), whole=False)
    found = _whole(stream, outline.syntax, start, end)
    return replace(found, whole=_readable_behind(stream, end, outline.syntax))


def _readable_behind(stream: BinaryIO, end: int, syntax: str) -> bool:
    stream.seek(end)
    try:
        part10.tail(stream, syntax)
    except UnreadableFile:
        return False
    return True


def _fragments(stream: BinaryIO, at: int, end: int) -> int:
    """How many items follow the first, which is the offset table. PS3.5 A.4."""
    found = -1
    while at + 8 <= end:
        stream.seek(at)
        group, element, length = struct.unpack("<HHI", stream.read(8))
        if group << 16 | element != _ITEM:
            break
        found += 1
        at += 8 + length
    return max(found, 0)


@contextmanager
def _named(entry: str) -> Iterator[None]:
    """Errors name the entry: they are told to people who know no path of ours."""
    try:
        yield
    except UnreadableFile as error:
        raise UnreadableFile(f"{entry}: {error}") from None
    except OSError as error:
        raise UnreadableFile(f"{entry}: cannot be read: {error.strerror}") from None
