"""Dates and times of headers as moments: DA, TM and DT of PS3.5 6.2, and the punctuation of ACR-NEMA."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from uploader.ports import Header
from uploader.validators.reading import text

_DATE = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})$")
_TIME = re.compile(r"(\d{2}):?(\d{2})(?::?(\d{2})(?:\.(\d{1,6}))?)?$")
_OFFSET = re.compile(r"(?P<sign>[+-])(?P<hours>\d{2})(?P<minutes>\d{2})$")


def day_in(written: str) -> date | None:
    """The day of a DA; None for what is none."""
    found = _DATE.match(written.strip())
    try:
        return date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None


def time_in(written: str) -> time | None:
    """The time of day of a TM, which says at least hours and minutes; None for what is none."""
    found = _TIME.match(written.strip())
    if not found:
        return None
    hours, minutes, seconds, fraction = found.groups()
    try:
        return time(int(hours), int(minutes), int(seconds or 0), int((fraction or "0").ljust(6, "0")))
    except ValueError:
        return None


def moment_in(written: str, zone: str = "") -> datetime | None:
    """The moment of a DT, without its offset from UTC; None for what says no time of day.

    zone: Timezone Offset From UTC (0008,0201), in which the other times of the object are; one that the DT states
        differently is converted
    """
    found = _OFFSET.search(written.strip())
    plain = written.strip()[: found.start()] if found else written.strip()
    day, hour = day_in(plain[:8]), time_in(plain[8:])
    if day is None or hour is None:
        return None
    moment = datetime.combine(day, hour)
    return moment + _between(written, zone) if found and _OFFSET.search(zone) else moment


def moment(header: Header, kind: str) -> datetime | None:
    """When, by ``<kind>Date`` and ``<kind>Time``, or else ``<kind>DateTime``; kind: ``Series``, ``Acquisition``."""
    day, hour = day_in(text(header, f"{kind}Date")), time_in(text(header, f"{kind}Time"))
    if day is not None and hour is not None:
        return datetime.combine(day, hour)
    return moment_in(text(header, f"{kind}DateTime"), text(header, "TimezoneOffsetFromUTC"))


def _between(written: str, zone: str) -> timedelta:
    """What is to be added to a time of the first offset to have that of the second."""
    one, other = _offsets(written, zone)
    return other - one


def _offsets(*written: str) -> Iterator[timedelta]:
    for each in written:
        found = _OFFSET.search(each.strip())
        sign = -1 if found and found["sign"] == "-" else 1
        yield sign * timedelta(hours=int(found["hours"]), minutes=int(found["minutes"])) if found else timedelta()
