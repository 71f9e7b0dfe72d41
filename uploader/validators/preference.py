"""Which of several series is the one that a protocol means: its ``prefer``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from uploader.ports import Header
from uploader.validators.links import SERIES
from uploader.validators.reading import items, text

Candidate = Sequence[Header]
"""The headers of one series, or of one instance where instances are counted."""

_TIMES = (
    ("StructureSetDate", "StructureSetTime"),
    ("RTPlanDate", "RTPlanTime"),
    ("AcquisitionDate", "AcquisitionTime"),
    ("SeriesDate", "SeriesTime"),
    ("ContentDate", "ContentTime"),
    ("InstanceCreationDate", "InstanceCreationTime"),
)
"""When an object was made; the first pair of which all candidates have the date counts."""


def meant(
    candidates: Sequence[Candidate], prefer: str, most: int, structures: Iterable[Header]
) -> frozenset[int] | None:
    """Which candidates are meant, at most `most` of them, by their indices; None where `prefer` does not tell.

    structures: the RTSTRUCTs by whose references ``referenced_by_structure_set`` goes
    """
    match prefer:
        case "referenced_by_structure_set":
            return _referenced(candidates, most, structures)
        case "latest":
            return _first(candidates, most, _time(candidates))
        case "most_slices":
            return _first(candidates, most, _images)
        case _:
            return None


def referenced_images(structures: Iterable[Header]) -> tuple[frozenset[str], frozenset[str]]:
    """SOPInstanceUIDs (0008,1155) and SeriesInstanceUIDs of what structure sets say they were drawn on."""
    images: set[str] = set()
    series: set[str] = set()
    for header in structures:
        for each in items(header, *SERIES):
            series.add(text(each, "SeriesInstanceUID"))
            images.update(text(image, "ReferencedSOPInstanceUID") for image in items(each, "ContourImageSequence"))
    return frozenset(images - {""}), frozenset(series - {""})


def _referenced(candidates: Sequence[Candidate], most: int, structures: Iterable[Header]) -> frozenset[int] | None:
    images, series = referenced_images(structures)
    found = _holding(candidates, "SOPInstanceUID", images) or _holding(candidates, "SeriesInstanceUID", series)
    return found if 0 < len(found) <= most else None


def _holding(candidates: Sequence[Candidate], keyword: str, uids: frozenset[str]) -> frozenset[int]:
    return frozenset(n for n, headers in enumerate(candidates) if any(text(h, keyword) in uids for h in headers))


def _first(candidates: Sequence[Candidate], most: int, key: Callable[[Candidate], str] | None) -> frozenset[int] | None:
    """Those with the greatest keys; None where the last of them is as great as one that is left out."""
    if key is None:
        return None
    keys = [key(candidate) for candidate in candidates]
    order = sorted(range(len(keys)), key=lambda n: keys[n], reverse=True)
    return frozenset(order[:most]) if keys[order[most - 1]] > keys[order[most]] else None


def _time(candidates: Sequence[Candidate]) -> Callable[[Candidate], str] | None:
    for day, time in _TIMES:
        if all(any(text(header, day) for header in headers) for headers in candidates):
            return partial(_latest, day, time)
    return None


def _latest(day: str, time: str, headers: Candidate) -> str:
    return max(text(header, day) + _figures(text(header, time)) for header in headers if text(header, day))


def _figures(time: str) -> str:
    """HHMMSS of a TM, comparable as text."""
    return time.split(".", maxsplit=1)[0].replace(":", "").ljust(6, "0")


def _images(headers: Candidate) -> str:
    frames = (header.get("NumberOfFrames") for header in headers)
    return f"{sum(n if isinstance(n, int) and n > 0 else 1 for n in frames):09}"
