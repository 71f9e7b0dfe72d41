"""What `run` and `archive serve` do by themselves: archives for as long as they are needed, bars on a terminal."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import termios

import pytest
import requests

from tests.cli.calling import PROGRAM, carried, children_of, environment, living, running
from tests.homes import demo, new_home
from tests.patience import PATIENCE_SECONDS, until
from uploader.config import Settings
from uploader.supervisor import answers


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return new_home(tmp_path_factory.mktemp("gateway") / "home")


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    return demo(tmp_path_factory.mktemp("export") / "session")


def on_a_terminal(arguments, out):
    """Run with stderr on a terminal and stdout in a file; returns (exit code, what the terminal showed)."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(ours, (24, 100))
    with out.open("wb") as stdout:
        process = subprocess.Popen(
            [*PROGRAM, *map(str, arguments)], stdin=theirs, stdout=stdout, stderr=theirs, env=environment()
        )
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
    except OSError:  # how Linux says that the other end of a terminal is closed
        pass
    os.close(ours)
    return process.wait(PATIENCE_SECONDS), shown.decode()


def test_run_starts_what_it_needs_and_shows_bars_on_the_terminal_and_json_on_stdout_only(home, session, tmp_path):
    command = ["run", session, "--trial", "DEMO-RT", "--subject", "DEMO-001", "--sign-as", "ada", "--home", home]
    code, shown = on_a_terminal(command, tmp_path / "out")
    assert code == 0, shown
    assert json.loads((tmp_path / "out").read_text())["state"] == "released"
    for stage in ("receive", "anonymise", "verify", "release"):
        assert f"{stage}: 100%" in shown
    assert "uploader" not in shown, "log lines are noise for a person"
    settings = Settings.read(home)
    assert not any(answers(a.url) for a in (settings.identifiable, settings.anonymised, settings.central))


def test_what_the_archives_said_is_in_the_home_for_its_owner_only(home, session):
    carried(home, session)
    logs = list((home / "logs").iterdir())
    assert {p.name for p in logs} >= {"archives.log", "commands.log"}
    assert {p.stat().st_mode & 0o777 for p in logs} == {0o600}
    assert '"event": "rested"' in (home / "logs" / "commands.log").read_text()


def test_run_without_a_terminal_says_nothing_on_stderr(home, tmp_path):
    session = demo(tmp_path / "another", seed=5)
    command = ["run", str(session), "--trial", "DEMO-RT", "--subject", "DEMO-005", "--home", str(home)]
    answer = subprocess.run([*PROGRAM, *command], check=False, capture_output=True, text=True, env=environment())
    assert (answer.returncode, answer.stderr) == (0, "")


def address_in(log):
    def found():
        lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
        return next((line["url"] for line in lines if line.get("event") == "serving"), None)

    return until(found)


def test_one_archive_alone_answers_on_any_free_port_and_stops_on_sigterm(home, tmp_path):
    log = tmp_path / "log"
    with running(home, "archive", "serve", "--name", "central", "--port", "0", out=log) as process:
        url = address_in(log)
        login = ("uploader", (home / "secrets" / "central-uploader").read_text())
        projects = requests.get(url + "/data/projects", auth=login, timeout=PATIENCE_SECONDS).json()["ResultSet"][
            "Result"
        ]
        assert {p["ID"] for p in projects} == {"SITE01", "DEMO-RT", "SPINE-PHANTOM"}
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0
    assert not answers(url)


def test_an_archive_listens_where_it_is_told_whatever_its_name_is_to_others(home, tmp_path):
    log = tmp_path / "log"
    with running(home, "archive", "serve", "--name", "central", "--port", "0", "--listen", "127.0.0.3", out=log):
        url = address_in(log)
        assert url.startswith("http://127.0.0.3:")
        until(lambda: answers(url))


def test_an_archive_stops_when_its_parent_is_gone(home, tmp_path):
    command = [*PROGRAM, "archive", "serve", "--name", "central", "--port", "0", "--home", str(home)]
    log = tmp_path / "log"
    with log.open("wb") as stderr:
        env = environment(UPLOADER_TETHERED="1")
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=stderr, env=env)
    address_in(log)
    process.stdin.close()
    assert process.wait(PATIENCE_SECONDS) == 0


def test_a_port_that_is_taken_is_one_sentence(home, tmp_path):
    log = tmp_path / "first"
    with running(home, "archive", "serve", "--name", "central", "--port", "0", out=log):
        port = address_in(log).rpartition(":")[2]
        command = [*PROGRAM, "archive", "serve", "--name", "central", "--port", port, "--home", str(home)]
        answer = subprocess.run(
            command, check=False, capture_output=True, text=True, env=environment(), timeout=PATIENCE_SECONDS
        )
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr
    assert port in answer.stderr


def test_a_run_that_is_killed_leaves_no_archive_behind(home, session, tmp_path):
    arguments = ["run", str(session), "--trial", "DEMO-RT", "--subject", "DEMO-001"]
    with running(home, *arguments, out=tmp_path / "log") as process:
        children = until(lambda: len(c := children_of(process.pid)) >= 1 and c)
        process.kill()
    until(lambda: not living(children))
