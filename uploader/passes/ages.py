"""Ages: worked out anew from the dates of birth and of the study, and none above 89 years (PS3.5 6.2, VR AS)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

from uploader.elements import EXPLICIT, IMPLICIT, Element, Form, Irregular, Short, items, level, value_of
from uploader.instance import Instance
from uploader.passes.attributes import tags_of
from uploader.passes.values import texts

OLDEST_YEARS = 89
"""Ages above become 090Y: so few people are older that the age tells who."""

_CAPPED = "090Y"
_LONGEST_LIFE_YEARS = 120
"""From birth to a study. More is a birth date that was made up, such as 1 January 1900."""
_UNIT_FROM = {"Y": 24, "M": 3}
"""Months of age from which an age is told in a unit, where the source told it in none; below, weeks from 28 days."""
_DAYS_IN_WEEKS = 28

_FORMS = (EXPLICIT, IMPLICIT, Form(explicit=True, little=False))
_YEARS_IN = {b"a": 1, b"mo": 1 / 12, b"wk": 7 / 365.25, b"d": 1 / 365.25, b"h": 1 / 8766}
"""By code of UCUM."""
_DECIMAL = re.compile(rb"\+?[0-9]{1,9}(\.[0-9]*)?")
_AGE = re.compile(r"(\d{3})([DWMY])", re.ASCII)
_DATE = re.compile(r"(\d{4})(\.?)(\d{2})\2(\d{2})", re.ASCII)
[_WRITTEN] = tags_of("PatientAge")
[_BIRTH] = tags_of("PatientBirthDate")
[_STUDY] = tags_of("StudyDate")
[_NUMBER] = tags_of("NumericValue")
[_UNITS] = tags_of("MeasurementUnitsCodeSequence")
[_CODE_VALUE] = tags_of("CodeValue")
CONCEPTS = frozenset(
    {
        ("DCM", "121033"),
        ("SCT", "397669002"),
        ("SCT", "424144002"),
        ("LN", "30525-0"),
        ("LN", "29553-5"),
    }
)
"""Scheme and code of what a content item is about that tells how old the patient is: Subject Age of PS3.16, and the
same in SNOMED CT and LOINC, which PS3.15 table E.3.4-1 does not list."""


def capped(text: str) -> str:
    """An AS value, at most 090Y; empty when it is none."""
    match = _AGE.fullmatch(text)
    if match is None:
        return ""
    return _CAPPED if match[2] == "Y" and int(match[1]) > OLDEST_YEARS else text


def at(birth: str, study: str, like: str) -> str:
    """The age on the day of a study, from two DA values, at most 090Y; empty where they do not tell it.

    like: the age as it was written, which gives the unit. Where that is none, or has not enough figures: years from
        two years on, months from three months, weeks from four weeks, else days
    """
    born, day = _day(birth), _day(study)
    if born is None or day is None or not 0 <= (months := _months(born, day)) <= _LONGEST_LIFE_YEARS * 12:
        return ""
    days = (day - born).days
    counts = {"D": days, "W": days // 7, "M": months, "Y": months // 12}
    match = _AGE.fullmatch(like)
    unit = match[2] if match and counts[match[2]] < 1000 else _unit(months, days)
    return capped(f"{counts[unit]:03}{unit}")


def tellable(sequence: bytes) -> bool:
    """Whether the value of a Measured Value Sequence (0040,A300) is an age that may be told: one number of a unit of
    time, at most 89 years, or nothing at all."""
    for form in _FORMS:
        with suppress(Irregular, Short):
            return all(_young(sequence, level(sequence, *place, form), form) for place in _one(sequence, form))
    return False


@dataclass(slots=True)
class Ages:
    """What the objects of a session say of the patient's age, and what their dates say."""

    _told: dict[str, set[str]] = field(default_factory=dict)

    def noting(self, instances: Iterable[Instance]) -> Iterator[Instance]:
        """The same instances, looked at in passing."""
        for instance in instances:
            written, births, studies = (
                texts(value_of(instance.header.data, instance.header.elements, tag))
                for tag in (_WRITTEN, _BIRTH, _STUDY)
            )
            for like in written:
                told = {at(birth, study, like) for birth in births for study in studies} - {""}
                self._told.setdefault(like, set()).update(told)
            yield instance

    def corrected(self) -> Mapping[str, str]:
        """What each age that is written becomes, as far as dates tell; where they tell several, one that is written
        stands. An age that a script has set is not among them, and so not corrected."""
        return {
            written: capped(written) if capped(written) in told else min(told)
            for written, told in self._told.items()
            if told
        }


def _day(text: str) -> date | None:
    match = _DATE.fullmatch(text)
    try:
        return date(int(match[1]), int(match[3]), int(match[4])) if match else None
    except ValueError:
        return None


def _months(born: date, day: date) -> int:
    """Whole months; negative before birth."""
    return (day.year - born.year) * 12 + day.month - born.month - (day.day < born.day)


def _one(sequence: bytes, form: Form) -> list[tuple[int, int]]:
    """The items, of which there may be one. Raises Irregular, Short."""
    places = items(sequence, 0, len(sequence), form)
    if len(places) > 1:
        raise Irregular
    return places


def _young(data: bytes, measured: list[Element], form: Form) -> bool:
    """Raises Irregular, Short."""
    unit = next((e for e in measured if e[0] == _UNITS), None)
    places = items(data, unit[3], unit[4], form) if unit else []
    codes = [value_of(data, level(data, *place, form), _CODE_VALUE).strip(b" \0") for place in places]
    numbers = value_of(data, measured, _NUMBER).strip(b" \0")
    if len(codes) != 1 or codes[0] not in _YEARS_IN or not _DECIMAL.fullmatch(numbers):
        return False
    return float(numbers) * _YEARS_IN[codes[0]] < OLDEST_YEARS + 1


def _unit(months: int, days: int) -> str:
    unit = next((unit for unit, least in _UNIT_FROM.items() if months >= least), "W")
    return "D" if unit == "W" and days < _DAYS_IN_WEEKS else unit
