"""Where in a picture text can be: the blocks in which something stands out, apart by flat ground.

What is flat is never looked at by the engine, whose time grows with the pixels; a block carries some of the flat ground
around it, without which text is found less well.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from uploader.pixels.box import Box
from uploader.pixels.view import Picture

FLAT = 24
"""Grey levels of 255 by which text differs from what it is drawn on; with less nobody reads it."""
SIDE = 640
"""Pixels to which the shorter side of a smaller picture is enlarged before text is looked for."""
_UNIT = 32
"""Pixels of which the engine takes whole multiples, after enlarging."""
_MOST_ENLARGED = 4.0
_MARGIN, _LARGE, _MARGIN_OF_LARGE = 3, 10, 1
"""Units of flat ground around what stands out, and around what is large itself."""
_REACH = 3
"""Pixels apart of which two differ by `FLAT` where text is: a stroke is no further from its ground."""

_Grid = NDArray[np.bool_]
"""Units of a picture in which something stands out."""


def blocks(picture: Picture) -> Iterator[Box]:
    """Boxes outside of which the picture is flat, none of which touches another."""
    unit = _unit(picture)
    rows, columns = picture.shape[:2]
    grid = _grid(_edges(picture), unit)
    for top, left, height, width in (_trimmed(grid, *each) for each in _cut(_grown(grid), 0, 0, 0)):
        inside = Box(left * unit, top * unit, width * unit, height * unit).clipped(rows, columns)
        if inside is not None:
            yield inside


def enlarged(picture: Picture) -> float:
    """How many times larger it is read."""
    shorter: int = min(picture.shape[:2])
    return min(max(1.0, SIDE / shorter), _MOST_ENLARGED)


def _unit(picture: Picture) -> int:
    """Pixels of it that make a unit when they are enlarged."""
    return round(_UNIT / enlarged(picture))


def _edges(picture: Picture) -> NDArray[np.bool_]:
    """Pixels that differ from one that lies three apart, and that one too."""
    layers = picture[:, :, None] if picture.ndim == 2 else picture
    found = np.zeros(layers.shape[:2], bool)
    for axis in (0, 1):
        image, marks = (np.swapaxes(each, 0, axis) for each in (layers, found))
        far, near = image[_REACH:], image[:-_REACH]
        differ = (np.maximum(far, near) - np.minimum(far, near) >= FLAT).any(axis=-1)
        marks[_REACH:] |= differ
        marks[:-_REACH] |= differ
    return found


def _grid(edges: NDArray[np.bool_], unit: int) -> _Grid:
    rows, columns = (-(-size // unit) for size in edges.shape)
    full = np.zeros((rows * unit, columns * unit), bool)
    full[: edges.shape[0], : edges.shape[1]] = edges
    found: _Grid = np.logical_or.reduce(full.reshape(rows, unit, columns, unit), axis=(1, 3))
    return found


def _grown(grid: _Grid) -> _Grid:
    """With the margin on all sides."""
    wide = grid
    for axis in (0, 1):
        before, wide = wide, wide.copy()
        for n in range(1, _MARGIN + 1):
            near, far = (np.s_[:-n], np.s_[n:]) if axis == 0 else (np.s_[:, :-n], np.s_[:, n:])
            wide[far] |= before[near]
            wide[near] |= before[far]
    return wide


def _cut(grid: _Grid, top: int, left: int, axis: int, tried: bool = False) -> Iterator[tuple[int, int, int, int]]:
    """(top, left, height, width) in units, cut by empty rows and columns until there are none."""
    across: _Grid = np.logical_or.reduce(grid, axis=1 - axis)
    runs = _runs(across)
    whole = runs == [(0, grid.shape[axis])]
    if whole and tried:
        yield top, left, *grid.shape
        return
    for begin, end in runs:
        if axis == 0:
            yield from _cut(grid[begin:end], top + begin, left, 1, whole)
        else:
            yield from _cut(grid[:, begin:end], top, left + begin, 0, whole)


def _trimmed(grid: _Grid, top: int, left: int, height: int, width: int) -> tuple[int, int, int, int]:
    """A block, with less ground around what is large."""
    part = grid[top : top + height, left : left + width]
    spans = [np.flatnonzero(np.logical_or.reduce(part, axis=axis)) for axis in (1, 0)]
    if min(int(span[-1] - span[0]) for span in spans) < _LARGE:
        return top, left, height, width
    (up, down), (west, east) = (
        (max(int(span[0]) - _MARGIN_OF_LARGE, 0), min(int(span[-1]) + 1 + _MARGIN_OF_LARGE, size))
        for span, size in zip(spans, part.shape, strict=True)
    )
    return top + up, left + west, down - up, east - west


def _runs(line: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """(begin, end) of each run of true ones."""
    steps = np.flatnonzero(np.diff(np.concatenate([[False], line, [False]]).astype(np.int8))).tolist()
    return list(zip(steps[::2], steps[1::2], strict=True))
