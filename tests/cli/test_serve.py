"""`uploader serve`: what `make run` starts, and what is left when it stops."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.calling import PROGRAM, call, children_of, environment, interrupted, living, running, until
from tests.homes import change_settings, demo, new_home
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
        assert up(home)
        assert not any((home / "inbox").iterdir()), "the source is deleted once its copy is registered"
        children = children_of(serve.pid)
        assert len(children) >= 5
        assert interrupted(serve) == 0
    assert not living(children)
    first = states(home)
    drop(home, 2)
    with running(home, "serve", out=log) as serve:
        until(received(home, 2))
        assert states(home).items() >= first.items()
        children = children_of(serve.pid)
        serve.kill()
    until(lambda: not living(children), 30)
    assert list(states(home).values()) == ["received"] * 2
    shown = log.read_text()
    assert "web desk" in shown
    assert "Traceback" not in shown


def test_a_child_that_dies_is_started_again(home, tmp_path):
    log = tmp_path / "log"
    with running(home, "serve", out=log) as serve:
        until(lambda: "is running" in log.read_text())
        (central,) = [p for p in children_of(serve.pid) if b"central" in command_of(p).split(b"\0")]
        os.kill(central, signal.SIGKILL)
        url = Settings.read(home).central.url
        until(lambda: central not in living({central}), 10)
        until(lambda: answers(url), 30)
        assert interrupted(serve) == 0


def command_of(pid):
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def test_commands_work_beside_a_running_service_and_a_second_service_is_turned_away(home, tmp_path):
    session = demo(tmp_path / "session")
    log = tmp_path / "log"
    with running(home, "serve", out=log) as serve:
        until(lambda: "is running" in log.read_text())
        run = call(home, "run", session, "--trial", "DEMO-RT", "--subject", "DEMO-001", "--sign-as", "ada")
        assert run.returncode == 0, run.stderr
        second = subprocess.run(
            [*PROGRAM, "serve", "--home", str(home)],
            check=False,
            capture_output=True,
            text=True,
            env=environment(),
            timeout=60,
        )
        assert second.returncode == 2
        assert "Traceback" not in second.stderr
        assert "running already" in second.stderr
        assert up(home), "the first one goes on"
        assert interrupted(serve) == 0


def test_a_centre_that_is_away_is_told_and_does_not_stop_the_house(home, tmp_path):
    change_settings(home, 'embedded = true\nproject = "SITE01"', 'embedded = false\nproject = "SITE01"')
    drop(home, 1)
    log = tmp_path / "log"
    with running(home, "serve", out=log) as serve:
        until(received(home, 1))
        until(lambda: "is running" in log.read_text())
        assert interrupted(serve) == 0
    assert "central: logging in: no answer (ConnectionError); what goes there waits" in log.read_text()
