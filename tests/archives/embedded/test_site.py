from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from tests.archives.embedded.door import Caller
from uploader.archives.embedded import Embedded

PROJECT = "/data/projects/P"


@pytest.mark.endpoint(1)
def test_the_root_is_a_page(olga: Caller) -> None:
    answer = olga("GET", "/")
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert not answer.text.startswith("<!DOCTYPE")


@pytest.mark.endpoint(5)
def test_there_is_no_version_of_the_old_kind(olga: Caller) -> None:
    assert olga("GET", "/data/version").status_code == 404


@pytest.mark.endpoint(7)
def test_the_site_says_which_contract_it_keeps(olga: Caller) -> None:
    assert (olga("GET", "/xapi/siteConfig/buildInfo").json or {})["version"].startswith("1.9")
    assert olga("GET", "/xapi/siteConfig/initialized").json is True
    assert olga("GET", "/xapi/siteConfig/siteId").text == "CEN"
    assert olga("GET", "/xapi/siteConfig/siteUrl").text == "http://localhost"


@pytest.mark.endpoint(8)
def test_every_schema_that_is_named_is_well_formed_xml(olga: Caller) -> None:
    names = olga("GET", "/xapi/schemas").json
    assert names is not None
    assert names[:2] == ["xdat", "xnat"]
    for name in names:
        assert ET.fromstring(olga("GET", f"/xapi/schemas/{name}").text).tag.endswith("}schema")
    assert olga("GET", "/xapi/schemas/fs").status_code == 404


@pytest.mark.endpoint(11)
def test_a_projects_alias_is_told_and_is_nobody_elses(olga: Caller) -> None:
    assert olga("PUT", f"{PROJECT}?alias=first").status_code == 200
    assert {"ID": "P", "alias": "first"}.items() <= olga.rows("/data/projects?columns=alias&ID=P")[0].items()
    assert olga("PUT", "/data/projects/Q?alias=First").status_code == 409


@pytest.mark.endpoint(13)
@pytest.mark.parametrize(
    ("setting", "value", "wrong"),
    [("prearchive_code", "0", "3"), ("quarantine_code", "1", "2"), ("accessibility", "protected", "public")],
)
def test_a_projects_setting_is_what_its_owner_says(
    olga: Caller, archive: Embedded, setting: str, value: str, wrong: str
) -> None:
    assert olga("PUT", f"{PROJECT}/{setting}/{value}").status_code == 200
    assert olga("PUT", f"{PROJECT}/{setting}/{wrong}").status_code == 400
    assert Caller(archive, "mark")("PUT", f"{PROJECT}/{setting}/{value}").status_code == 403
    assert olga("GET", f"{PROJECT}/{setting}").text == value


@pytest.mark.endpoint(13)
def test_a_protected_project_shows_no_more_than_a_private_one(olga: Caller, archive: Embedded) -> None:
    olga("PUT", f"{PROJECT}/accessibility/protected")
    assert Caller(archive, "nora").rows("/data/projects") == []
    assert Caller(archive, "nora")("GET", PROJECT).status_code == 404


@pytest.mark.endpoint(14)
def test_an_owner_admits_people_and_an_unknown_one_is_not_found(olga: Caller, archive: Embedded) -> None:
    assert olga("PUT", f"{PROJECT}/users/Members/nora").status_code == 200
    roles = {row["login"]: row["displayname"] for row in olga.rows(f"{PROJECT}/users")}
    assert roles == {"cora": "Collaborators", "mark": "Members", "nora": "Members", "olga": "Owners"} | roles
    assert olga("PUT", f"{PROJECT}/users/Members/nobody").status_code == 404
    assert Caller(archive, "mark")("PUT", f"{PROJECT}/users/Owners/mark").status_code == 403


@pytest.mark.endpoint(10)
def test_an_account_says_its_names_and_its_address(archive: Embedded) -> None:
    nora, admin = Caller(archive, "nora"), Caller(archive, "admin")
    assert nora("PUT", "/xapi/users/nora", json={"firstName": "Nora", "email": "n@x.example"}).status_code == 200
    assert nora("PUT", "/xapi/users/olga", json={"firstName": "Nora"}).status_code == 403
    assert nora("PUT", "/xapi/users/nora", json={"firstName": "No\nra"}).status_code == 400
    assert nora("PUT", "/xapi/users/nora", json={"admin": True}).status_code == 400
    assert nora("GET", "/data/projects").status_code == 200
    (row,) = admin.rows("/data/users?login=nora")
    assert (row["firstname"], row["email"]) == ("Nora", "n@x.example")


@pytest.mark.endpoint(17)
def test_a_subject_is_shared_and_no_longer(olga: Caller) -> None:
    olga("PUT", f"{PROJECT}/subjects/S")
    assert olga("PUT", f"{PROJECT}/subjects/S/projects/Q").status_code == 200
    assert [row["ID"] for row in olga.rows(f"{PROJECT}/subjects/S/projects")] == ["P", "Q"]
    assert olga("DELETE", f"{PROJECT}/subjects/S/projects/Q").status_code == 200
    assert olga.rows("/data/projects/Q/subjects") == []


@pytest.mark.endpoint(18)
def test_columns_are_headed_as_xnat_heads_them(olga: Caller) -> None:
    olga.make_scan()
    olga("PUT", "/data/projects/P/subjects/S/experiments/E?xnat:ctSessionData/age=42")
    path = "xsiType=xnat:imageSessionData&columns=ID,xnat:ctSessionData/age,xnat:ctSessionData/subject_id"
    (row,) = olga.rows(f"/data/projects/P/experiments?{path}")
    assert (row["xnat:ctsessiondata/age"], row["xsiType"]) == ("42.0", "xnat:ctSessionData")
    assert row["subject_ID"].startswith("CEN_S")
    assert olga("PUT", "/data/projects/P/subjects/S/experiments/E?xnat:ctSessionData/age=old").status_code == 400
