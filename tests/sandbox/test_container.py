"""Validators in containers, where the engine is not as it should be; a real one is asked in tests/stack."""

from __future__ import annotations

import gc
import socketserver
import threading
import warnings
from contextlib import contextmanager
from dataclasses import replace

import pytest

from tests.homes import archives_of, arrive, carry, demo, new_home
from tests.sandbox.hostile import FOLDER, SITE, demo_asks, said, session
from uploader.config import PluginSettings
from uploader.domain.errors import BadPlugin, ValidatorAway
from uploader.domain.submission import State
from uploader.gateway import build_review, open_home
from uploader.sandbox import plugins

IMAGE, DIGEST = "none:1", "sha256:" + "0" * 64
VERSION = b'{"ApiVersion":"1.41","MinAPIVersion":"1.12"}'


@pytest.fixture(autouse=True)
def _sockets_of_the_sdk():
    """It leaves one that found nobody to the collector."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return session(tmp_path_factory.mktemp("session"))


def plugin_at(socket, diagnostics):
    given = PluginSettings(manifest=FOLDER / "validator.json", image=IMAGE, digest=DIGEST)
    return plugins([given], replace(SITE, engine=f"unix://{socket}"), diagnostics, ())["hostile"]


@contextmanager
def engine(socket, status, content):
    """One that says its version, and to all else the same."""

    class Answer(socketserver.StreamRequestHandler):
        def handle(self):
            asked = self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            code, said = (b"200 OK", VERSION) if b"/version" in asked else (status, content)
            if code:
                head = (
                    b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
                )
                self.wfile.write(head % (code, len(said)) + said)

    with socketserver.ThreadingUnixStreamServer(str(socket), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def test_an_engine_that_is_not_there_is_awaited(case, tmp_path):
    with pytest.raises(ValidatorAway, match=r"no container engine answers at unix://.*; start it"):
        said(plugin_at(tmp_path / "none.sock", tmp_path), case, "answer")


def test_an_engine_that_hangs_up_is_awaited(case, tmp_path):
    with engine(tmp_path / "e.sock", b"", b""), pytest.raises(ValidatorAway, match="no container engine answers"):
        said(plugin_at(tmp_path / "e.sock", tmp_path), case, "answer")


def test_an_engine_that_is_not_well_is_awaited_and_its_words_go_to_diagnostics(case, tmp_path):
    plugin = plugin_at(tmp_path / "e.sock", tmp_path / "diagnostics")
    answers = engine(tmp_path / "e.sock", b"500 Internal Server Error", b'{"message":"words of its own"}')
    with answers, pytest.raises(ValidatorAway, match=r"did not do what it was asked \(500\)") as told:
        said(plugin, case, "answer")
    [kept] = plugin.diagnostics.iterdir()
    assert "words of its own" in kept.read_text()
    assert "words of its own" not in str(told.value)


def test_an_image_that_is_not_there_is_for_somebody_to_put_right(case, tmp_path):
    answers = engine(tmp_path / "e.sock", b"404 Not Found", b'{"message":"No such image"}')
    with answers, pytest.raises(BadPlugin, match="the container engine does not have its image"):
        said(plugin_at(tmp_path / "e.sock", tmp_path), case, "answer")


def test_a_session_waits_while_the_engine_is_away_and_is_held_while_the_image_is(tmp_path):
    home, place = new_home(tmp_path / "home"), tmp_path / "e.sock"
    demo_asks(home, {"does": "answer"})
    with (home / "uploader.toml").open("a") as out:
        out.write(f'\n[[plugins]]\nmanifest = "{FOLDER}/validator.json"\nimage = "{IMAGE}"\ndigest = "{DIGEST}"\n')
        out.write(f'[sandbox]\nengine = "unix://{place}"\n')
    built = open_home(home)
    with archives_of(built):
        submission = arrive(built, demo(tmp_path / "session"))
        carry(built, submission)
        build_review(built).choose(submission, "DEMO-RT", "DEMO-001", "ada")
        carry(built, submission)
        waits = built.records.get(submission)
        with engine(place, b"404 Not Found", b'{"message":"No such image"}'):
            build_review(built).retry(submission, "ada")
            carry(built, submission)
        held = built.records.get(submission)
    built.records.close()
    assert (waits.state, waits.why) == (State.WAITING, "validator-away")
    assert (held.state, held.why) == (State.HELD, "bad-plugin")
    assert "cannot be run: the container engine does not have its image" in held.says
