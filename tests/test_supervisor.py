"""Children: started, awaited, started again, and gone when they should be."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.homes import free_ports, new_home
from tests.patience import until
from uploader.config import Settings
from uploader.domain.errors import ArchiveUnavailable
from uploader.hosted import archive_children
from uploader.supervisor import Child, answers, await_ready, revive, stop_all


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return new_home(tmp_path_factory.mktemp("gateway") / "home")


@pytest.fixture
def archives(home):
    """The three archives of a home as children, not yet started; stopped at the end."""
    children = archive_children(Settings.read(home))
    yield children
    stop_all(children)


@pytest.fixture
def central(archives):
    (child,) = [c for c in archives if c.name == "central"]
    return child


def test_children_are_awaited_until_they_answer_and_stop_when_told(archives):
    for child in archives:
        child.start()
    await_ready(archives)
    until(lambda: all(answers(child.url) for child in archives))
    stop_all(archives)
    assert [child.process.returncode for child in archives] == [0, 0, 0]
    assert not any(answers(child.url) for child in archives)


def test_a_child_that_fails_at_the_start_is_named_with_the_place_of_its_message(tmp_path):
    log = tmp_path / "logs" / "central.log"
    child = Child("central", ["archive", "serve", "--name", "no-such"], "http://127.0.0.1:9/", log)
    child.start()
    with pytest.raises(ArchiveUnavailable, match=r"central stopped while starting.*central\.log"):
        await_ready([child])
    assert "no-such" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600
    stop_all([child])


def test_a_child_that_stays_silent_is_given_up_after_a_while(central):
    central.url = f"http://127.0.0.1:{free_ports(1)[0]}/"
    central.start()
    with pytest.raises(ArchiveUnavailable, match="does not answer"):
        await_ready([central], seconds=0.5)


def test_a_dead_child_is_started_again_and_a_living_one_left_alone(central):
    central.start()
    first = central.process
    revive([central])
    assert central.process is first
    first.kill()
    first.wait()
    revive([central])
    assert central.process is not first
    await_ready([central])


def test_a_child_that_dies_at_once_is_not_started_again_at_once(tmp_path):
    child = Child("worker", ["no-such-command"], log=tmp_path / "log")
    child.start()
    child.process.wait()
    revive([child])
    second = child.process
    second.wait()
    revive([child])
    assert child.process is second
    child.died_at = time.monotonic() - 60
    revive([child])
    assert child.process is not second
    stop_all([child])


@contextmanager
def answering(status):
    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("status", "ready"), [(200, True), (302, True), (401, True), (503, False)])
def test_a_server_that_answers_is_ready_even_when_it_asks_for_a_login(status, ready):
    with answering(status) as url:
        until(lambda: answers(url) is ready)


def test_where_nobody_listens_nobody_answers():
    assert not answers(f"http://127.0.0.1:{free_ports(1)[0]}/")
