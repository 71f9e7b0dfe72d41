"""A rectangle of an image."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Box(NamedTuple):
    """Pixels of every frame with x <= column < x + width and y <= row < y + height, counted from 0."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height

    def clipped(self, rows: int, columns: int) -> Box | None:
        """The part of it that lies in an image of this size, if any."""
        left, top = max(self.x, 0), max(self.y, 0)
        width, height = min(self.right, columns) - left, min(self.bottom, rows) - top
        return Box(left, top, width, height) if width > 0 and height > 0 else None

    def overlap(self, other: Box) -> float:
        """The share of the smaller of the two that both cover, 0 to 1."""
        width = min(self.right, other.right) - max(self.x, other.x)
        height = min(self.bottom, other.bottom) - max(self.y, other.y)
        smaller = min(self.width * self.height, other.width * other.height)
        return max(width, 0) * max(height, 0) / smaller if smaller > 0 else 0.0


def clipped(boxes: Iterable[Box], rows: int, columns: int) -> tuple[Box, ...]:
    """What of the boxes lies in the image, each once, in order."""
    inside = (box.clipped(rows, columns) for box in boxes)
    return tuple(sorted({box for box in inside if box is not None}))
