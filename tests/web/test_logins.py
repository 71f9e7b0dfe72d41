"""How long a login lasts."""

from __future__ import annotations

import pytest

from tests.web.desks import log_in
from uploader.web.logins import LONGEST_SECONDS, Logins


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def logins(clock):
    return Logins(900, clock)


def test_a_token_is_of_the_person_who_logged_in(logins):
    assert logins.person(logins.open("ada")) == "ada"


def test_no_two_tokens_are_alike(logins):
    assert logins.open("ada") != logins.open("ada")


def test_a_token_nobody_was_given_is_nobodys(logins):
    assert logins.person("") == logins.person("made up") == ""


def test_a_login_ends_when_nothing_was_done_for_long(logins, clock):
    token = logins.open("ada")
    clock.now = 900
    assert logins.person(token) == ""


def test_who_goes_on_working_stays(logins, clock):
    token = logins.open("ada")
    for clock.now in range(0, 3600, 600):
        assert logins.person(token) == "ada"


def test_a_page_that_looks_again_by_itself_keeps_no_login_alive(logins, clock):
    token = logins.open("ada")
    for clock.now in range(0, 900, 3):
        assert logins.person(token, active=False) == "ada"
    clock.now = 900
    assert logins.person(token, active=False) == ""


def test_a_login_ends_after_a_working_day_however_busy(logins, clock):
    token = logins.open("ada")
    for clock.now in range(0, LONGEST_SECONDS, 600):
        logins.person(token)
    clock.now = LONGEST_SECONDS
    assert logins.person(token) == ""


def test_a_login_that_was_closed_stays_closed(logins):
    token = logins.open("ada")
    logins.close(token)
    assert logins.person(token) == ""


def test_the_desk_forgets_who_left_the_page_open(desk):
    clock = Clock()
    desk.extensions["logins"], kept = Logins(900, clock), desk.extensions["logins"]
    try:
        ada = log_in(desk)
        clock.now = 899
        assert ada.get("/", headers={"X-Look-Again": "1"}).status_code == 200
        clock.now = 901
        assert ada.get("/").location == "/login"
    finally:
        desk.extensions["logins"] = kept
