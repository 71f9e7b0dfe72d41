"""Dates move back by a secret number of days, the same for all of a subject: intervals stay, days of life do not."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset

from uploader.domain.identity import keyed
from uploader.passes.everywhere import everywhere
from uploader.passes.texts import put, tags_of_vr, values_of

OLDEST_YEARS = 89
"""Ages above become 090Y: so few people are older that the age tells who."""

_DATE_TAGS, _DATETIME_TAGS, _AGE_TAGS = tags_of_vr("DA"), tags_of_vr("DT"), tags_of_vr("AS")
_BIRTH_DATE = 0x00100030
_BIRTH_TAGS = frozenset(
    tag_for_keyword(keyword)
    for keyword in (
        "PatientBirthTime",
        "PatientBirthDateInAlternativeCalendar",
        "PatientDeathDateInAlternativeCalendar",
        "PatientAlternativeCalendar",
    )
)
_DATE = re.compile(r"(\d{4})(\.?)(\d{2})\2(\d{2})", re.ASCII)
_TIME = r"(?:(?:[01]\d|2[0-3])(?:[0-5]\d(?:(?:[0-5]\d|60)(?:\.\d{1,6})?)?)?)?"
_ZONE = r"(?:[+-](?:0\d|1[0-4])[0-5]\d)?"
_DATETIME = re.compile(rf"(\d{{8}})({_TIME}{_ZONE})", re.ASCII)
_AGE = re.compile(r"(\d{3})([DWMY])", re.ASCII)


def offset_days(key: bytes, patient_key: bytes, max_days: int) -> int:
    """Days from 1 to `max_days`, the same for the same patient under the same trial key, secret without it."""
    return 1 + int.from_bytes(keyed(key, "dates", patient_key)) % max_days


@dataclass(frozen=True, slots=True)
class ShiftDates:
    """Moves DA and DT back by `days`; time of day, fraction and zone stay, and so does TM. What is not a whole,
    valid date is emptied. Dates of birth are emptied or removed, never shifted."""

    days: int = field(repr=False)

    def on(self, level: Dataset) -> None:
        for tag, element in list(level.items()):
            change = self._change(tag, element.VR)
            if tag in _BIRTH_TAGS:
                del level[tag]
            elif change is not None and element.VR != "SQ":
                vr, of_one = change
                put(level, tag, vr, [of_one(value) for value in values_of(element)])

    def _change(self, tag: int, vr: str | None) -> tuple[str, Callable[[str], str]] | None:
        """VR to write and what to do with each value; None for what is no date."""
        if tag == _BIRTH_DATE:
            return "DA", lambda value: ""
        if vr == "DA" or tag in _DATE_TAGS:
            return "DA", self.date
        if vr == "DT" or tag in _DATETIME_TAGS:
            return "DT", self.datetime
        if vr == "AS" or tag in _AGE_TAGS:
            return "AS", capped_age
        return None

    def date(self, text: str) -> str:
        """A DA value or range, ``yyyymmdd`` or the old ``yyyy.mm.dd``; empty for anything else. PS3.5 6.2."""
        return _each_end(text, self._one_date)

    def datetime(self, text: str) -> str:
        """A DT value or range, at least to the day; empty for anything else. PS3.5 6.2."""
        return _each_end(text, self._one_datetime)

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
        return moved + match[2] if match and moved else None

    def apply(self, dataset: Dataset) -> None:
        everywhere((self,), dataset)

    def describe(self) -> str:
        return (
            "Moves every date back by a secret number of days, the same for all of a subject in a trial; times of "
            "day and zones stay. Empties what is not a whole date, and dates of birth. "
            f"Ages above {OLDEST_YEARS} years become 90."
        )


def capped_age(text: str) -> str:
    """An AS value, at most 090Y; empty when it is none."""
    match = _AGE.fullmatch(text)
    if match is None:
        return ""
    return "090Y" if match[2] == "Y" and int(match[1]) > OLDEST_YEARS else text


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
