"""The rule ``time_interval_days``: how many days lie between two inputs.

The day of an image is that of its acquisition, else of its series, its content or its study; the day of a radiotherapy
object is that on which it was made, never that of the study: it is the images' study, and would hide the interval.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from uploader.domain.finding import Finding
from uploader.ports import Case, Header
from uploader.validators.answers import Answer, right, unknown, wrong
from uploader.validators.blocks import missing_of
from uploader.validators.judging import range_words, severity_of, within
from uploader.validators.reading import text
from uploader.validators.recognition import Input

IMAGE_DAYS = ("AcquisitionDate", "AcquisitionDateTime", "SeriesDate", "ContentDate", "StudyDate")
OBJECT_DAYS: Mapping[str, Sequence[str]] = {
    "RTPLAN": ("RTPlanDate", "SeriesDate", "InstanceCreationDate"),
    "RTSTRUCT": ("StructureSetDate", "SeriesDate", "InstanceCreationDate"),
    "RTDOSE": ("ContentDate", "SeriesDate", "InstanceCreationDate"),
}
"""Modality -> keywords of its dates; the first that has one counts."""


def day(header: Header) -> date | None:
    """The day of an object; None where it has none that is one."""
    for keyword in OBJECT_DAYS.get(text(header, "Modality"), IMAGE_DAYS):
        try:
            return date.fromisoformat(text(header, keyword)[:8])
        except ValueError:
            continue
    return None


def answers(case: Case, line: str, said: Mapping[str, Any], asked: Sequence[Input]) -> Iterator[Answer]:
    """What the two inputs say to it: every pair of their days must lie within the range."""
    first, second = asked[:2]
    missing = [*missing_of(case, line, (first, second))]
    yield from missing or [_answer(case, line, said, first, second)]


def _answer(case: Case, line: str, said: Mapping[str, Any], first: Input, second: Input) -> Answer:
    earlier, later = ({day(case.headers[entry]) for entry in each.entries} for each in (first, second))
    known = [(b - a).days for a in earlier for b in later if a is not None and b is not None]
    outside = [days for days in known if not within(days, said.get("range", {}))]
    if outside:
        return wrong(_outside(second.entries[0], line, said, first, second, outside))
    if None in earlier or None in later:
        return unknown(f"{first.key} or {second.key} does not say its day")
    return right(f"{_days(min(known))} to {_days(max(known))}")


def _outside(
    where: str, line: str, said: Mapping[str, Any], first: Input, second: Input, outside: Sequence[int]
) -> Finding:
    return Finding(
        "references.interval",
        severity_of(said),
        where,
        f"too few or too many days lie between {first.key} and {second.key}",
        "send the objects that belong to one visit, or ask the trial whether the interval may be another",
        line=line,
        found=_days(max(outside, key=abs)),
        expected=range_words(said.get("range", {}), "days"),
    )


def _days(count: int) -> str:
    return f"{count} day{'' if abs(count) == 1 else 's'}"
