from __future__ import annotations

import pytest
from werkzeug.test import TestResponse

from tests.archives.embedded.door import SESSION, Caller
from uploader.archives.embedded import Embedded

pytestmark = pytest.mark.endpoint(41)
SUBJECT = "xnat:subjectData"


@pytest.fixture(autouse=True)
def people(olga: Caller) -> None:
    for label, yob in (("ADA", "1815"), ("BO", "1950"), ("CY", "1980")):
        olga("PUT", f"/data/projects/P/subjects/{label}?yob={yob}")


def criterion(field: str, operator: str, value: str) -> str:
    operator = operator.replace("<", "&lt;")
    return (
        f"<xdat:criteria><xdat:schema_field>{field}</xdat:schema_field><xdat:comparison_type>{operator}"
        f"</xdat:comparison_type><xdat:value>{value}</xdat:value></xdat:criteria>"
    )


def document(where: str, kind: str = SUBJECT, field: str = "SUBJECT_LABEL") -> str:
    column = f"<xdat:element_name>{kind}</xdat:element_name><xdat:field_ID>{field}</xdat:field_ID>"
    return (
        f'<xdat:bundle xmlns:xdat="http://nrg.wustl.edu/security"><xdat:root_element_name>{kind}'
        f"</xdat:root_element_name><xdat:search_field>{column}</xdat:search_field>{where}</xdat:bundle>"
    )


def ask(caller: Caller, text: str) -> TestResponse:
    return caller("POST", "/data/search?format=csv", text.encode(), content_type="text/xml")


def found(caller: Caller, where: str) -> list[str]:
    head, *rows = ask(caller, document(where)).text.splitlines()
    assert head == '"subject_label"'
    return [row.strip('"') for row in rows]


@pytest.mark.parametrize(
    ("operator", "value", "labels"),
    [
        ("=", "1950", ["BO"]),
        ("!=", "1950", ["ADA", "CY"]),
        ("<", "1950", ["ADA"]),
        (">", "1950", ["CY"]),
        ("<=", "1950", ["ADA", "BO"]),
        (">=", "1950", ["BO", "CY"]),
        ("LIKE", "19%", ["BO", "CY"]),
        ("LIKE", "19*", []),
    ],
)
def test_a_criterion_compares(olga: Caller, operator: str, value: str, labels: list[str]) -> None:
    where = f'<xdat:search_where method="AND">{criterion(f"{SUBJECT}/YOB", operator, value)}</xdat:search_where>'
    assert found(olga, where) == labels


def test_criteria_are_joined_and_nested(olga: Caller) -> None:
    ada, bo = (criterion(f"{SUBJECT}/SUBJECT_LABEL", "=", name) for name in ("ada", "bo"))
    inner = f'<xdat:child_set method="OR">{ada}{bo}</xdat:child_set>'
    old = criterion(f"{SUBJECT}/YOB", "<", "1900")
    assert found(olga, f'<xdat:search_where method="AND">{inner}{old}</xdat:search_where>') == ["ADA"]


def test_nobody_finds_what_they_may_not_read(olga: Caller, archive: Embedded) -> None:
    assert found(Caller(archive, "nora"), "") == []
    assert found(Caller(archive, "cora"), "") == ["ADA", "BO", "CY"]


def test_sessions_and_projects_are_found_too(olga: Caller) -> None:
    olga.make_scan()
    assert '"E"' in ask(olga, document("", "xnat:ctSessionData", "LABEL")).text
    assert '"E"' not in ask(olga, document("", "xnat:mrSessionData", "LABEL")).text
    lines = ask(olga, document("", "xnat:projectData", "PROJ_CT_COUNT")).text.splitlines()
    assert lines == ['"proj_ct_count"', '"1"', '""']


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<no",
        document("", "xdat:userData"),
        document('<xdat:search_where method="XOR"/>'),
        document(f"<xdat:search_where>{criterion(f'{SUBJECT}/YOB', 'IN', '1')}</xdat:search_where>"),
        document(f"<xdat:search_where>{criterion('xdat:userData/login', '=', 'x')}</xdat:search_where>"),
        '<!DOCTYPE x [<!ENTITY a "b">]>' + document(""),
        document(f"<xdat:search_where>{criterion(f'{SUBJECT}/YOB', '=', '1') * 101}</xdat:search_where>"),
    ],
)
def test_a_question_that_is_not_understood_is_refused(olga: Caller, text: str) -> None:
    assert ask(olga, text).status_code == 400


@pytest.mark.endpoint(9)
def test_what_can_be_searched_for_is_listed_with_its_fields(olga: Caller) -> None:
    assert "xnat:ctSessionData" in [row["ELEMENT_NAME"] for row in olga.rows("/data/search/elements")]
    assert "DOB" in [row["FIELD_ID"] for row in olga.rows(f"/data/search/elements/{SUBJECT}")]
    assert olga("GET", "/data/search/elements/xdat:userData").status_code == 400


def test_a_stranger_searches_nothing(archive: Embedded) -> None:
    assert ask(Caller(archive, "olga", "wrong"), document("")).status_code == 401


@pytest.mark.endpoint(21)
def test_the_history_of_a_session_says_who_changed_it(olga: Caller, archive: Embedded) -> None:
    olga.make_scan()
    Caller(archive, "mark")("PUT", f"{SESSION}?note=seen")
    told = [(row["username"], row["action"]) for row in olga.rows(f"{SESSION}/history")]
    assert told == [("olga", "Created"), ("olga", "Scan created"), ("mark", "Modified")]
    assert Caller(archive, "nora")("GET", f"{SESSION}/history").status_code == 404


@pytest.mark.endpoint(15)
def test_a_subject_was_last_modified_when_anything_of_it_was(olga: Caller) -> None:
    def times() -> dict[str, str]:
        return {
            row["label"]: row["last_modified"]
            for row in olga.rows("/data/projects/P/subjects?columns=label,last_modified")
        }

    olga.make_scan()
    before = times()
    olga("PUT", f"{SESSION}/scans/3?quality=usable")
    assert {label for label, at in times().items() if at != before[label]} == {"S"}
