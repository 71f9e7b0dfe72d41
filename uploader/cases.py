"""A session whose files lie on this disk, as validators see it."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from numpy.typing import NDArray

from uploader import dicom, dictionary, headers, part10
from uploader.domain.errors import UnreadableFile
from uploader.elements import Irregular
from uploader.frames import opened
from uploader.instance import load
from uploader.ports import Case, Headers, Stored

_ITEM = 0xFFFEE000


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
    return Case(headers, asked or {}, chosen or {}, partial(_frames, folder), partial(_stored, folder), earlier, folder)


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


def _frames(folder: Path, entry: str) -> Iterator[NDArray[Any]]:
    """Of `Case.frames`; memory holds one frame."""
    with _named(entry), opened(folder / entry) as frames:
        if frames is None:
            raise UnreadableFile("there are no pixels of whole numbers")
        for index in range(len(frames)):
            samples = frames.samples(index)
            yield samples[:, :, 0] if samples.shape[2] == 1 else samples


def _stored(folder: Path, entry: str) -> Stored:
    """Of `Case.stored`; nothing of the pixels is read."""
    with _named(entry), (folder / entry).open("rb") as stream:
        outline = part10.outline(stream)
        return _with_pixels(stream, outline) if outline.has_pixels else Stored(outline.syntax, 0)


def _with_pixels(stream: BinaryIO, outline: part10.Outline) -> Stored:
    size = stream.seek(0, os.SEEK_END)
    start, _ = part10.pixel_value(stream, outline)
    try:
        end = part10.pixel_end(stream, size, outline)
    except UnreadableFile:
        return Stored(outline.syntax, max(size - start, 0), whole=False)
    fragments = _fragments(stream, start, end) if dictionary.is_encapsulated(outline.syntax) else 0
    return Stored(outline.syntax, end - start, _readable_behind(stream, end, outline.syntax), fragments)


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
