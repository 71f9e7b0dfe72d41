"""Ages: as the dates of birth and study say, in the unit of the source, and none above 89 years."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.uid import BasicTextSRStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from tests.passes.test_items import item, report
from tests.passes.treated import treated
from uploader.passes.ages import at, capped

births = st.dates(date(1900, 1, 1), date(2020, 1, 1))
YEARS = {"Y": 365.2425, "M": 30.436875, "W": 7, "D": 1}


@pytest.mark.parametrize(
    ("before", "after"),
    [("089Y", "089Y"), ("090Y", "090Y"), ("103Y", "090Y"), ("011M", "011M"), ("97", ""), ("97Y", "")],
)
def test_an_age_above_89_years_becomes_90(before: str, after: str) -> None:
    assert capped(before) == after


@pytest.mark.parametrize(
    ("birth", "study", "like", "age"),
    [
        ("19600301", "20210301", "050Y", "061Y"),
        ("19600301", "20210228", "050Y", "060Y"),
        ("20000229", "20210228", "", "020Y"),
        ("20000229", "20210301", "", "021Y"),
        ("1960.03.01", "20210301", "", "061Y"),
        ("20190301", "20210301", "", "002Y"),
        ("20190302", "20210301", "", "023M"),
        ("20201201", "20210301", "", "003M"),
        ("20201202", "20210301", "", "012W"),
        ("20210201", "20210301", "", "004W"),
        ("20210202", "20210301", "", "027D"),
        ("20210301", "20210301", "", "000D"),
        ("20180301", "20210301", "035M", "036M"),
        ("20210101", "20210301", "000Y", "000Y"),
        ("20210101", "20210301", "001W", "008W"),
        ("20000101", "20210301", "900D", "021Y"),
        ("19310228", "20210301", "020Y", "090Y"),
        ("19210301", "20210301", "020Y", "090Y"),
    ],
)
def test_an_age_is_counted_in_whole_units_of_the_source(birth: str, study: str, like: str, age: str) -> None:
    assert at(birth, study, like) == age


@pytest.mark.parametrize(
    ("birth", "study"),
    [
        ("", "20210301"),
        ("19600301", ""),
        ("196003", "20210301"),
        ("19600231", "20210301"),
        ("19600301-19600302", "20210301"),
        ("20210302", "20210301"),
        ("19000101", "20210301"),
        ("Doe", "Jane"),
    ],
)
def test_dates_that_are_none_or_cannot_be_tell_no_age(birth: str, study: str) -> None:
    assert at(birth, study, "050Y") == ""


@given(births, st.integers(0, 100 * 365), st.sampled_from(["", "001D", "001W", "001M", "001Y"]))
def test_an_age_is_never_more_than_a_unit_off_and_never_tells_the_old(birth: date, days: int, like: str) -> None:
    study = birth + timedelta(days)
    age = at(f"{birth:%Y%m%d}", f"{study:%Y%m%d}", like)
    unit = YEARS[age[3]]
    assert age == "090Y" or days - unit - 2 <= int(age[:3]) * unit <= days + 2
    assert (age == "090Y") == (days // 365.2425 > 89 or study >= _birthday(birth, 90))


def _birthday(birth: date, years: int) -> date:
    try:
        return birth.replace(year=birth.year + years)
    except ValueError:
        return date(birth.year + years, 3, 1)


def subject_age(
    number: str, unit: str = "a", concept: tuple[str, str] = ("121033", "NUM"), scheme: str = "DCM"
) -> Dataset:
    age, measured, units = item(concept, scheme), Dataset(), Dataset()
    units.CodeValue, units.CodingSchemeDesignator, units.CodeMeaning = unit, "UCUM", unit
    measured.NumericValue, measured.MeasurementUnitsCodeSequence = number, [units]
    age.MeasuredValueSequence = [measured]
    return age


def told(age: Dataset, policy: str = "trial", syntax: str = ExplicitVRLittleEndian) -> list[str]:
    """The numbers that are left in a report with this item."""
    items = treated(report(age), policy, syntax=syntax).ContentSequence
    return [str(m.NumericValue) for i in items for m in i.get("MeasuredValueSequence", [])]


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
@pytest.mark.parametrize(
    ("number", "unit", "left"),
    [
        ("67", "a", ["67"]),
        ("89.9", "a", ["89.9"]),
        ("90", "a", []),
        ("1000", "mo", ["1000"]),
        ("1100", "mo", []),
        ("100", "wk", ["100"]),
        ("67", "furlong", []),
    ],
)
def test_the_age_in_a_report_is_told_up_to_89_years(syntax: str, number: str, unit: str, left: list[str]) -> None:
    assert told(subject_age(number, unit), syntax=syntax) == left


@pytest.mark.parametrize(("scheme", "code"), [("SCT", "424144002"), ("SCT", "397669002"), ("LN", "30525-0")])
def test_an_age_by_another_code_is_an_age(scheme: str, code: str) -> None:
    assert told(subject_age("95", concept=(code, "NUM"), scheme=scheme)) == []
    assert told(subject_age("67", concept=(code, "NUM"), scheme=scheme), "basic") == []


def test_an_age_that_a_report_tells_as_text_says_nothing() -> None:
    age = item(("121033", "TEXT"))
    age.TextValue = "ninety five"
    assert treated(report(age), "trial").ContentSequence[0].TextValue == "REMOVED"


def test_ages_are_removed_where_characteristics_are_not_retained() -> None:
    dataset = Dataset()
    dataset.PatientAge, dataset.SOPClassUID = "045Y", BasicTextSRStorage
    assert "PatientAge" not in treated(dataset)
