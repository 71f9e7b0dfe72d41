"""Text drawn into images, read by an engine whose models come inside its package; nothing is fetched.

Frames are read one at a time. Large ones are read in overlapping tiles, so that small letters are not shrunk away.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from uploader.domain.errors import UnreadableFile
from uploader.domain.private import Private
from uploader.frames import Frames, opened
from uploader.pixels.box import Box
from uploader.pixels.choose import choose
from uploader.pixels.view import Picture, luma, plain, views

MOST_FRAMES = 24
"""Frames of one file that are read at most, a second each; what is left unread is said."""
TILE, OVERLAP = 1024, 192
"""Pixels. The engine's memory grows with the tile."""
SIDE = 640
"""Pixels to which the shorter side of a smaller picture is enlarged before text is looked for."""
SURE = 0.5
"""What the engine gives as its confidence, 0 to 1; less is noise taken for letters."""
_LEAST = 2
"""Letters and figures of a line; the engine takes a round head for a single 8, and one letter tells nobody."""
_KEPT = 512
"""Pictures whose text is remembered, by digest."""

Line = tuple[Box, str, float]
"""(where, what, confidence)"""


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
    """Reads the text in the images of files; it travels to other processes, the engine does not.

    threads: of the engine in each process, 1 where there is a process for each core
    """

    threads: int = 1
    most_frames: int = MOST_FRAMES

    def look(self, path: Path) -> Looked:
        """All text in the image of a file; nothing for a file without one. Raises UnreadableFile."""
        with opened(path) as frames:
            return self._looked(frames) if frames is not None else Looked(())

    def read(self, picture: Picture) -> tuple[Line, ...]:
        """The lines of text in a picture. The same picture is read once."""
        return _reader(self.threads).read(picture)

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


@dataclass(slots=True)
class _Reader:
    """The engine of one process, and what it has read lately."""

    engine: Any
    kept: OrderedDict[bytes, tuple[Line, ...]] = field(default_factory=OrderedDict)

    def read(self, picture: Picture) -> tuple[Line, ...]:
        digest = hashlib.sha256(repr(picture.shape).encode() + np.ascontiguousarray(picture).tobytes()).digest()
        if digest not in self.kept:
            self.kept[digest] = tuple(self._lines(picture))
            while len(self.kept) > _KEPT:
                self.kept.popitem(last=False)
        return self.kept[digest]

    def _lines(self, picture: Picture) -> Iterator[Line]:
        """Those of every tile, and of the whole made smaller where large letters may be cut by tiles."""
        for left, top in _tiles(picture):
            yield from self._tile(picture, left, top)
        by = -(-max(picture.shape[:2]) // TILE)
        if by > 1:
            for box, text, score in self._tile(_smaller(picture, by), 0, 0):
                yield Box(*(by * part for part in box)), text, score

    def _tile(self, picture: Picture, left: int, top: int) -> Iterator[Line]:
        tile = picture[top : top + TILE, left : left + TILE]
        if plain(tile):
            return
        seen = self._seen(tile)
        for corners, text, score in zip(seen.boxes, seen.txts, seen.scores, strict=True) if seen else ():
            if sum(character.isalnum() for character in text) < _LEAST:
                continue
            (x, y), (right, bottom) = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
            yield Box(int(x) + left, int(y) + top, int(right - x), int(bottom - y)), str(text), float(score)

    def _seen(self, tile: Picture) -> Any:
        """What the engine makes of it, None when that is nothing. Raises UnreadableFile."""
        try:
            seen = self.engine(np.ascontiguousarray(tile[..., ::-1] if tile.ndim == 3 else tile))  # blue first
        except Exception as error:
            raise UnreadableFile(f"the image cannot be searched for text ({type(error).__name__})") from None
        return seen if seen.boxes is not None and seen.txts is not None else None


@lru_cache(maxsize=1)
def _reader(threads: int) -> _Reader:
    from rapidocr import RapidOCR

    counts = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": threads for kind in ("intra", "inter")}
    wanted = {"Global.text_score": SURE, "Global.log_level": "critical", "Det.limit_side_len": SIDE}
    return _Reader(RapidOCR(params=counts | wanted))


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
