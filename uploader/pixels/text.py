"""Text drawn into images, read by an engine in another process (`reader`).

Frames are read one at a time, and of each only the blocks in which something stands out. Large ones are read in
overlapping tiles, so that small letters are not shrunk away.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from uploader.domain.private import Private
from uploader.frames import Frames, opened
from uploader.pixels.blocks import blocks, enlarged
from uploader.pixels.box import Box
from uploader.pixels.choose import choose
from uploader.pixels.reader import Line, reader
from uploader.pixels.view import Picture, luma, views

MOST_FRAMES = 24
"""Frames of one file that are read at most, a second each; what is left unread is said."""
TILE, OVERLAP = 1024, 192
"""Pixels. The engine's memory grows with the tile."""
_MOSTLY = 0.75
"""Share of a picture above which its blocks are not read before the whole."""
_LEAST = 2
"""Letters and figures of a line; the engine takes a round head for a single 8, and one letter tells nobody."""


@dataclass(frozen=True, slots=True)
class Found:
    """One line of text. frames: those read in which it stands, from 0; confidence: 0 to 1."""

    box: Box
    frames: tuple[int, ...]
    text: Private[str]
    confidence: float


@dataclass(frozen=True, slots=True)
class Looked:
    """What was seen in one file.

    read: the frames that were read; unread: how many more differ from these, and were not read
    """

    found: tuple[Found, ...]
    read: tuple[int, ...] = ()
    unread: int = 0


@dataclass(frozen=True, slots=True)
class Looker:
    """Reads the text in the images of files; it travels to other processes, the engine does not."""

    most_frames: int = MOST_FRAMES

    def look(self, path: Path) -> Looked:
        """All text in the image of a file; nothing for a file without one. Raises UnreadableFile."""
        with opened(path) as frames:
            return self._looked(frames) if frames is not None else Looked(())

    def read(self, picture: Picture) -> list[Line]:
        """The lines of text in a picture. Raises UnreadableFile.

        Blocks tell whether there are any; where there are, the whole is read, for letters are told better in it.
        """
        rows, columns = picture.shape[:2]
        parts, whole = list(blocks(picture)), Box(0, 0, columns, rows)
        if sum(part.width * part.height for part in parts) > _MOSTLY * rows * columns:
            return list(_read(picture, whole))
        found = [line for part in parts for line in _read(picture, part)]
        better = list(_read(picture, whole)) if found else []
        return better + [line for line in found if not any(line[0].overlap(box) > 0.5 for box, _, _ in better)]

    def _looked(self, frames: Frames) -> Looked:
        shown = views(frames)
        choice = choose(
            len(frames), lambda index: luma(next(shown.of(frames.samples(index)))), max(self.most_frames, 1)
        )
        found: list[Found] = []
        for index in choice.chosen:
            for picture in shown.of(frames.samples(index)):
                for line in self.read(picture):
                    _add(found, index, *line)
        return Looked(tuple(found), tuple(choice.chosen), choice.unread)


def _add(found: list[Found], frame: int, box: Box, text: str, confidence: float) -> None:
    """Note a line, or the frame where it is seen again."""
    for n, known in enumerate(found):
        if known.text.reveal() == text and known.box.overlap(box) > 0.5:
            frames = tuple(sorted({*known.frames, frame}))
            found[n] = Found(known.box, frames, known.text, max(known.confidence, confidence))
            return
    found.append(Found(box, (frame,), Private(text), confidence))


def _read(picture: Picture, within: Box) -> Iterator[Line]:
    """The lines of every tile of a part, and of the whole part made smaller where large letters may be cut by tiles."""
    scale, part = enlarged(picture), picture[within.y : within.bottom, within.x : within.right]
    for left, top in _tiles(part):
        tile = part[top : top + TILE, left : left + TILE]
        yield from _moved(_lines(tile, scale), within.x + left, within.y + top)
    by = -(-max(part.shape[:2]) // TILE)
    if by > 1:
        yield from _moved(_lines(_smaller(part, by), 1.0), within.x, within.y, by)


def _lines(tile: Picture, scale: float) -> Iterator[Line]:
    """Those in a tile, enlarged for the engine."""
    for line in reader().read(tile, round(scale * min(tile.shape[:2]))):
        if sum(character.isalnum() for character in line[1]) >= _LEAST:
            yield line


def _moved(lines: Iterator[Line], left: int, top: int, by: int = 1) -> Iterator[Line]:
    """The lines of a part, where they stand in the whole; `by` times larger."""
    for box, text, confidence in lines:
        yield Box(left + by * box.x, top + by * box.y, by * box.width, by * box.height), text, confidence


def _smaller(picture: Picture, by: int) -> Picture:
    """Each pixel the mean of `by` times `by`."""
    rows, columns = (size // by for size in picture.shape[:2])
    blocks = picture[: rows * by, : columns * by].reshape(rows, by, columns, by, -1)
    smaller: Picture = blocks.mean(axis=(1, 3)).astype(np.uint8)
    return smaller[:, :, 0] if picture.ndim == 2 else smaller


def _tiles(picture: Picture) -> Iterator[tuple[int, int]]:
    """Left and top of the tiles that cover it."""
    tops, lefts = (_starts(size) for size in picture.shape[:2])
    for top, left in product(tops, lefts):
        yield left, top


def _starts(size: int) -> list[int]:
    if size <= TILE:
        return [0]
    return [*range(0, size - TILE, TILE - OVERLAP), size - TILE]
