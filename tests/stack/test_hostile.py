"""Validators in containers on a real engine: what a hostile one gets, and what is told of it."""

from __future__ import annotations

import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.patience import until
from tests.sandbox.hostile import FOLDER, HURRIED, SAYS, SITE, broken, running, said, session
from tests.stack.engine import run, why_no_engine
from uploader.config import PluginSettings
from uploader.domain.errors import BadPlugin, ValidatorAway
from uploader.sandbox import plugins
from uploader.sandbox.container import LABEL

pytestmark = pytest.mark.stack
NAME = "uploader-test/hostile"


@pytest.fixture(scope="module")
def base():
    """A small Debian."""
    if reason := why_no_engine():
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    made = run("containers/standins/make")
    return dict(line.split("=", 1) for line in made.split())["PYTHON_IMAGE"]


@pytest.fixture(scope="module")
def image(base):
    """The ID of the hostile validator's image."""
    run("docker", "build", "--quiet", "--build-arg", f"BASE_IMAGE={base}", "--tag", NAME, FOLDER)
    return image_id(NAME)


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return session(tmp_path_factory.mktemp("session"))


@pytest.fixture
def container(image, tmp_path):
    return lambda **changed: plugin_in(image, tmp_path / "diagnostics", **changed)


def image_id(name):
    return run("docker", "image", "inspect", "--format", "{{.Id}}", name).strip()


def plugin_in(digest, diagnostics, *, name=NAME, site=SITE):
    given = PluginSettings(manifest=FOLDER / "validator.json", image=name, digest=digest)
    return plugins([given], site, diagnostics, ())["hostile"]


def codes(findings):
    return [finding.code for finding in findings]


def left_behind():
    return run("docker", "ps", "--all", "--quiet", "--filter", f"label={LABEL}").split()


@pytest.mark.parametrize("does", ["output", "errors", "traversal", "text", "more-words", "crash"])
def test_what_is_no_answer_is_a_refusal_that_names_how_it_broke(container, case, does):
    says = broken(container(), case, does)
    assert f"the validator hostile broke: {SAYS[does]}" in says
    assert "Mustermann" not in says
    assert left_behind() == []


@pytest.mark.parametrize("does", ["hang", "hang-closed"])
def test_what_does_not_end_is_killed_and_gone(container, case, does):
    assert SAYS[does] in broken(container(site=HURRIED), case, does)
    assert left_behind() == []


def test_a_fork_bomb_is_told_by_its_name_and_gone(container, case):
    assert "it began more than 24 processes" in broken(container(site=HURRIED), case, "fork-bomb")
    assert left_behind() == []
    assert not running(b"fork while")


def test_a_memory_hog_is_told_by_its_name_and_gone(container, case):
    assert "it used more than 128 MB of memory" in broken(container(), case, "memory")
    assert left_behind() == []


def test_it_reaches_neither_this_machine_nor_the_network_of_the_engine(container, case):
    with socket.create_server(("", 0)) as server:
        port = server.getsockname()[1]
        gateway = run(
            "docker", "network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}"
        ).strip()
        reachable = f"import socket; socket.create_connection(('{gateway}', {port}), 2)"
        run("docker", "run", "--rm", NAME, "python3", "-c", reachable)
        for address in (f"127.0.0.1:{port}", f"{gateway}:{port}"):
            assert codes(said(container(), case, "network", address=address)) == ["hostile.contained"]


@pytest.mark.parametrize("does", ["write", "fill", "powers", "survive"])
def test_it_cannot_write_has_no_powers_and_leaves_nothing(container, case, does, monkeypatch):
    monkeypatch.setenv("PLANTED", "a key")
    before = {path.name: path.read_bytes() for path in case.folder.iterdir()}
    assert codes(said(container(), case, does)) == ["hostile.contained"]
    assert {path.name: path.read_bytes() for path in case.folder.iterdir()} == before
    assert left_behind() == []


def test_it_reads_the_files_of_the_session_and_no_others(container, case, tmp_path):
    (tmp_path / "link.key").write_text("a key")
    mine = "/pixels/" + next(iter(case.headers))
    assert codes(said(container(), case, "read", file=mine)) == ["hostile.escaped"]
    assert codes(said(container(), case, "read", file=str(tmp_path / "link.key"))) == ["hostile.contained"]


def test_what_it_said_is_in_diagnostics_and_not_in_the_log_of_the_engine(container, case):
    plugin = container()
    says = broken(plugin, case, "crash")
    [kept] = plugin.diagnostics.iterdir()
    assert kept.stem in says
    assert "Mustermann" in kept.read_text()


def test_another_image_under_the_same_name_is_refused(base, container, case):
    plugin = container()
    changed = f"FROM {NAME}\nRUN touch /changed\n"
    run("sh", "-c", f"printf '{changed}' | docker build --quiet --tag {NAME} -")
    try:
        with pytest.raises(BadPlugin, match="its image is not the one of the settings: the engine has sha256:"):
            said(plugin, case, "answer")
    finally:
        run("docker", "tag", plugin.runner.digest, NAME)
    assert plugin.ready()
    assert codes(said(plugin, case, "answer")) == ["hostile.contained"]


def test_an_image_with_volumes_is_refused(image, container, case):
    name = f"{NAME}-volumes"
    run("sh", "-c", f"printf 'FROM {NAME}\nVOLUME /data\n' | docker build --quiet --tag {name} -")
    plugin = container()
    other = replace(plugin, runner=replace(plugin.runner, image=name, digest=image_id(name)))
    with pytest.raises(BadPlugin, match="its image declares volumes"):
        said(other, case, "answer")


def test_an_image_that_is_not_there_is_not_fetched(container, case):
    plugin = container()
    other = replace(plugin, runner=replace(plugin.runner, image="uploader-test/none"))
    with pytest.raises(BadPlugin, match="the container engine does not have its image"):
        said(other, case, "answer")


def test_an_image_without_its_program_is_said_before_a_session_comes(container):
    plugin = container()
    other = replace(plugin, manifest=replace(plugin.manifest, command=("none",)))
    with pytest.raises(BadPlugin, match="the container engine cannot begin it: its image lacks the program"):
        other.ready()
    assert left_behind() == []


def test_what_somebody_ends_in_the_middle_has_not_judged(container, case):
    with ThreadPoolExecutor() as pool:
        judging = pool.submit(said, container(), case, "hang")
        until(lambda: run("docker", "ps", "--quiet", "--filter", f"label={LABEL}"))
        run("docker", "kill", *left_behind())
        with pytest.raises(ValidatorAway, match="it was ended from outside before it had judged"):
            judging.result()
    assert left_behind() == []


def test_what_a_killed_gateway_left_is_cleared_by_the_next(container, case):
    run("docker", "create", "--label", f"{LABEL}={int(time.time()) - 1}", NAME, "true")
    said(container(), case, "answer")
    assert left_behind() == []
