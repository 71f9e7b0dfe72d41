"""Functions that shift dates, and the cap of ages."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from uploader.dicomedit import access
from uploader.dicomedit.functions.registry import function
from uploader.dicomedit.functions.text import whole_number
from uploader.dicomedit.paths import Path, parse_path
from uploader.dicomedit.state import State, Value, paths, quoted_paths
from uploader.dicomedit.values import Unfit, text_of

UNITS = {"years": 365 * 86400, "days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}
"""Seconds in a unit; a year is 365 days."""
OLDEST_DAYS, OLDEST_YEARS = 32506, 89
"""89 years in days, and the highest age that is left as it is."""

_FORM = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\.\d{1,6})?([+-]\d{4})?", re.ASCII)
_AGE = re.compile(r"(\d{3})([DWMY])", re.ASCII)
_CYCLE = 400
"""Years after which the calendar repeats; dates are reckoned in 2000-2399, so that the year 9999 is no border."""
_LAYOUT = ("%Y", "%m", "%d", "%H", "%M", "%S")


def shifted(text: str, seconds: int) -> str:
    """A DA or DT text moved by `seconds`, with the precision, fraction and zone that it has.

    An incomplete value is moved from the middle of the time that it stands for. Raises Unfit.
    """
    form = _FORM.fullmatch(text)
    if form is None:
        raise Unfit("this is not a date or a date with time")
    parts = [int(p) for p in form.groups()[:6] if p is not None]
    if "".join(p for p in form.groups() if p is not None) != text or not _fair_zone(form[8]):
        raise Unfit("this is not a date or a date with time")
    cycles = parts[0] - parts[0] % _CYCLE - 2000
    try:
        moved = _middle([parts[0] - cycles, *parts[1:]]) + timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        raise Unfit("the date is not in the calendar, before or after the shift") from None
    if moved.year + cycles < 0:
        raise Unfit("the shift leads to a time before the year 0")
    digits = f"{moved.year + cycles:04}" + "".join(moved.strftime(f) for f in _LAYOUT[1 : len(parts)])
    return digits + (form[7] or "") + (form[8] or "")


def _fair_zone(zone: str | None) -> bool:
    return zone is None or (int(zone[3:5]) < 60 and int(zone[1:3]) * 60 + int(zone[3:5]) <= 18 * 60)


def _middle(parts: list[int]) -> datetime:
    """The middle of the year, month, day, hour or minute that `parts` name. Raises ValueError."""
    if len(parts) == 1:
        return datetime(parts[0], 7, 1)
    if len(parts) == 2:
        if not 1 <= parts[1] <= 12:
            raise ValueError
        days = calendar.monthrange(parts[0], parts[1])[1]
        return datetime(parts[0], parts[1], days // 2 + 1, 12 * (days % 2))
    half = {3: timedelta(hours=12), 4: timedelta(minutes=30), 5: timedelta(seconds=30)}.get(len(parts), timedelta())
    return datetime(*parts) + half  # type: ignore[arg-type]


@function("shiftDateByIncrement", "a date moved by a number of days", least=2)
def shift_date(state: State, arguments: tuple[Value, ...]) -> Value:
    return _shift(state, arguments, {"DA"}, "days")


@function("shiftDateTimeByIncrement", "a date with time moved by a number of seconds", least=2)
def shift_date_time(state: State, arguments: tuple[Value, ...]) -> Value:
    return _shift(state, arguments, {"DA", "DT"}, "seconds")


def _shift(state: State, arguments: tuple[Value, ...], vrs: set[str], unit: str) -> str:
    source = arguments[0]
    if isinstance(source, Path) and access.vr_at(state.dataset, source) not in vrs:
        raise Unfit(f"{source} is missing or is not of VR {' or '.join(sorted(vrs))}")
    text = state.needed(source, "a date shift")
    step = UNITS[unit] if len(arguments) < 3 else _unit(state, arguments[2])
    return shifted(text, whole_number(state, arguments[1], "a date shift") * step)


def _unit(state: State, value: Value) -> int:
    return seconds_in(state.needed(value, "a unit"))


def seconds_in(unit: str) -> int:
    """Raises Unfit for a unit that is not known."""
    seconds = UNITS.get(unit.lower())
    if seconds is None:
        raise Unfit(f"the unit must be one of {', '.join(UNITS)}")
    return seconds


@function("shiftDateTimeSequenceByIncrement", "move dates by a number of seconds", least=2, effect=True)
def shift_sequence(state: State, arguments: tuple[Value, ...]) -> Value:
    seconds = whole_number(state, arguments[0], "a date shift")
    for path in quoted_paths(state, arguments[1:]):
        _replace(state, path, lambda text: shifted(text, seconds) if _FORM.fullmatch(text) else text)
    return None


@function("shiftDateTimeListByIncrement", "move dates by a number of units", least=3, effect=True)
def shift_list(state: State, arguments: tuple[Value, ...]) -> Value:
    if not isinstance(arguments[0], list):
        raise Unfit("shiftDateTimeListByIncrement takes a list of paths")
    seconds = whole_number(state, arguments[1], "a date shift") * _unit(state, arguments[2])
    for path in paths(arguments[0]):
        _replace(state, path, lambda text: shifted(text, seconds))
    return None


def _replace(state: State, path: Path, change: Callable[[str], str]) -> None:
    for dataset, tag in access.leaves(state.dataset, path):
        text = text_of(dataset, tag)
        if text:
            access.put(dataset, tag, change(text), path)


@function(
    "scalePatientAgeAndDobFromStudyDate", "cap the patient's age at 89, and move the birth date to fit", effect=True
)
def scale_age(state: State, arguments: tuple[Value, ...]) -> Value:
    """Without a study date the birth date cannot be judged and stays; the age is capped all the same."""
    birth, study, age = (access.read(state.dataset, parse_path(p)) for p in _AGE_PATHS)
    if birth and not study and state.host.compatible:
        return None
    if birth and study:
        excess = (_day(study) - _day(birth)).days - OLDEST_DAYS
        if excess > 0:
            _replace(state, parse_path("*/(0010,0030)"), lambda text: shifted(text, excess * 86400))
    if age and _years(age) > OLDEST_YEARS:
        _replace(state, parse_path("*/(0010,1010)"), lambda text: f"{OLDEST_YEARS:03}Y")
    return None


_AGE_PATHS = ("(0010,0030)", "(0008,0020)", "(0010,1010)")


def _day(text: str) -> datetime:
    shifted(text, 0)
    digits = text[:8]
    return _middle([int(p) for p in (digits[:4], digits[4:6], digits[6:8]) if p])


def _years(age: str) -> int:
    form = _AGE.fullmatch(age)
    if form is None:
        raise Unfit("the patient's age is not written as three digits and D, W, M or Y")
    return int(form[1]) if form[2] == "Y" else 0
