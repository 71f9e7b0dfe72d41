"""Dates and times of headers are read as the standard writes them, and as older files do."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from uploader.validators.moments import day_in, moment, moment_in, time_in


@pytest.mark.parametrize(
    ("written", "day"),
    [("20260105", date(2026, 1, 5)), ("2026.01.05", date(2026, 1, 5)), ("20261305", None), ("", None), ("2026", None)],
)
def test_a_day_is_read(written, day):
    assert day_in(written) == day


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("1015", time(10, 15)),
        ("101530", time(10, 15, 30)),
        ("10:15:30.5", time(10, 15, 30, 500_000)),
        ("101530.001000 ", time(10, 15, 30, 1000)),
        ("256000", None),
        ("10", None),
        ("", None),
    ],
)
def test_a_time_of_day_is_read(written, hour):
    assert time_in(written) == hour


@pytest.mark.parametrize(
    ("written", "zone", "at"),
    [
        ("20260105101530.25", "", datetime(2026, 1, 5, 10, 15, 30, 250_000)),
        ("202601051015", "", datetime(2026, 1, 5, 10, 15)),
        ("20260105101530+0100", "", datetime(2026, 1, 5, 10, 15, 30)),
        ("20260105101530+0000", "+0100", datetime(2026, 1, 5, 11, 15, 30)),
        ("20260105001530+0100", "-0500", datetime(2026, 1, 4, 18, 15, 30)),
        ("20260105", "", None),
        ("soon", "", None),
    ],
)
def test_a_moment_is_read_in_the_time_of_the_object(written, zone, at):
    assert moment_in(written, zone) == at


def test_a_moment_is_in_two_attributes_or_in_one():
    assert moment({"SeriesDate": "20260105", "SeriesTime": "1015"}, "Series") == datetime(2026, 1, 5, 10, 15)
    assert moment({"AcquisitionDateTime": "20260105101500"}, "Acquisition") == datetime(2026, 1, 5, 10, 15)
    assert moment({"SeriesDate": "20260105"}, "Series") is None
