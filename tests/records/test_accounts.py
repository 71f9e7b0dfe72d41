"""Who may log in, and how long somebody who guesses must wait."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import pytest
from argon2 import PasswordHasher
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.records.made import Watch
from uploader.domain.errors import NotFound, Refused, WrongPassword
from uploader.records import SqlRecords, open_records, verify
from uploader.records.accounts import LOGIN, ROLES, Accounts
from uploader.records.audit import lines_about

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
RIGHT, WRONG = "correct horse", "incorrect horse"


@pytest.fixture
def accounts(records: SqlRecords, watch: Watch) -> Accounts:
    accounts = Accounts(records.database, watch, QUICK)
    accounts.add("anna", RIGHT, {"reviewer"})
    return accounts


def fail(accounts: Accounts, login: str, times: int) -> str:
    """What the last of some wrong tries is told."""
    for _ in range(times):
        with pytest.raises(WrongPassword) as caught:
            accounts.check(login, WRONG)
    return str(caught.value)


def told(records: SqlRecords) -> list[tuple[str, str]]:
    return [(line["actor"], line["action"]) for line in lines_about(records.database, "")]


def test_the_right_password_gives_the_roles(accounts: Accounts) -> None:
    assert accounts.check("anna", RIGHT) == {"reviewer"}


def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(accounts: Accounts) -> None:
    assert fail(accounts, "anna", 1) == fail(accounts, "nobody", 1)


def test_an_unknown_login_costs_a_password_check_too(records: SqlRecords, watch: Watch) -> None:
    checked: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            checked.append(str(password))
            return super().verify(hash, password)

    fail(Accounts(records.database, watch, Counting(time_cost=1, memory_cost=8, parallelism=1)), "nobody", 1)
    assert checked == [WRONG]


@pytest.mark.parametrize("login", ["anna", "nobody"])
def test_after_five_failures_the_login_waits(accounts: Accounts, login: str) -> None:
    fail(accounts, login, 5)
    with pytest.raises(WrongPassword, match="wait"):
        accounts.check(login, RIGHT)


def test_after_five_minutes_the_login_may_try_again(accounts: Accounts, watch: Watch) -> None:
    fail(accounts, "anna", 5)
    watch.turn(minutes=5)
    assert accounts.check("anna", RIGHT) == {"reviewer"}


def test_a_restart_does_not_shorten_the_wait(accounts: Accounts, records: SqlRecords, url: str, watch: Watch) -> None:
    fail(accounts, "anna", 5)
    records.close()
    again = open_records(url)
    with pytest.raises(WrongPassword, match="wait"):
        Accounts(again.database, watch, QUICK).check("anna", RIGHT)
    again.close()


def test_one_login_that_waits_does_not_make_another_wait(accounts: Accounts) -> None:
    accounts.add("berta", RIGHT, {"admin"})
    fail(accounts, "anna", 5)
    assert accounts.check("berta", RIGHT) == {"admin"}


def test_a_right_password_forgives_earlier_failures(accounts: Accounts) -> None:
    for _ in range(3):
        fail(accounts, "anna", 4)
        accounts.check("anna", RIGHT)


def test_a_new_password_ends_the_wait(accounts: Accounts) -> None:
    fail(accounts, "anna", 5)
    accounts.set_password("anna", "another horse", "admin")
    assert accounts.check("anna", "another horse") == {"reviewer"}


def test_the_old_password_no_longer_works(accounts: Accounts) -> None:
    accounts.set_password("anna", "another horse", "admin")
    with pytest.raises(WrongPassword):
        accounts.check("anna", RIGHT)


def test_a_locked_account_is_told_what_a_wrong_password_is(accounts: Accounts) -> None:
    wrong = fail(accounts, "anna", 1)
    accounts.lock("anna")
    with pytest.raises(WrongPassword, match=wrong):
        accounts.check("anna", RIGHT)


def test_a_locked_account_keeps_its_name_and_has_no_role(accounts: Accounts, records: SqlRecords) -> None:
    accounts.lock("anna", "os:root")
    assert accounts.everybody() == {"anna": frozenset()}
    assert told(records)[-1] == ("os:root", "account-locked")
    with pytest.raises(Refused, match="already"):
        accounts.add("anna", RIGHT, {"reviewer"})


def test_a_locked_account_comes_back_by_a_new_password_and_roles_together(accounts: Accounts) -> None:
    accounts.lock("anna")
    accounts.set_roles("anna", {"reviewer"})
    with pytest.raises(WrongPassword):
        accounts.check("anna", RIGHT)
    accounts.lock("anna")
    accounts.set_password("anna", "another horse")
    with pytest.raises(WrongPassword):
        accounts.check("anna", "another horse")
    accounts.set_roles("anna", {"physicist"})
    assert accounts.check("anna", "another horse") == {"physicist"}


def test_an_account_that_is_not_there_cannot_be_locked(accounts: Accounts) -> None:
    with pytest.raises(NotFound):
        accounts.lock("nobody")


def test_many_guesses_at_once_gain_nothing(accounts: Accounts, records: SqlRecords) -> None:
    def guess(_: int) -> None:
        with pytest.raises(WrongPassword):
            accounts.check("anna", WRONG)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(guess, range(12)))
    assert told(records).count(("anna", "login-failed")) == 5


def test_logins_are_audited_without_passwords(accounts: Accounts, records: SqlRecords) -> None:
    fail(accounts, "anna", 1)
    accounts.check("anna", RIGHT)
    assert told(records) == [("console", "account-added"), ("anna", "login-failed"), ("anna", "login")]
    assert "horse" not in str(lines_about(records.database, ""))
    assert verify(records.database).broken_at is None


def test_a_login_that_nobody_has_is_not_written_down(accounts: Accounts, records: SqlRecords) -> None:
    fail(accounts, "Doe^Jane", 1)
    assert told(records)[-1] == ("unknown", "login-failed")
    assert "Doe" not in str(lines_about(records.database, ""))


@pytest.mark.parametrize(
    ("login", "password", "roles"),
    [
        ("anna", RIGHT, {"reviewer"}),
        ("Berta", RIGHT, {"reviewer"}),
        ("", RIGHT, {"reviewer"}),
        ("berta", "short", {"reviewer"}),
        ("berta", RIGHT, {"emperor"}),
        ("berta", RIGHT, set()),
    ],
)
def test_an_impossible_account_is_refused(accounts: Accounts, login: str, password: str, roles: set[str]) -> None:
    with pytest.raises(Refused):
        accounts.add(login, password, roles)
    assert accounts.check("anna", RIGHT) == {"reviewer"}


def test_an_account_nobody_has_gets_no_password_and_has_no_roles(accounts: Accounts) -> None:
    with pytest.raises(NotFound):
        accounts.set_password("nobody", RIGHT)
    with pytest.raises(NotFound):
        accounts.roles("nobody")


def test_passwords_are_kept_as_argon2id(records: SqlRecords, kept: Callable[[], bytes]) -> None:
    records.accounts.add("admin", RIGHT, {"admin", "reviewer"})
    records.close()
    data = kept()
    assert b"$argon2id$" in data
    assert RIGHT.encode() not in data


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=80))
def test_a_login_that_is_allowed_is_plain(login: str) -> None:
    if LOGIN.fullmatch(login):
        assert login.isascii()
        assert login == login.lower().strip()


def test_other_roles_take_the_place_of_those_before_and_are_in_the_audit(
    accounts: Accounts, records: SqlRecords
) -> None:
    accounts.set_roles("anna", {"reviewer", "physicist"}, "root")
    assert accounts.everybody()["anna"] == {"reviewer", "physicist"}
    assert accounts.check("anna", RIGHT) == {"reviewer", "physicist"}
    assert ("root", "roles-set") in told(records)


@pytest.mark.parametrize("roles", [set(), {"reviewer", "surgeon"}])
def test_a_role_that_there_is_not_is_given_to_nobody(accounts: Accounts, roles: set[str]) -> None:
    with pytest.raises(Refused, match="physicist"):
        accounts.set_roles("anna", roles)
    with pytest.raises(NotFound):
        accounts.set_roles("nobody", {"reviewer"})
    assert accounts.check("anna", RIGHT) == {"reviewer"}


def test_the_roles_of_accounts_are_those_that_a_protocol_may_name() -> None:
    schema = json.loads((Path(__file__).parent.parent.parent / "trial_protocols" / "schema.json").read_text())
    assert set(schema["$defs"]["role"]["enum"]) == ROLES
