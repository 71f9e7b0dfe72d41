from __future__ import annotations

import json

import pytest

from tests.archives.embedded.door import SESSION, Caller
from uploader.archives.embedded import Embedded, customfields

pytestmark = pytest.mark.endpoint(40)
FIELDS = "/xapi/custom-fields/projects/P/experiments/E/fields"


@pytest.fixture(autouse=True)
def session(olga: Caller) -> None:
    olga.make_scan()


def put(caller: Caller, body: object, url: str = FIELDS) -> int:
    return caller("PUT", url, json.dumps(body).encode(), content_type="application/json").status_code


def test_fields_are_set_beside_the_others_and_removed_one_by_one(olga: Caller) -> None:
    assert put(olga, {"trial": "T1", "arm": {"name": "A"}}) == 200
    assert put(olga, {"trial": "T2"}) == 200
    assert olga("GET", FIELDS).json == {"trial": "T2", "arm": {"name": "A"}}
    assert olga("GET", f"{FIELDS}/arm").json == {"name": "A"}
    assert olga("DELETE", f"{FIELDS}/arm").json == {"trial": "T2"}
    assert olga("GET", f"{FIELDS}/arm").status_code == 404


@pytest.mark.parametrize("thing", ["", "/subjects/S", "/subjects/S/experiments/E/scans/3"])
def test_projects_subjects_and_scans_have_fields_too(olga: Caller, thing: str) -> None:
    url = f"/xapi/custom-fields/projects/P{thing}/fields"
    assert put(olga, {"a": 1}, url) == 200
    assert olga("GET", url).json == {"a": 1}
    assert olga("GET", FIELDS).json == {}


@pytest.mark.parametrize(("login", "read", "write"), [("mark", 200, 200), ("cora", 200, 403), ("nora", 404, 404)])
def test_fields_are_read_and_set_by_those_who_may(archive: Embedded, login: str, read: int, write: int) -> None:
    caller = Caller(archive, login)
    assert caller("GET", FIELDS).status_code == read
    assert put(caller, {"a": 1}) == write


@pytest.mark.parametrize("body", [b"[1]", b'"x"', b"{", b"[" * 100_000, b"\xff"])
def test_what_is_no_json_object_changes_nothing(olga: Caller, body: bytes) -> None:
    assert olga("PUT", FIELDS, body, content_type="application/json").status_code == 400
    assert olga("GET", FIELDS).json == {}


def test_fields_have_an_end(olga: Caller) -> None:
    assert put(olga, {"a": "x" * customfields.LARGEST}) == 400
    assert put(olga, {"a": "x" * (customfields.LARGEST - 100)}) == 200
    assert put(olga, {"b": "x" * 100}) == 400
    assert set(olga("GET", FIELDS).json or {}) == {"a"}


def test_fields_go_with_their_session(olga: Caller) -> None:
    put(olga, {"a": 1})
    olga("DELETE", SESSION)
    olga.make_scan()
    assert olga("GET", FIELDS).json == {}


def test_a_classic_field_is_told_with_its_session(olga: Caller) -> None:
    olga("PUT", f"{SESSION}?xnat:experimentData/fields/field[name=trial_id]/field=ABC")
    answer = olga("GET", f"{SESSION}?format=json").json
    assert answer is not None
    lists = {child["field"]: child["items"] for child in answer["items"][0]["children"]}
    assert [item["data_fields"] for item in lists["fields/field"]] == [{"name": "trial_id", "field": "ABC"}]
