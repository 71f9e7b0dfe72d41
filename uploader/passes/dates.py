"""Dates move back by a secret number of days, the same for all of a subject: intervals stay, days of life do not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from uploader.domain.identity import keyed
from uploader.passes.ages import OLDEST_YEARS, capped
from uploader.passes.values import texts, written

_DATE = re.compile(r"(\d{4})(\.?)(\d{2})\2(\d{2})", re.ASCII)
_TIME = r"(?:(?:[01]\d|2[0-3])(?:[0-5]\d(?:(?:[0-5]\d|60)(?:\.\d{1,6})?)?)?)?"
_ZONE = r"(?:[+-](?:0\d|1[0-4])[0-5]\d)?"
_CLOCK = re.compile(
    r"((?:[01]\d|2[0-3])(?:[0-5]\d(?:[0-5]\d|60)?|:[0-5]\d(?::(?:[0-5]\d|60))?)?)(?:(\.\d{1,6})\d*|\.)?", re.ASCII
)
"""With colons as ACR-NEMA wrote it. More than six figures of a second are cut off."""
_DATETIME = re.compile(rf"(\d{{8}})({_TIME})(?:(?<=\.\d{{6}})\d+|\.)?({_ZONE})", re.ASCII)


def offset_days(key: bytes, patient_key: bytes, max_days: int) -> int:
    """Days from 1 to `max_days`, the same for the same patient under the same trial key, secret without it."""
    return 1 + int.from_bytes(keyed(key, "dates", patient_key)) % max_days


@dataclass(frozen=True, slots=True)
class ShiftDates:
    """Moves DA and DT back by `days`; time of day, fraction and zone stay, and so does TM. What is not a whole,
    valid date, or not a time, is emptied.

    ages: what ages become of which the dates of birth and study say otherwise (`passes.ages`)
    """

    days: int = field(repr=False)
    ages: Mapping[str, str] = field(default_factory=dict, repr=False)

    def value(self, value: bytes, vr: bytes) -> bytes:
        """What a value of VR DA, DT, TM or AS becomes."""
        change = {b"DA": self.date, b"DT": self.datetime, b"AS": self.age}.get(vr, time_of_day)
        before = texts(value)
        after = [change(text) for text in before]
        return value if after == before else written(after)

    def date(self, text: str) -> str:
        """A DA value or range, ``yyyymmdd`` or the old ``yyyy.mm.dd``; empty for anything else. PS3.5 6.2."""
        return _each_end(text, self._one_date)

    def datetime(self, text: str) -> str:
        """A DT value or range, at least to the day; empty for anything else. PS3.5 6.2."""
        return _each_end(text, self._one_datetime)

    def age(self, text: str) -> str:
        """An AS value as it should have been, at most 090Y; empty when it is none and nothing tells it."""
        return capped(self.ages.get(text, text))

    def _one_date(self, text: str) -> str | None:
        match = _DATE.fullmatch(text)
        if match is None:
            return None
        year, dot, month, day = match.groups()
        try:
            moved = date(int(year), int(month), int(day)) - timedelta(self.days)
        except (ValueError, OverflowError):
            return None
        return f"{moved.year:04}{dot}{moved.month:02}{dot}{moved.day:02}"

    def _one_datetime(self, text: str) -> str | None:
        match = _DATETIME.fullmatch(text)
        moved = match and self._one_date(match[1])
        return moved + match[2] + match[3] if match and moved else None

    def describe(self) -> str:
        return (
            "Moves every date back by a secret number of days, the same for all of a subject in a trial; times of "
            "day and zones stay. Empties what is not a whole date. "
            "Ages that contradict the dates of birth and study are worked out anew; those "
            f"above {OLDEST_YEARS} years become 90."
        )


def time_of_day(text: str) -> str:
    """A TM value or range; empty for anything else. PS3.5 6.2."""
    return _each_end(text, _one_time)


def _one_time(text: str) -> str | None:
    match = _CLOCK.fullmatch(text)
    return match[1] + (match[2] or "") if match else None


def _each_end(text: str, of_one: Callable[[str], str | None]) -> str:
    """`of_one` of the value, or of both ends of a range, an open end staying open; empty for anything else."""
    whole = of_one(text)
    if whole is not None:
        return whole
    for dash in re.finditer("-", text):
        ends = text[: dash.start()], text[dash.end() :]
        moved = [of_one(end) if end else "" for end in ends]
        if any(ends) and None not in moved:
            return f"{moved[0]}-{moved[1]}"
    return ""
