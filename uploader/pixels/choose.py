"""Which frames of a moving image to read: text stands still, so most frames show the text of their neighbours.

The first, the last and some between are always read. Every other frame is compared tile by tile with those chosen
so far: it is chosen too when strokes stand in it that stood in none of them, or far more of them than in any. In a
moving picture bold strokes tell more, as letters have and speckle hardly has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from uploader.pixels.view import Picture

ALWAYS = 3
"""Frames chosen whatever they show: the first, the last, the middle."""
_TILE = 32
"""Pixels; a letter of ordinary size lies in one or two."""
_STROKE = 64
"""Grey levels between neighbours of a stroke's edge."""
_BOLD = 128
"""Grey levels between neighbours of a bold one's edge."""
_FEW, _FEW_BOLD = 16, 8
"""Pixels of edges in a tile; a letter has more."""
_SHARE = 8
"""Part of a tile's edges that must be new: an eighth, one letter of two words."""
_STILL = 3
"""Grey levels by which a tile may differ from the frame before in the mean, and still stand still."""

_STOOD = 2
"""Times that a frame is as the one before it from which it was considered already, moving and standing."""

Strokes = NDArray[np.bool_]


@dataclass(slots=True)
class Choice:
    """chosen: frame numbers from 0, in order; unread: frames that differ too, beyond the limit."""

    chosen: list[int]
    unread: int = 0
    _known: list[Strokes] = field(default_factory=list)
    _bold: NDArray[np.int64] | None = None

    def knows(self, picture: Picture, still: NDArray[np.bool_]) -> bool:
        """Whether all that stands in this frame stood in one of those chosen. still: tiles that are as just before"""
        edges = _edges(picture)
        if self._bold is not None and (_counts(edges >= _BOLD) > 2 * self._bold + _FEW_BOLD).any():
            return False
        seen: Strokes = edges >= _STROKE
        count = _counts(seen)
        new, most = np.ones_like(still), np.zeros_like(count)
        for known in self._known:
            lost = _counts(seen & ~known)
            new &= (lost >= _FEW) & (lost * _SHARE > count)
            most = np.maximum(most, _counts(known))
        return not bool((new & (still | (count > 2 * most + 2 * _FEW))).any())

    def remember(self, picture: Picture) -> None:
        edges = _edges(picture)
        bold = _counts(edges >= _BOLD)
        self._bold = bold if self._bold is None else np.maximum(self._bold, bold)
        self._known.append(edges >= _STROKE)


def choose(frames: int, picture: Callable[[int], Picture], most: int) -> Choice:
    """picture: the brightness of a frame, called once for each in order; most: how many are chosen at most."""
    always = {round(n * (frames - 1) / (ALWAYS - 1)) for n in range(ALWAYS)}
    if frames <= ALWAYS:
        return Choice(sorted(always & set(range(frames))))
    choice = Choice(sorted(always))
    for index in choice.chosen:
        choice.remember(picture(index))
    before, same = picture(0), 0
    for index in range(frames):
        now = picture(index)
        same = same + 1 if np.array_equal(now, before) else 0
        if index not in always and same < _STOOD:
            _consider(choice, index, now, before, most)
        before = now
    choice.chosen.sort()
    return choice


def _edges(picture: Picture) -> Picture:
    """By how much the neighbours of each pixel differ, above and below or left and right."""
    edges = np.zeros_like(picture)
    edges[1:-1] = _apart(picture[2:], picture[:-2])
    edges[:, 1:-1] = np.maximum(edges[:, 1:-1], _apart(picture[:, 2:], picture[:, :-2]))
    return edges


def _apart(one: Picture, other: Picture) -> Picture:
    """The difference of unsigned numbers."""
    return np.maximum(one, other) - np.minimum(one, other)


def _consider(choice: Choice, index: int, now: Picture, before: Picture, most: int) -> None:
    if choice.knows(now, _tiled(_apart(now, before)).mean(axis=(2, 3)) < _STILL):
        return
    if len(choice.chosen) >= most:
        choice.unread += 1
        return
    choice.chosen.append(index)
    choice.remember(now)


def _counts(strokes: Strokes) -> NDArray[np.int64]:
    """Pixels of edges in each tile."""
    counts: NDArray[np.int64] = _tiled(strokes).sum(axis=(2, 3), dtype=np.int64)
    return counts


def _tiled(picture: NDArray[np.generic]) -> NDArray[np.uint8]:
    """(rows of tiles, columns of tiles, 32, 32); what hangs over the edge is filled up with nothing."""
    rows, columns = (-(-size // _TILE) for size in picture.shape)
    full = np.zeros((rows * _TILE, columns * _TILE), np.uint8)
    full[: picture.shape[0], : picture.shape[1]] = picture
    return full.reshape(rows, _TILE, columns, _TILE).transpose(0, 2, 1, 3)
