"""Site settings and accounts, as an administrator sets them."""

from __future__ import annotations

import pytest

from tests.archives.embedded.door import PASSWORDS, Caller

pytestmark = pytest.mark.endpoint(7)


@pytest.fixture
def admin(archive):
    return Caller(archive, "admin")


def preferences(caller):
    return caller("GET", "/xapi/siteConfig").json


def configure(caller, **values):
    return caller("POST", "/xapi/siteConfig", json=values).status_code


def logs_in(archive, login, password=None):
    return Caller(archive, login, password)("GET", "/data/auth").status_code == 200


@pytest.mark.endpoint(7)
def test_a_setting_that_was_set_is_given_back(admin):
    assert configure(admin, siteDescriptionText="Ask at the desk", uiAllowNonAdminProjectCreation=False) == 200
    assert preferences(admin)["siteDescriptionText"] == "Ask at the desk"
    assert preferences(admin)["uiAllowNonAdminProjectCreation"] is False


def test_what_the_archive_is_by_nature_may_be_said_again(admin):
    assert configure(admin, checksums=True, requireLogin="true", initialized=True) == 200


@pytest.mark.parametrize("wrong", [{"checksums": False}, {"siteId": "OTHER"}, {"unheardOf": 1}, {"adminEmail": 7}])
def test_a_setting_that_cannot_be_so_is_refused_and_nothing_is_changed(admin, wrong):
    before = preferences(admin)
    assert configure(admin, siteDescriptionText="changed", **wrong) == 400
    assert preferences(admin) == before


def test_where_only_administrators_make_projects_others_cannot(admin, olga):
    assert olga("PUT", "/data/projects/MINE").status_code == 200
    configure(admin, uiAllowNonAdminProjectCreation=False)
    assert olga("PUT", "/data/projects/MINETOO").status_code == 403
    assert admin("PUT", "/data/projects/THEIRS").status_code == 200


def test_only_an_admin_sets_anything(olga):
    assert configure(olga, siteDescriptionText="mine") == 403
    for method, url in [
        ("PUT", "/xapi/users/mark/enabled/false"),
        ("PUT", "/xapi/users/olga/roles/Administrator"),
        ("GET", "/xapi/users/mark/roles"),
        ("GET", "/xapi/users/mark/enabled"),
    ]:
        assert olga(method, url).status_code == 403, url
    assert olga("PUT", "/xapi/users/mark", json={"password": "taken"}).status_code == 403


@pytest.mark.endpoint(10)
def test_an_account_that_is_switched_off_does_not_log_in_by_password_session_or_token(archive, admin):
    olga = Caller(archive, "olga")
    token = olga("GET", "/data/services/tokens/issue").json
    session = olga("GET", "/data/JSESSION").text
    assert admin("PUT", "/xapi/users/olga/enabled/false").status_code == 200
    assert not logs_in(archive, "olga")
    assert not logs_in(archive, token["alias"], token["secret"])
    client = archive.app.test_client()
    assert client.get("/data/auth", headers={"Cookie": f"JSESSIONID={session}"}).status_code == 401
    assert admin("GET", "/xapi/users/profile/olga").json["enabled"] is False
    assert admin("PUT", "/xapi/users/olga/enabled/true").status_code == 200
    assert logs_in(archive, "olga")


@pytest.mark.endpoint(10)
def test_an_admin_cannot_lock_themselves_out(admin):
    assert admin("PUT", "/xapi/users/admin/enabled/false").status_code == 403
    assert admin("DELETE", "/xapi/users/admin/roles/Administrator").status_code == 403


@pytest.mark.endpoint(10)
def test_a_changed_password_is_the_only_one(archive, admin):
    assert admin("PUT", "/xapi/users/mark", json={"username": "mark", "password": "a new one"}).status_code == 200
    assert logs_in(archive, "mark", "a new one")
    assert not logs_in(archive, "mark", PASSWORDS["mark"])


@pytest.mark.endpoint(10)
def test_a_role_that_was_given_is_listed_and_works(archive, admin):
    mark = Caller(archive, "mark")
    assert mark("GET", "/xapi/users").status_code == 403
    assert admin("PUT", "/xapi/users/mark/roles/Administrator").status_code == 200
    assert admin("GET", "/xapi/users/mark/roles").json == ["Administrator"]
    assert mark("GET", "/xapi/users").status_code == 200
    assert admin("DELETE", "/xapi/users/mark/roles/Administrator").status_code == 200
    assert mark("GET", "/xapi/users").status_code == 403


@pytest.mark.endpoint(10)
@pytest.mark.parametrize("path", ["enabled", "roles", "enabled/true", "roles/Administrator"])
def test_an_unknown_account_is_not_found(admin, path):
    method = "PUT" if "/" in path else "GET"
    assert admin(method, f"/xapi/users/nobody-here/{path}").status_code == 404
