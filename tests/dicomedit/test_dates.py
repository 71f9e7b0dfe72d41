"""Dates that are shifted, and the cap of ages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dicomedit.headers import changes, edited
from uploader.domain.errors import BadScript, ScriptFailed

HEADER: dict[str, Any] = {
    "StudyDate": "20240115",
    "SeriesDate": ["20240101", "20240102"],
    "AcquisitionDateTime": "20240115131415.5+0100",
    "StudyTime": "131415",
    "PatientName": "A^B",
    "PatientBirthDate": "",
    "Rows": 2024,
    "RequestAttributesSequence": [{"ScheduledProcedureStepStartDate": "20240228"}, {"AcquisitionDateTime": ""}],
}


@pytest.mark.parametrize(
    ("date", "arguments", "result"),
    [
        ("20240115", "10", "20240125"),
        ("20240115", "0", "20240115"),
        ("20240115", '"+5"', "20240120"),
        ("20240115", "-15", "20231231"),
        ("20240228", "1", "20240229"),
        ("20230228", "1", "20230301"),
        ("20000228", "2", "20000301"),
        ("19000228", "1", "19000301"),
        ("20240115", "-3650", "20140117"),
        ("20240115", '1, "days"', "20240116"),
        ("20240115", '1, "YEARS"', "20250114"),
        ("20230115", '1, "years"', "20240115"),
        ("20240115", '12, "Hours"', "20240116"),
        ("20240115", '11, "hours"', "20240115"),
        ("20240115", '-12, "hours"', "20240115"),
        ("20240115", '-13, "hours"', "20240114"),
        ("20240115", '720, "minutes"', "20240116"),
        ("20240115", '719, "minutes"', "20240115"),
        ("20240115", '43199, "seconds"', "20240115"),
        ("20240115", '43200, "seconds"', "20240116"),
        ("202401", "15", "202401"),
        ("202401", "16", "202402"),
        ("202401", "-15", "202401"),
        ("202401", "-16", "202312"),
        ("202404", "14", "202404"),
        ("202404", "15", "202405"),
        ("202404", "-15", "202404"),
        ("202404", "-16", "202403"),
        ("202402", "14", "202402"),
        ("202402", "15", "202403"),
        ("202302", "13", "202302"),
        ("202302", "14", "202303"),
        ("2024", "183", "2024"),
        ("2024", "184", "2025"),
        ("2024", "-182", "2024"),
        ("2024", "-183", "2023"),
        ("2024", "-300", "2023"),
        ("2024011523", "1", "2024011623"),
        ("20240115235959", "1", "20240116235959"),
        ("20240115235959.123456-0500", "1", "20240116235959.123456-0500"),
        ("99991231", "1", "100000101"),
    ],
)
def test_a_date_is_moved_by_days_with_the_precision_that_it_has(date: str, arguments: str, result: str) -> None:
    assert edited(f'(4000,4000) := shiftDateByIncrement["{date}", {arguments}]', {}).TextComments == result


@pytest.mark.parametrize(
    ("date", "arguments", "result"),
    [
        ("20240115131415", "1", "20240115131416"),
        ("20240115131415", "-600", "20240115130415"),
        ("20240115235959", "1", "20240116000000"),
        ("20231231235959", "1", "20240101000000"),
        ("20240115131415", '1, "days"', "20240116131415"),
        ("20240115131415", '-1, "Years"', "20230115131415"),
        ("20240115131415", '3, "hours"', "20240115161415"),
        ("20240115131415", '46, "MINUTES"', "20240115140015"),
        ("20240115131415.5", "1", "20240115131416.5"),
        ("20240115131415.123456", "1", "20240115131416.123456"),
        ("20240115131415+1200", "1", "20240115131416+1200"),
        ("20240115131415-1800", "1", "20240115131416-1800"),
        ("20240115131415.9-0530", "60", "20240115131515.9-0530"),
        ("202401151330", "29", "202401151330"),
        ("202401151330", "30", "202401151331"),
        ("202401151330", "-30", "202401151330"),
        ("202401151330", "-31", "202401151329"),
        ("2024011513", "1799", "2024011513"),
        ("2024011513", "1800", "2024011514"),
        ("2024011523", "1800", "2024011600"),
        ("20240115", "43199", "20240115"),
        ("20240115", "43200", "20240116"),
        ("2024", "86400", "2024"),
        ("202401151330-0800", "30", "202401151331-0800"),
    ],
)
def test_a_date_with_time_is_moved_by_seconds(date: str, arguments: str, result: str) -> None:
    assert edited(f'(4000,4000) := shiftDateTimeByIncrement["{date}", {arguments}]', {}).TextComments == result


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("shiftDateByIncrement[(0008,0020), 1]", "20240116"),
        ("shiftDateByIncrement[(0040,0275)[0]/(0040,0002), 2]", "20240301"),
        ("shiftDateTimeByIncrement[(0008,0020), 43200]", "20240116"),
        ("shiftDateTimeByIncrement[(0008,002A), 1]", "20240115131416.5+0100"),
        ('shiftDateByIncrement[(0008,0020), concatenate["-", 1]]', "20240114"),
        ('shiftDateByIncrement[concatenate["2024", "0115"], 1]', "20240116"),
    ],
)
def test_an_element_with_a_date_is_read(call: str, text: str) -> None:
    assert edited(f"(4000,4000) := {call}", HEADER).TextComments == text


@pytest.mark.parametrize(
    "call",
    [
        'shiftDateByIncrement["20240115"]', "shiftDateByIncrement[]", 'shiftDateByIncrement["20240115", 1.5]',
        'shiftDateByIncrement["20240115", " 1"]', 'shiftDateByIncrement["20240115", ""]',
        'shiftDateByIncrement["20240115", "x"]',
        'shiftDateByIncrement["20240115", 3000000000]', 'shiftDateByIncrement["20240115", 1, "months"]',
        'shiftDateByIncrement["20240115", 1, "weeks"]', 'shiftDateByIncrement["20240115", 1, "day"]',
        'shiftDateByIncrement["20240115", 1, ""]', 'shiftDateByIncrement["20240115", (0010,1010)]',
        'shiftDateByIncrement["20241315", 1]', 'shiftDateByIncrement["20240230", 1]',
        'shiftDateByIncrement["20230229", 1]',
        'shiftDateByIncrement["20240100", 1]', 'shiftDateByIncrement["2024-01-15", 1]',
        'shiftDateByIncrement["2024011", 1]',
        'shiftDateByIncrement["202", 1]', 'shiftDateByIncrement["", 1]', 'shiftDateByIncrement["20240115 ", 1]',
        'shiftDateByIncrement["20240115\\\\20240116", 1]', 'shiftDateByIncrement["٢٠٢٤", 1]',
        "shiftDateByIncrement[(0008,0012), 1]", "shiftDateByIncrement[(0008,002A), 1]",
        "shiftDateByIncrement[(0008,0030), 1]",
        "shiftDateByIncrement[(0010,0010), 1]", "shiftDateByIncrement[(0028,0010), 1]",
        "shiftDateByIncrement[(0010,0030), 1]",
        "shiftDateByIncrement[(0008,0021), 1]", 'shiftDateTimeByIncrement["20240115131415.1234567", 1]',
        'shiftDateTimeByIncrement["20240115131415.", 1]', 'shiftDateTimeByIncrement["20240115131460", 1]',
        'shiftDateTimeByIncrement["20240115136000", 1]', 'shiftDateTimeByIncrement["20240115240000", 1]',
        'shiftDateTimeByIncrement["20240115131415+1801", 1]', 'shiftDateTimeByIncrement["20240115131415+0160", 1]',
        'shiftDateTimeByIncrement["20240115131415+01", 1]', 'shiftDateTimeByIncrement["20240115131415Z", 1]',
        "shiftDateTimeByIncrement[(0008,0030), 1]", "shiftDateTimeByIncrement[(0010,1010), 1]",
    ],
)  # fmt: skip
def test_what_is_no_date_or_no_step_fails_the_script(call: str) -> None:
    with pytest.raises((BadScript, ScriptFailed)):
        edited(f"(4000,4000) := {call}", HEADER)


STEP = "RequestAttributesSequence[0]/ScheduledProcedureStepStartDate"


@pytest.mark.parametrize(
    ("statement", "changed"),
    [
        ('shiftDateTimeSequenceByIncrement[86400, "(0008,0020)"]', {"StudyDate": "20240116"}),
        (
            'shiftDateTimeSequenceByIncrement["86400", "(0008,0020)", "*/(0040,0002)"]',
            {"StudyDate": "20240116", STEP: "20240229"},
        ),
        ('shiftDateTimeSequenceByIncrement[1, "*/(0008,002A)"]', {"AcquisitionDateTime": "20240115131416.5+0100"}),
        ('shiftDateTimeSequenceByIncrement[86400, "(0040,0275)[0]/(0040,0002)"]', {STEP: "20240229"}),
        ('shiftDateTimeSequenceByIncrement[86400, "(0008,0021)", "(0010,0010)", "(0010,0030)", "(0010,1010)"]', {}),
        ('shiftDateTimeSequenceByIncrement[86400, "(0040,0275)"]', {}),
        ('shiftDateTimeListByIncrement[{(0008,0020)}, 1, "days"]', {"StudyDate": "20240116"}),
        (
            'shiftDateTimeListByIncrement[{"(0008,0020)", {*/(0040,0002)}}, "-1", "Days"]',
            {"StudyDate": "20240114", STEP: "20240227"},
        ),
        (
            'd := {*/(0008,002A)}\nshiftDateTimeListByIncrement[d, 1, "years"]',
            {"AcquisitionDateTime": "20250114131415.5+0100"},
        ),
        ('shiftDateTimeListByIncrement[{(0010,0030), (0010,1010)}, 1, "days"]', {}),
        ('shiftDateTimeListByIncrement[{}, 1, "days"]', {}),
        ('shiftDateTimeListByIncrement[{(0028,0010)}, 365, "days"]', {"Rows": "2025"}),
    ],
)
def test_dates_are_moved_where_they_are(statement: str, changed: dict[str, str | None]) -> None:
    assert changes(statement, HEADER) == changed


@pytest.mark.parametrize(
    "statement",
    [
        "shiftDateTimeSequenceByIncrement[60]", "shiftDateTimeSequenceByIncrement[]",
        'shiftDateTimeSequenceByIncrement["x", "(0008,0020)"]', 'shiftDateTimeSequenceByIncrement[60, "nonsense"]',
        'shiftDateTimeSequenceByIncrement[60, "(0008,0030)"]',
        'shiftDateTimeListByIncrement[{(0008,0020)}, 1]', "shiftDateTimeListByIncrement[{(0008,0020)}]",
        'shiftDateTimeListByIncrement[(0008,0020), 1, "days"]',
        'shiftDateTimeListByIncrement[{(0008,0020)}, 1, "weeks"]',
        'shiftDateTimeListByIncrement[{(0008,0020)}, "x", "days"]',
        'shiftDateTimeListByIncrement[{(0010,0010)}, 1, "days"]',
        'shiftDateTimeListByIncrement[{(0008,0021)}, 1, "days"]',
        'shiftDateTimeListByIncrement[{"nonsense"}, 1, "days"]',
    ],
)  # fmt: skip
def test_dates_that_cannot_be_moved_where_they_are_fail_the_script(statement: str) -> None:
    with pytest.raises((BadScript, ScriptFailed)):
        edited(statement, HEADER)


CAP = "scalePatientAgeAndDobFromStudyDate[]"


@pytest.mark.parametrize(
    ("elements", "changed"),
    [
        ({}, {}),
        ({"PatientAge": "089Y"}, {}),
        ({"PatientAge": "090Y"}, {"PatientAge": "089Y"}),
        ({"PatientAge": "105Y"}, {"PatientAge": "089Y"}),
        ({"PatientAge": "999M"}, {}),
        ({"PatientAge": "999W"}, {}),
        ({"PatientAge": "999D"}, {}),
        ({"PatientAge": ""}, {}),
        ({"PatientBirthDate": "19210704", "StudyDate": "20220704"}, {"PatientBirthDate": "19330705"}),
        ({"PatientBirthDate": "19330705", "StudyDate": "20220704"}, {}),
        ({"PatientBirthDate": "19330704", "StudyDate": "20220704"}, {"PatientBirthDate": "19330705"}),
        ({"PatientBirthDate": "19500101", "StudyDate": "20220704", "PatientAge": "072Y"}, {}),
        ({"PatientBirthDate": "19500101", "StudyDate": "20220704", "PatientAge": "095Y"}, {"PatientAge": "089Y"}),
        ({"PatientBirthDate": "", "StudyDate": "20220704", "PatientAge": "095Y"}, {"PatientAge": "089Y"}),
        ({"PatientBirthDate": "1921", "StudyDate": "20220704"}, {"PatientBirthDate": "1933"}),
        ({"StudyDate": "20220704", "PatientAge": "095Y"}, {"PatientAge": "089Y"}),
        ({"PatientAge": "050Y", "RequestAttributesSequence": [{"PatientAge": "099Y"}]}, {}),
    ],
)
def test_an_age_over_89_and_its_birth_date_are_capped(elements: dict[str, Any], changed: dict[str, str | None]) -> None:
    assert changes(CAP, elements) == changed


def test_the_cap_reaches_every_depth() -> None:
    old = {"PatientBirthDate": "19210704", "PatientAge": "101Y"}
    new = {"PatientBirthDate": "19330705", "PatientAge": "089Y"}
    nested = {f"RequestAttributesSequence[0]/{name}": value for name, value in new.items()}
    assert changes(CAP, {**old, "StudyDate": "20220704", "RequestAttributesSequence": [old]}) == new | nested


@pytest.mark.parametrize("age", ["58", "58Y", "0058Y", "058y", "058 Y", "old", "-58Y", "٠٥٨Y"])
def test_an_age_that_is_not_written_as_one_fails_the_script(age: str) -> None:
    with pytest.raises(ScriptFailed):
        edited(CAP, {"SpecificCharacterSet": "ISO_IR 192", "(0010,1010) LO": age})


@pytest.mark.parametrize(("birth", "study"), [("someday", "20220704"), ("19210230", "20220704"), ("19210704", "today")])
def test_a_birth_or_study_date_that_is_none_fails_the_script(birth: str, study: str) -> None:
    with pytest.raises(ScriptFailed):
        edited(CAP, {"(0010,0030) LO": birth, "(0008,0020) LO": study})
