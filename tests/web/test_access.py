"""Who may in, and for how long."""

from __future__ import annotations

import pytest

from tests.homes import PASSWORD
from tests.web.desks import TOKEN, desk_of, log_in, post, token

OPEN = {"/login", "/static/<path:filename>"}
CLOSED = {
    "/",
    "/logout",
    "/submissions/<submission>",
    "/submissions/<submission>/patient",
    "/submissions/<submission>/changes",
    "/submissions/<submission>/elements",
    "/submissions/<submission>/structures",
    "/submissions/<submission>/viewer/<place>",
    "/submissions/<submission>/receipt.json",
    "/submissions/<submission>/trial",
    "/submissions/<submission>/signature",
    "/submissions/<submission>/release",
    "/submissions/<submission>/retry",
    "/submissions/<submission>/override",
    "/submissions/<submission>/waiver",
    "/submissions/<submission>/withdrawal",
    "/submissions/<submission>/recall",
    "/submissions/<submission>/recall/look",
}


def rules(desk, method):
    return sorted(rule.rule for rule in desk.url_map.iter_rules() if method in rule.methods)


def test_every_page_is_written_down_here_as_open_or_closed(desk):
    assert {rule.rule for rule in desk.url_map.iter_rules()} == OPEN | CLOSED


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
def test_a_stranger_is_led_to_the_login_from_every_closed_page(desk, method):
    stranger = desk.test_client()
    form = {"csrf_token": token(stranger)}
    for rule in set(rules(desk, method)) - OPEN:
        answer = stranger.open(
            rule.replace("<submission>", "k7q29xmd").replace("<place>", "identifiable"), method=method, data=form
        )
        assert (answer.status_code, answer.location) == (302, "/login"), rule


def test_a_page_that_is_not_there_tells_a_stranger_nothing(desk):
    assert desk.test_client().get("/admin").location == "/login"


def test_every_form_without_its_token_is_refused(desk, ada, received):
    for rule in rules(desk, "POST"):
        answer = ada.post(rule.replace("<submission>", received), data={"login": "ada", "password": PASSWORD})
        assert answer.status_code == 400, rule
        assert "open too long" in answer.text


def test_a_token_of_another_browser_is_refused(desk, ada, received):
    foreign = {"csrf_token": token(log_in(desk)), "reason": "none"}
    assert ada.post(f"/submissions/{received}/withdrawal", data=foreign).status_code == 400


def test_the_cookie_is_for_this_site_and_no_script(desk):
    client = desk.test_client()
    cookie = post(client, "/login", login="ada", password=PASSWORD).headers["Set-Cookie"]
    assert cookie.startswith("uploader-desk=")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


def test_behind_https_the_cookie_travels_over_https_only(built):
    client = desk_of(built, https=True).test_client()
    cookie = client.get("/login", base_url="https://localhost").headers["Set-Cookie"]
    assert cookie.startswith("__Host-uploader-desk=")
    assert "Secure" in cookie.split("; ")


def test_logging_in_changes_the_token_and_the_cookie(desk):
    client = desk.test_client()
    before = token(client), client.get_cookie("uploader-desk").value
    client.post("/login", data={"csrf_token": before[0], "login": "ada", "password": PASSWORD})
    after = token(client, "/"), client.get_cookie("uploader-desk").value
    assert set(before).isdisjoint(after)


def test_after_logging_out_a_copy_of_the_cookie_opens_nothing(desk, ada):
    copied = ada.get_cookie("uploader-desk").value
    assert post(ada, "/logout").location == "/login"
    thief = desk.test_client()
    thief.set_cookie("uploader-desk", copied)
    assert thief.get("/").location == "/login"


def test_logging_in_anew_ends_the_login_that_was(desk, ada):
    copied = ada.get_cookie("uploader-desk").value
    post(ada, "/login", login="ada", password=PASSWORD)
    thief = desk.test_client()
    thief.set_cookie("uploader-desk", copied)
    assert thief.get("/").location == "/login"


def test_a_forged_cookie_opens_nothing(desk):
    client = desk.test_client()
    client.set_cookie("uploader-desk", "eyJsb2dpbiI6ImFkYSJ9.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb")
    assert client.get("/").location == "/login"


@pytest.mark.parametrize("where", ["//evil.example/", "https://evil.example/", "\\\\evil.example"])
def test_the_login_leads_nowhere_but_to_the_submissions(desk, where):
    client = desk.test_client()
    form = {"login": "ada", "password": PASSWORD, "next": where, "csrf_token": token(client)}
    answer = client.post("/login", query_string={"next": where}, data=form)
    assert answer.location == "/"


def test_a_wrong_password_and_an_unknown_name_get_the_same_page(desk):
    client, pages = desk.test_client(), []
    for name in ("ada", "eve"):
        answer = post(client, "/login", login=name, password="wrong")
        pages.append((answer.status_code, TOKEN.sub("", answer.text).replace(name, "NAME")))
    assert pages[0] == pages[1]
    assert pages[0][0] == 403


def test_the_sixth_try_waits_even_with_the_right_password(built, desk):
    built.records.accounts.add("tim", PASSWORD, {"reviewer"})
    client = desk.test_client()
    for _ in range(5):
        post(client, "/login", login="tim", password="wrong")
    answer = post(client, "/login", login="tim", password=PASSWORD)
    assert answer.status_code == 403
    assert "Too many tries" in answer.text


def test_a_login_ends_when_its_account_is_locked(built, desk):
    built.records.accounts.add("gone", PASSWORD, {"reviewer", "admin"})
    client = log_in(desk, "gone")
    assert client.get("/").status_code == 200
    built.records.accounts.lock("gone")
    assert client.get("/").location == "/login"


def test_a_desk_with_named_hosts_answers_to_no_other_name(built):
    client = desk_of(built, hosts=("desk.hospital.example",)).test_client()
    assert client.get("/login", base_url="http://desk.hospital.example").status_code == 200
    answer = client.get("/login", base_url="http://evil.example")
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (400, False)
