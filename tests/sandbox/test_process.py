"""Validators as processes of this machine: what a hostile one gets, and what is told of it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.patience import until
from tests.sandbox.hostile import ENDLESS, FOLDER, HURRIED, SAYS, SITE, broken, running, said, session
from uploader.config import PluginSettings
from uploader.domain.errors import BadPlugin, ValidatorAway
from uploader.sandbox import plugins
from uploader.sandbox.process import digest_of
from uploader.sandbox.walls import walls

shut_in = pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap is not installed here")


def plugin_at(folder, diagnostics, *, bare=False, digest="", site=SITE):
    given = PluginSettings(manifest=folder / "validator.json", digest=digest or digest_of(folder))
    return plugins([given], replace(site, bare=bare), diagnostics, ())["hostile"]


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return session(tmp_path_factory.mktemp("session"))


@pytest.fixture
def plugin(tmp_path):
    return plugin_at(FOLDER, tmp_path / "diagnostics")


@pytest.fixture
def hurried(tmp_path):
    return plugin_at(FOLDER, tmp_path / "diagnostics", site=HURRIED)


@pytest.fixture
def bare(tmp_path):
    return plugin_at(FOLDER, tmp_path / "diagnostics", bare=True)


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def codes(findings):
    return [finding.code for finding in findings]


@shut_in
@pytest.mark.parametrize("does", sorted(SAYS.keys() - {*ENDLESS}))
def test_what_is_no_answer_is_a_refusal_that_names_how_it_broke(plugin, case, does):
    assert f"the validator hostile broke: {SAYS[does]}" in broken(plugin, case, does)


@shut_in
def test_what_is_an_answer_comes_through(plugin, case):
    assert codes(said(plugin, case, "answer")) == ["hostile.contained"]


@shut_in
def test_what_does_not_end_is_ended_though_it_has_closed_its_outputs(hurried, case):
    assert SAYS["hang-closed"] in broken(hurried, case, "hang-closed")


@shut_in
def test_a_fork_bomb_and_all_that_it_began_is_ended(hurried, case):
    assert "it took longer than 1.5 seconds" in broken(hurried, case, "fork-bomb")
    until(lambda: not running(b"fork while"))  # killed is not yet gone


@shut_in
def test_memory_is_not_given_without_end(plugin, case):
    assert "it ended with the code" in broken(plugin, case, "memory")


@shut_in
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_each_run_has_an_account_of_its_own_whose_processes_alone_are_counted(tmp_path):
    asked = [[*walls(tmp_path, None, 1 << 20), "id", "-u"] for _ in range(2)]
    users = {int(subprocess.run(words, check=True, capture_output=True, text=True).stdout) for words in asked}
    assert len(users) == 2
    assert not any(user < 1 << 30 for user in users)


@shut_in
def test_what_it_leaves_running_is_ended(plugin, case):
    assert codes(said(plugin, case, "survive")) == ["hostile.contained"]
    until(lambda: not running(b"sleep 87654"))


@shut_in
def test_there_is_no_network(plugin, case, listener):
    assert codes(said(plugin, case, "network", address=listener)) == ["hostile.contained"]


def test_without_bubblewrap_there_is_one(bare, case, listener):
    assert codes(said(bare, case, "network", address=listener)) == ["hostile.escaped"]


@shut_in
@pytest.mark.parametrize("does", ["write", "fill", "powers"])
def test_it_cannot_write_and_has_no_powers(plugin, case, does, monkeypatch):
    monkeypatch.setenv("PLANTED", "a key")
    before = {path.name: path.read_bytes() for path in case.folder.iterdir()}
    assert codes(said(plugin, case, does)) == ["hostile.contained"]
    assert {path.name: path.read_bytes() for path in case.folder.iterdir()} == before


@shut_in
def test_of_the_disk_it_sees_nothing_but_programs(plugin, case, tmp_path):
    (tmp_path / "link.key").write_text("a key")
    assert codes(said(plugin, case, "read", file=str(tmp_path / "link.key"))) == ["hostile.contained"]


def test_without_bubblewrap_it_reads_what_we_can(bare, case, tmp_path):
    (tmp_path / "link.key").write_text("a key")
    assert codes(said(bare, case, "read", file=str(tmp_path / "link.key"))) == ["hostile.escaped"]


@shut_in
def test_it_sees_no_process_of_ours(plugin, bare, case):
    ours = str(os.getpid())
    assert codes(said(plugin, case, "processes", file=ours)) == ["hostile.contained"]
    assert codes(said(bare, case, "processes", file=ours)) == ["hostile.escaped"]


@pytest.mark.parametrize("does", ["output", "errors", "crash"])
def test_without_bubblewrap_output_is_limited_all_the_same(bare, case, does):
    assert SAYS[does] in broken(bare, case, does)


def test_a_program_that_was_changed_is_not_begun(case, tmp_path):
    folder = shutil.copytree(FOLDER, tmp_path / "hostile")
    pinned = plugin_at(folder, tmp_path / "diagnostics")
    (folder / "hostile").write_text("#!/bin/sh\nexit 0\n")
    with pytest.raises(BadPlugin, match="its programs are not those of the settings: their digest is sha256:"):
        said(pinned, case, "answer")


def test_a_program_that_may_not_be_begun_is_said_before_a_session_comes(tmp_path):
    folder = shutil.copytree(FOLDER, tmp_path / "hostile")
    (folder / "hostile").rename(folder / "other")
    with pytest.raises(BadPlugin, match="the program of its manifest is not there"):
        plugin_at(folder, tmp_path / "diagnostics", bare=True).ready()


def test_a_link_among_its_programs_is_not_followed(case, tmp_path):
    folder = shutil.copytree(FOLDER, tmp_path / "hostile")
    (folder / "more").symlink_to("/etc/passwd")
    pinned = plugin_at(folder, tmp_path / "diagnostics", digest="sha256:" + "0" * 64)
    with pytest.raises(BadPlugin, match="among its programs is a symbolic link"):
        said(pinned, case, "answer")


@pytest.mark.parametrize("odd", [lambda folder: os.mkfifo(folder / "pipe"), lambda folder: (folder / "a\nb").touch()])
def test_what_is_no_file_among_its_programs_is_not_passed_over(tmp_path, odd):
    folder = shutil.copytree(FOLDER, tmp_path / "hostile")
    odd(folder)
    with pytest.raises(BadPlugin, match="something that is no file, or has a name of two lines"):
        plugin_at(folder, tmp_path / "diagnostics", digest="sha256:" + "0" * 64).ready()


def test_what_was_changed_while_it_ran_has_not_judged(case, tmp_path):
    folder = shutil.copytree(FOLDER, tmp_path / "hostile")
    plugin = plugin_at(folder, tmp_path / "diagnostics", bare=True)
    with pytest.raises(BadPlugin, match="its programs are not those of the settings"):
        said(plugin, case, "change")


@shut_in
def test_what_it_complains_of_goes_to_diagnostics_and_nowhere_else(plugin, case):
    says = broken(plugin, case, "crash")
    [kept] = plugin.diagnostics.iterdir()
    assert kept.stem in says
    assert "Mustermann" in kept.read_text()
    assert "Mustermann" not in says
    assert kept.stat().st_mode & 0o077 == 0


def test_where_nothing_can_shut_it_in_it_is_not_begun(plugin, case, monkeypatch):
    monkeypatch.setattr("uploader.sandbox.process.can_shut_in", lambda: False)
    with pytest.raises(BadPlugin, match="this machine cannot shut it in"):
        said(plugin, case, "answer")


@pytest.mark.parametrize("unlucky", [OSError(11, "Resource temporarily unavailable"), OSError(12, "Cannot allocate")])
def test_a_machine_without_room_for_a_process_is_asked_again_later(bare, case, monkeypatch, unlucky):
    def refuse(*_, **__):
        raise unlucky

    monkeypatch.setattr("subprocess.Popen", refuse)
    with pytest.raises(ValidatorAway, match="this machine could not begin it"):
        said(bare, case, "answer")


@pytest.fixture
def reachable():
    """A folder that every account may pass."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@shut_in
@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another account takes root")
@pytest.mark.parametrize("does", ["write", "fill", "powers", "read", "network"])
def test_it_is_held_the_same_where_the_uploader_is_not_root(reachable, listener, does, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 10001)
    program, pixels = (shutil.copytree(FOLDER, reachable / "program"), reachable / "pixels")
    (pixels / "a.dcm").parent.mkdir()
    (pixels / "a.dcm").write_text("")
    os.chown(pixels, 10001, 10001)
    os.chown(pixels / "a.dcm", 10001, 10001)
    params = {"does": does, "file": str(pixels / "a.dcm"), "address": listener}
    other = ["setpriv", "--reuid=10001", "--regid=10001", "--clear-groups", *walls(program, pixels, 1 << 20), "hostile"]
    asked = json.dumps({"params": params, "pixels": "/pixels"}, separators=(",", ":")) + "\n"
    done = subprocess.run(other, input=asked, capture_output=True, text=True, check=True)
    assert "hostile.contained" in done.stdout
