"""Dates: intervals stay, the calendar does not, and what is no date does not pass."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from tests.passes.treated import treated
from uploader.passes.dates import ShiftDates, offset_days, time_of_day

days = st.integers(1, 3650)
dates = st.dates(date(1900, 1, 1), date(2100, 1, 1))
times = st.from_regex(r"(([01][0-9]|2[0-3])([0-5][0-9]([0-5][0-9](\.[0-9]{1,6})?)?)?)?", fullmatch=True)
zones = st.sampled_from(["", "+0100", "-0500", "+1400", "-0330"])


def da(day: date) -> str:
    return day.strftime("%Y%m%d")


def parsed(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:8]))


@given(dates, dates, days)
def test_an_interval_between_two_dates_stays(one: date, other: date, shift: int) -> None:
    move = ShiftDates(shift).date
    assert parsed(move(da(one))) - parsed(move(da(other))) == one - other


@given(dates, days)
def test_a_date_moves_back(day: date, shift: int) -> None:
    assert (day - parsed(ShiftDates(shift).date(da(day)))).days == shift


@given(dates, times, zones, days)
def test_time_of_day_and_zone_stay(day: date, clock: str, zone: str, shift: int) -> None:
    moved = ShiftDates(shift).datetime(da(day) + clock + zone)
    assert moved == ShiftDates(shift).date(da(day)) + clock + zone


@given(st.text(max_size=24), days)
def test_whatever_comes_in_a_date_or_nothing_goes_out(text: str, shift: int) -> None:
    moved = ShiftDates(shift).date(text)
    assert not moved or (moved != text and moved.replace(".", "").replace("-", "").isascii())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("20200301", "20200229"),
        ("2020.03.01", "2020.02.29"),
        ("20200301-20200331", "20200229-20200330"),
        ("-20200301", "-20200229"),
        ("20200301-", "20200229-"),
        ("20200230", ""),
        ("00010101", ""),
        ("202003", ""),
        ("2020", ""),
        ("-", ""),
        ("March 1st", ""),
        ("\u0662\u0660\u0662\u0660\u0660\u0663\u0660\u0661", ""),
        ("2020.0301", ""),
    ],
)
def test_a_date(before: str, after: str) -> None:
    assert ShiftDates(1).date(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("20200301123456.789000+0100", "20200229123456.789000+0100"),
        ("20200301123456.7890001+0100", "20200229123456.789000+0100"),
        ("20200301123456.", "20200229123456"),
        ("20200301-0500", "20200229-0500"),
        ("20200301-0500-20200401-0500", "20200229-0500-20200331-0500"),
        ("2020030112-", "2020022912-"),
        ("202003", ""),
        ("20200301 noon", ""),
        ("2020030199", ""),
    ],
)
def test_a_datetime(before: str, after: str) -> None:
    assert ShiftDates(1).datetime(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("12", "12"),
        ("123456.789", "123456.789"),
        ("12:34:56.7", "12:34:56.7"),
        ("235960", "235960"),
        ("1200-1300", "1200-1300"),
        ("1200-", "1200-"),
        ("101010.12345678", "101010.123456"),
        ("101010.", "101010"),
        ("20210309101010", ""),
        ("20210309", ""),
        ("246060", ""),
        ("Jane", ""),
    ],
)
def test_a_time_of_day_stays_and_nothing_else_passes_for_one(before: str, after: str) -> None:
    assert time_of_day(before) == after


def shifted(keyword: str, value: object) -> object:
    dataset = Dataset()
    setattr(dataset, keyword, value)
    return treated(dataset, days=1).get(keyword)


def test_each_of_several_dates_moves() -> None:
    assert shifted("DateOfLastCalibration", ["20200301", "", "20200302"]) == ["20200229", "", "20200301"]


def test_times_and_zone_stay() -> None:
    assert (shifted("StudyTime", "1234"), shifted("AcquisitionTime", "120000.5")) == ("1234", "120000.5")


def test_a_birth_date_is_emptied_not_shifted() -> None:
    assert not shifted("PatientBirthDate", "19600301")


@pytest.mark.parametrize(
    "keyword", ["PatientBirthTime", "PatientBirthDateInAlternativeCalendar", "PatientDeathDateInAlternativeCalendar"]
)
def test_what_else_tells_of_birth_and_death_is_removed(keyword: str) -> None:
    assert shifted(keyword, "120000") is None


def test_a_date_in_a_nested_item_moves() -> None:
    inner, item, dataset = Dataset(), Dataset(), Dataset()
    inner.InstanceCreationDate = "20200301"
    item.SourceImageSequence = [inner]
    dataset.ReferencedImageSequence = [item]
    after = treated(dataset, days=1)
    assert after.ReferencedImageSequence[0].SourceImageSequence[0].InstanceCreationDate == "20200229"


def test_a_date_under_a_wrong_vr_does_not_stay() -> None:
    dataset = Dataset()
    dataset.add_new("StudyDate", "LO", "20200301")
    after = treated(dataset, days=1)
    assert (after["StudyDate"].VR, after.StudyDate) == ("DA", "")


@given(st.binary(min_size=1), st.binary(), st.integers(1, 10_000))
def test_the_offset_is_within_its_bounds_and_always_the_same(key: bytes, patient: bytes, most: int) -> None:
    offset = offset_days(key, patient, most)
    assert 1 <= offset <= most
    assert offset == offset_days(key, patient, most)


def test_patients_and_trials_have_offsets_of_their_own() -> None:
    patients = {offset_days(b"key", b"%d" % n, 100_000) for n in range(50)}
    trials = {offset_days(b"%d" % n, b"patient", 100_000) for n in range(50)}
    assert (len(patients) > 45, len(trials) > 45) == (True, True)


def test_the_offset_is_not_printed() -> None:
    assert "4711" not in repr(ShiftDates(4711)) + ShiftDates(4711).describe()
