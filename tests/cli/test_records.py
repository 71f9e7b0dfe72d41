"""`uploader records move`, from the home's own file to a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.calling import call
from tests.homes import change_settings, new_home
from tests.postgres import PASSWORD, Postgres
from uploader.cli.lock import try_worker
from uploader.gateway import engine_database, open_home
from uploader.records import verify


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return new_home(tmp_path / "home")


def test_records_are_moved_and_the_gateway_goes_on_there_with_what_the_command_says(home, postgres: Postgres):
    (home / "secrets" / "database").write_text(PASSWORD)
    url = postgres.url(postgres.new_database(owner="guarded"), "guarded")
    before = verify(open_home(home).records.database)
    answer = call(home, "records", "move", "--to", url, "--password-file", home / "secrets" / "database")
    assert answer.returncode == 0, answer.stderr
    said = "\n".join(line for line in answer.stdout.splitlines() if line.startswith("database_"))
    assert PASSWORD not in answer.stdout
    refused = call(home, "account", "add", "bob")
    assert (refused.returncode, "moved" in refused.stderr) == (2, True)
    change_settings(home, 'site = "SITE01"', f'{said}\nsite = "SITE01"')
    built = open_home(home)
    assert verify(built.records.database) == before
    assert "ada" in built.records.accounts.logins()
    assert call(home, "account", "add", "bob").returncode == 0
    assert "bob" in built.records.accounts.logins()
    assert engine_database(built.settings).url.database == Postgres.name_in(url)
    built.records.close()


def test_records_of_a_running_worker_are_not_moved(home, postgres: Postgres):
    built = open_home(home)
    with try_worker(built) as ours:
        assert ours
        answer = call(home, "records", "move", "--to", postgres.url(postgres.new_database()))
    assert answer.returncode == 2
    assert "stop it" in answer.stderr
    built.records.accounts.add("eve", "a long password", {"reviewer"})
    built.records.close()
