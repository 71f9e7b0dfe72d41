"""Rectangles and colours of alterPixels as they are written in a script."""

from __future__ import annotations

import re
from dataclasses import dataclass

from uploader.dicomedit.values import Unfit

_SIDES = {"l": "left", "t": "top", "r": "right", "b": "bottom"}
_PAIR = re.compile(r"\s*([a-z]+)\s*=\s*([+-]?[0-9]{1,9})\s*")


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Pixels with left <= x < right and top <= y < bottom, counted from 0; it may reach over the image's edge."""

    left: int
    top: int
    right: int
    bottom: int

    def within(self, rows: int, columns: int) -> tuple[slice, slice]:
        """Rows and columns of an image that it covers, perhaps none."""
        return _clipped(self.top, self.bottom, rows), _clipped(self.left, self.right, columns)


def _clipped(start: int, end: int, size: int) -> slice:
    low, high = max(start, 0), min(max(end, 0), size)
    return slice(low, max(low, high))


def rectangle(text: str) -> Rectangle:
    """The rectangle written as `l=1,t=1,r=3,b=4`, or with left, top, right, bottom. Raises Unfit.

    As in the reference, the width is |r - l| from l, and the height alike.
    """
    sides = {_SIDES.get(name, name): number for name, number in _pairs(text, "a rectangle").items()}
    if sides.keys() != set(_SIDES.values()):
        raise Unfit("a rectangle is written with l, t, r and b, such as l=0,t=0,r=640,b=40")
    left, top = sides["left"], sides["top"]
    return Rectangle(left, top, left + abs(sides["right"] - left), top + abs(sides["bottom"] - top))


def check_colour(text: str) -> None:
    """Raises Unfit unless this is a colour: v=0 to 255, or r, g and b. Any colour is filled as 0."""
    parts = _pairs(text, "a colour")
    if parts and (parts.keys() not in ({"v"}, {"r", "g", "b"}) or not all(0 <= p <= 255 for p in parts.values())):
        raise Unfit("a colour is written v=0 to v=255, or r=...,g=...,b=... of the same range, or left empty")


def _pairs(text: str, what: str) -> dict[str, int]:
    parts = [_PAIR.fullmatch(part.lower()) for part in text.split(",")] if text.strip() else []
    found = {part[1]: int(part[2]) for part in parts if part is not None}
    if len(found) != len(parts):
        raise Unfit(f"{what} is written as name=whole number, separated by commas, each name once")
    return found
