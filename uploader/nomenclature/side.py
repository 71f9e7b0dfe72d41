"""The side of the body."""

from __future__ import annotations

from enum import StrEnum


class Side(StrEnum):
    """What a label says of the side, or where a contour is seen to lie."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"
    """Of a label: it says that it means both. Of a contour: it lies on both."""
    UNKNOWN = "unknown"

    @property
    def is_one(self) -> bool:
        """Left or right: the one and not the other."""
        return self in (Side.LEFT, Side.RIGHT)

    @property
    def other(self) -> Side:
        """The opposite; itself where there is none."""
        return {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}.get(self, self)

    def contradicts(self, other: Side) -> bool:
        """Whether one is left and the other right."""
        return self is not Side.UNKNOWN and self is not Side.BOTH and other is self.other
