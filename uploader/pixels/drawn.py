"""Lines that are drawn over images, in presentation states: may somebody have written with them? (PS3.3 C.10.5)"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydicom.dataset import Dataset

_MOST_POINTS = 4
"""Of an open line that is no writing: a length, an angle, an arrow."""
_MOST_LINES = 7
"""Of one annotation: a name of three letters drawn in straight strokes has more."""
_LINES = frozenset({"POLYLINE", "INTERPOLATED", "MULTILINE"})
"""Graphic types and compound graphic types whose points are free; of other shapes only their places are."""

Point = tuple[float, ...]


def writing(dataset: Dataset) -> int:
    """How many annotations of a presentation state have lines that may be writing: an open line of more than four
    points, or more than seven lines."""
    return sum(_may_be_writing(list(_lines(annotation))) for annotation in dataset.get("GraphicAnnotationSequence", []))


def _may_be_writing(lines: Sequence[Sequence[Point]]) -> bool:
    drawn = [line for line in lines if len(set(line)) > 1]
    return len(drawn) > _MOST_LINES or any(line[0] != line[-1] and len(set(line)) > _MOST_POINTS for line in drawn)


def _lines(annotation: Dataset) -> Iterator[Sequence[Point]]:
    for item in annotation.get("GraphicObjectSequence", []):
        if item.get("GraphicType") in _LINES:
            yield _points(item)
    for item in annotation.get("CompoundGraphicSequence", []):
        if item.get("CompoundGraphicType") in _LINES:
            points = _points(item)
            yield from (points[at : at + 2] for at in range(0, len(points), 2))


def _points(item: Dataset) -> Sequence[Point]:
    values = item.get("GraphicData") or []
    size = item.get("GraphicDimensions") or 2
    return [tuple(values[at : at + size]) for at in range(0, len(values), size)]
