"""Days and times of day of a session, moved so that they do not tell when it was.

The earliest day becomes 1 January 2000 and the earliest time of day, whatever the day, midnight. All days move alike
and all times move alike, so that what lies between two of them stays, and no time passes midnight. A time that is
written as midnight says that there is none, and stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final

from uploader import dictionary, vendor
from uploader.ports import Header

_FIRST = date(2000, 1, 1)
_MIDNIGHT = timedelta()
_OF_PEOPLE: Final = frozenset({"PatientBirthDate"})
_CLOCK: Final = r"(?P<hour>[01]\d|2[0-3]):?(?P<minute>[0-5]\d):?(?P<second>[0-5]\d|60)?(?P<fraction>\.\d{1,6})?"
_DA, _TM = re.compile(r"\d{8}", re.ASCII), re.compile(_CLOCK, re.ASCII)
_DT = re.compile(rf"(?P<day>\d{{8}})(?P<clock>{_CLOCK})?(?P<zone>[+-]\d{{4}})?", re.ASCII)


class Moved:
    """Texts of VR DA, TM, DT to others of the same VR; None for what is none, for it may be anything."""

    def __init__(self, headers: Iterable[Header]) -> None:
        several = list(headers)
        days = [day for header in several for text in _days(header) if (day := _day(text))]
        clocks = [clock for header in several for text in _clocks(header) if (clock := _clock(text)) is not None]
        self._back = min(days, default=_FIRST) - _FIRST
        self._early = min((clock for clock in clocks if clock > _MIDNIGHT), default=_MIDNIGHT)

    def day(self, text: str) -> str | None:
        day = _day(text)
        try:
            return None if day is None else f"{day - self._back:%Y%m%d}"
        except OverflowError:  # beyond the years that there are: no day of a session
            return None

    def time(self, text: str) -> str | None:
        clock = _clock(text)
        if clock is None:
            return None
        moved = clock - self._early if clock > _MIDNIGHT else clock
        seconds, fraction = moved.seconds, moved.microseconds
        written = f"{seconds // 3600:02}{seconds // 60 % 60:02}{seconds % 60:02}"
        return written + (f".{fraction:06}" if fraction or "." in text else "")

    def moment(self, text: str) -> str | None:
        found = _DT.fullmatch(text.strip())
        day = self.day(found["day"]) if found else None
        if found is None or day is None:
            return None
        return day + (self.time(found["clock"]) or "" if found["clock"] else "") + (found["zone"] or "")


def vr_of(keyword: str) -> str | None:
    """VR of an attribute of a header; None for one that has none."""
    if keyword == vendor.PET_SCAN_TIME:
        return "DT"
    tag = dictionary.tag_of(keyword)
    return None if tag is None else dictionary.vr_of(tag)


def _day(text: str) -> date | None:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8])) if _DA.fullmatch(text.strip()) else None
    except ValueError:
        return None


def _clock(text: str) -> timedelta | None:
    found = _TM.fullmatch(text.strip())
    if not found:
        return None
    fraction = int((found["fraction"] or ".0")[1:].ljust(6, "0"))
    return timedelta(0, int(found["second"] or 0), fraction, 0, int(found["minute"]), int(found["hour"]))


def _days(header: Header) -> Iterator[str]:
    for keyword, value in header.items():
        if keyword.endswith("Date") and keyword not in _OF_PEOPLE and isinstance(value, str):
            yield value


def _clocks(header: Header) -> Iterator[str]:
    """Times of day, at any depth."""
    for keyword, value in header.items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, Mapping):
                yield from _clocks(each)
            elif isinstance(each, str):
                yield from _time_in(keyword, each)


def _time_in(keyword: str, text: str) -> Iterator[Any]:
    vr = vr_of(keyword)
    if vr == "TM":
        yield text
    elif vr == "DT" and (found := _DT.fullmatch(text.strip())) and found["clock"]:
        yield found["clock"]
