"""`uploader serve`: what `make run` starts, and what is left when it stops."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.cli.calling import call, carried, children_of, interrupted, living, running
from tests.homes import change_settings, demo, new_home
from tests.patience import until
from uploader.config import Settings
from uploader.gateway import open_home
from uploader.supervisor import answers


@pytest.fixture
def home(tmp_path):
    return new_home(tmp_path / "home")


def drop(home, seed):
    """A session is copied elsewhere and renamed into the watched folder, as a careful sender does."""
    demo(home / "elsewhere", seed=seed).replace(home / "inbox" / f"session-{seed}")


def states(home):
    built = open_home(home)
    try:
        return {s.id: str(s.state) for s in built.records.all()}
    finally:
        built.records.close()


def up(home):
    settings = Settings.read(home)
    places = [settings.identifiable.url, settings.anonymised.url, settings.central.url, settings.desk.url]
    return all(answers(url) for url in places)


def received(home, count):
    return lambda: sorted(states(home).values()) == ["received"] * count


def test_sessions_are_received_across_stops_and_starts_and_no_process_stays(home, tmp_path):
    drop(home, 1)
    log = tmp_path / "serve.log"
    with running(home, "serve", out=log) as serve:
        until(received(home, 1))
        until(lambda: up(home))
        until(lambda: not any((home / "inbox").iterdir()), "the source was not deleted when its copy was registered")
        children = children_of(serve.pid)
        assert len(children) >= 5
        assert interrupted(serve) == 0
    until(lambda: not living(children))
    first = states(home)
    drop(home, 2)
    with running(home, "serve", out=log) as serve:
        until(received(home, 2))
        assert states(home).items() >= first.items()
        children = children_of(serve.pid)
        serve.kill()
    until(lambda: not living(children))
    assert list(states(home).values()) == ["received"] * 2
    shown = log.read_text()
    assert "web desk" in shown
    assert "Traceback" not in shown


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """(home, process) of a service that is up."""
    root = tmp_path_factory.mktemp("service")
    home, log = new_home(root / "home"), root / "log"
    with running(home, "serve", out=log) as serve:
        until(lambda: "is running" in log.read_text())
        yield home, serve
        assert interrupted(serve) == 0


def test_commands_work_beside_a_running_service(service, tmp_path):
    home, _ = service
    assert carried(home, demo(tmp_path / "session"))["state"] == "released"


def test_a_second_service_of_one_home_is_turned_away_and_the_first_goes_on(service):
    home, _ = service
    second = call(home, "serve")
    assert second.returncode == 2
    assert "Traceback" not in second.stderr
    assert "running already" in second.stderr
    until(lambda: up(home))


@pytest.mark.parametrize("command", [["desk"], ["worker"], ["archive", "serve", "--name", "central"]])
def test_a_second_of_what_is_there_once_says_so_in_one_sentence(service, command):
    answer = call(service[0], *command)
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr
    assert answer.stderr.startswith("uploader: ")


def test_a_child_that_dies_is_started_again(service):
    home, serve = service
    (central,) = [p for p in children_of(serve.pid) if b"central" in command_of(p).split(b"\0")]
    os.kill(central, signal.SIGKILL)
    until(lambda: not living({central}))
    until(lambda: up(home))


def command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has ended meanwhile
        return b""


def test_a_centre_that_is_away_is_told_and_does_not_stop_the_house(home, tmp_path):
    change_settings(home, 'embedded = true\nproject = "SITE01"', 'embedded = false\nproject = "SITE01"')
    drop(home, 1)
    log = tmp_path / "log"
    with running(home, "serve", out=log) as serve:
        until(received(home, 1))
        until(lambda: "is running" in log.read_text())
        assert interrupted(serve) == 0
    assert "central: logging in: no answer (ConnectionError); what goes there waits" in log.read_text()
