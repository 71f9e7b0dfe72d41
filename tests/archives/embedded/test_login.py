from __future__ import annotations

from pathlib import Path

import pytest

from tests.archives.embedded.door import ACCOUNTS, Caller
from uploader.archives.embedded import Account, Embedded, accounts


@pytest.mark.endpoint(2)
@pytest.mark.parametrize(("login", "password"), [("olga", "wrong"), ("nobody", "owns-it"), ("", "")])
def test_a_wrong_password_is_refused(archive: Embedded, login: str, password: str) -> None:
    answer = Caller(archive, login, password)("GET", "/data/projects")
    assert answer.status_code == 401
    assert "Basic" in answer.headers["WWW-Authenticate"]


def test_who_does_not_log_in_sees_only_that_the_archive_is_there(archive: Embedded) -> None:
    client = archive.app.test_client()
    assert client.get("/data/projects").status_code == 401
    assert client.get("/xapi/siteConfig/buildInfo").status_code == 200


@pytest.mark.endpoint(3)
@pytest.mark.endpoint(4)
def test_a_session_is_a_proof_until_it_is_ended(archive: Embedded) -> None:
    client = archive.app.test_client()
    answer = client.put("/data/services/auth", data={"username": "olga", "password": "owns-it"})
    assert answer.status_code == 200
    assert client.get("/data/auth").text == "User 'olga' is logged in"
    assert client.get("/data/JSESSION").text == answer.text
    client.delete("/data/JSESSION")
    client.set_cookie("JSESSIONID", answer.text)
    assert client.get("/data/projects").status_code == 401


def test_a_session_ends_when_nothing_is_asked_for_a_while(archive: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "IDLE_SECONDS", -1)
    client = archive.app.test_client()
    client.put("/data/services/auth", data={"username": "olga", "password": "owns-it"})
    assert client.get("/data/projects").status_code == 401


@pytest.mark.endpoint(6)
def test_a_token_stands_for_its_owner_until_it_is_invalidated(archive: Embedded, olga: Caller) -> None:
    token = olga("GET", "/data/services/tokens/issue").json
    assert token is not None
    by_token = Caller(archive, token["alias"], token["secret"])
    assert by_token("GET", "/data/auth").text == "User 'olga' is logged in"
    valid = olga("GET", f"/data/services/tokens/validate/{token['alias']}/{token['secret']}")
    assert valid.json == {"valid": "olga"}
    assert olga("GET", f"/data/services/tokens/invalidate/{token['alias']}").json == {"result": "OK"}
    assert by_token("GET", "/data/auth").status_code == 401


@pytest.mark.endpoint(6)
def test_only_an_admin_issues_tokens_for_others(archive: Embedded, olga: Caller) -> None:
    assert olga("GET", "/data/services/tokens/issue/user/mark").status_code == 403
    assert Caller(archive, "admin")("GET", "/data/services/tokens/issue/user/mark").status_code == 200


def test_a_page_of_another_site_cannot_act_through_a_logged_in_browser(olga: Caller) -> None:
    answer = olga("PUT", "/data/projects/P/subjects/S", headers={"Origin": "http://elsewhere.example"})
    assert answer.status_code == 403


def test_opening_an_archive_again_keeps_its_accounts_and_sets_a_changed_password(
    archive: Embedded, tmp_path: Path
) -> None:
    changed = [Account("olga", "a new one"), *ACCOUNTS[2:]]
    again = Embedded(tmp_path / "central", name="central", site_id="CEN", accounts=changed)
    try:
        assert Caller(again, "olga")("GET", "/data/auth").status_code == 401
        assert Caller(again, "olga", "a new one")("GET", "/data/projects/P").status_code == 200
        assert Caller(again, "admin")("GET", "/data/auth").status_code == 200
    finally:
        again.close()


def test_no_password_or_token_lies_readable_in_the_database(archive: Embedded, olga: Caller, tmp_path: Path) -> None:
    token = olga("GET", "/data/services/tokens/issue").json
    assert token is not None
    kept = b"".join(p.read_bytes() for p in (tmp_path / "central").glob("archive.db*"))
    assert b"owns-it" not in kept
    assert token["secret"].encode() not in kept


@pytest.mark.endpoint(10)
def test_an_admin_makes_accounts_once(archive: Embedded) -> None:
    admin = Caller(archive, "admin")
    given = {"username": "new", "password": "pw", "email": "n@example.org"}
    assert admin("POST", "/xapi/users", json=given).status_code == 201
    assert admin("POST", "/xapi/users", json=given).status_code == 409
    assert Caller(archive, "new", "pw")("GET", "/data/auth").status_code == 200
