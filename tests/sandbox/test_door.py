"""Validators in containers that wait for sessions. Here bubblewrap plays the container; tests/stack has real ones."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.patience import until
from tests.sandbox.hostile import FOLDER, HURRIED, SAYS, SITE, broken, running, said, session
from uploader.config import PluginSettings
from uploader.domain.errors import BadPlugin, BadSettings, ValidatorAway
from uploader.sandbox import plugins
from uploader.sandbox.process import digest_of
from uploader.sandbox.walls import PATH

SCRIPT = Path(__file__).parents[2] / "containers" / "validators" / "door"
pytestmark = pytest.mark.skipif(
    not shutil.which("bwrap") or os.geteuid() != 0,
    reason="bubblewrap is not installed here, or may not change accounts",
)


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return session(tmp_path_factory.mktemp("session"))


@pytest.fixture
def place(tmp_path):
    (tmp_path / "door").mkdir()
    return tmp_path / "door"


def plugin_at(place, *, site=SITE, **changes):
    given = PluginSettings(manifest=FOLDER / "validator.json", digest=digest_of(FOLDER), door=place)
    return plugins([replace(given, **changes)], site, place.parent / "diagnostics", ())["hostile"]


@contextmanager
def container(place, *program):
    """One that waits for a session; it is not begun anew afterwards."""
    system = [word for name in ("bin", "lib", "lib64") for word in ("--symlink", f"usr/{name}", f"/{name}")]
    root = ["--ro-bind", "/usr", "/usr", *system, "--tmpfs", "/tmp", "--ro-bind", place, "/door"]
    alone = ["--unshare-pid", "--as-pid-1", "--proc", "/proc", "--dev", "/dev", "--die-with-parent"]
    powers = [word for each in ("SETUID", "SETGID", "KILL") for word in ("--cap-add", f"CAP_{each}")]
    own = ["--ro-bind", SCRIPT, "/first", "--ro-bind", FOLDER, "/opt", "--setenv", "PATH", f"/opt:{PATH}"]
    with subprocess.Popen(
        ["bwrap", *alone, *powers, *root, *own, "sh", "/first", *(program or ["hostile"])]
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def codes(findings):
    return [finding.code for finding in findings]


def test_a_session_is_judged_by_the_container_and_nothing_of_it_stays(place, case):
    plugin = plugin_at(place)
    with container(place):
        assert plugin.ready()
        assert codes(said(plugin, case, "answer")) == ["hostile.contained"]
    assert sorted(path.name for path in place.iterdir()) == ["next", "turn"]


@pytest.mark.parametrize("does", ["output", "errors", "traversal", "text", "half", "crash", "nothing"])
def test_what_is_no_answer_is_a_refusal_that_names_how_it_broke(place, case, does):
    with container(place):
        assert f"the validator hostile broke: {SAYS[does]}" in broken(plugin_at(place), case, does)


@pytest.mark.parametrize("does", ["hang", "hang-closed"])
def test_what_does_not_end_is_ended_with_its_container(place, case, does):
    with container(place) as process:
        assert SAYS[does] in broken(plugin_at(place, site=HURRIED), case, does)
        until(lambda: not running(b"sleep 98765"))
        assert process.poll() is None or process.returncode == 0


def test_what_it_leaves_running_ends_with_its_container(place, case):
    with container(place):
        assert codes(said(plugin_at(place), case, "survive")) == ["hostile.contained"]
        until(lambda: not running(b"sleep 87654"))


def test_it_can_write_neither_the_door_nor_the_files_behind_it(place, case):
    with container(place):
        assert codes(said(plugin_at(place), case, "read", file="/tmp/pixels/CT0001.dcm")) == ["hostile.escaped"]
    with container(place):
        written = "/tmp/pixels/CT0001.dcm"
        assert codes(said(plugin_at(place), case, "overwrite", file=written)) == ["hostile.contained"]


def test_it_is_given_the_files_that_it_is_told_of_and_no_others(place, case):
    told = replace(case, headers={name: header for name, header in case.headers.items() if name != "CT0001.dcm"})
    with container(place):
        assert codes(said(plugin_at(place), told, "read", file="/tmp/pixels/CT0001.dcm")) == ["hostile.contained"]


def test_it_has_no_power_over_the_first_process_of_its_container(place, case):
    with container(place):
        assert codes(said(plugin_at(place), case, "take-over")) == ["hostile.contained"]
    with container(place):
        assert codes(said(plugin_at(place), case, "powers")) == ["hostile.contained"]


def test_without_a_container_the_session_waits(place, case, monkeypatch):
    monkeypatch.setattr("uploader.sandbox.door.PATIENCE_SECONDS", 0.1)
    with pytest.raises(ValidatorAway, match=r"no container waits for sessions at .*; start it"):
        said(plugin_at(place), case, "answer")
    with pytest.raises(ValidatorAway, match="no container waits"):
        plugin_at(place).ready()


def test_a_container_that_is_ended_in_the_middle_has_not_judged(place, case):
    with container(place) as process, ThreadPoolExecutor() as pool:
        judging = pool.submit(said, plugin_at(place), case, "hang")
        until(lambda: running(b"sleep 98765"))
        process.send_signal(signal.SIGKILL)
        with pytest.raises(ValidatorAway, match="ended from outside before it had judged"):
            judging.result()
    assert sorted(path.name for path in place.iterdir()) == ["next", "turn"]


def test_a_container_that_ends_before_all_files_are_there_has_not_judged(place, case):
    os.mkfifo(place / "next")
    taken = 'read -r run <"$0/next"; exec 4<>"$0/$run/end" 3<"$0/$run/hold"'
    with subprocess.Popen(["sh", "-c", taken, place]), pytest.raises(ValidatorAway, match="ended from outside"):
        said(plugin_at(place), case, "answer")


def test_a_container_that_does_not_end_with_its_session_is_brought_no_other(place, case, monkeypatch):
    monkeypatch.setattr("uploader.sandbox.door.PATIENCE_SECONDS", 2)
    os.mkfifo(place / "next")
    says = 'cd "$0"; read -r run <next; cd "$run"; exec 4<>end 3<hold; read -r _ <&3; cat request >/dev/null; '
    says += "echo '{\"findings\":[]}' >answer; : >errors; echo 0 >code; read -r _ <&3; exec sleep 60"
    with subprocess.Popen(["sh", "-c", says, place]) as process:
        with pytest.raises(ValidatorAway, match="its container has not ended"):
            said(plugin_at(place), case, "answer")
        process.kill()


def test_a_container_that_a_killed_worker_has_called_ends_and_is_called_again(place, case):
    left = place / ("0" * 32)
    left.mkdir()
    os.mkfifo(left / "hold", 0o604)
    with subprocess.Popen(["sh", "-c", 'exec 3<"$0"; read -r _ <&3', left / "hold"]) as called:
        until(lambda: Path(f"/proc/{called.pid}/wchan").read_text() == "wait_for_partner")
        with container(place):
            said(plugin_at(place), case, "answer")
        assert called.wait(30) == 1


def test_an_image_without_its_program_never_waits(place, monkeypatch):
    monkeypatch.setattr("uploader.sandbox.door.PATIENCE_SECONDS", 0.5)
    with container(place, "none"), pytest.raises(ValidatorAway, match="see why it does not stay"):
        plugin_at(place).ready()


def test_what_a_killed_worker_left_is_gone_before_the_next_session(place, case):
    (place / ("0" * 32) / "pixels").mkdir(parents=True)
    (place / ("0" * 32) / "pixels" / "other.dcm").write_text("of another session")
    with container(place):
        said(plugin_at(place), case, "answer")
    assert sorted(path.name for path in place.iterdir()) == ["next", "turn"]


def test_a_folder_that_is_no_session_s_is_not_removed_from_a_door(place, case):
    (place / "records").mkdir()
    with container(place):
        said(plugin_at(place), case, "answer")
    assert (place / "records").is_dir()


def test_other_words_in_its_manifest_than_those_of_the_settings_hold_the_session(place, case):
    with pytest.raises(BadPlugin, match=r"the files beside its manifest are not those of the settings: .* sha256:"):
        said(plugin_at(place, digest="sha256:" + "0" * 64), case, "answer")


def test_a_door_that_is_not_there_holds_the_session(place, case):
    with pytest.raises(BadPlugin, match=r"its door .* is not there"):
        said(plugin_at(place / "none"), case, "answer")


def test_it_runs_by_its_image_or_behind_a_door(place):
    with pytest.raises(BadSettings, match="take one of the two away"):
        plugin_at(place, image="hostile:1")


def test_behind_a_door_waits_one_validator_alone(place, tmp_path):
    other = shutil.copytree(FOLDER, tmp_path / "other") / "validator.json"
    other.write_text(other.read_text().replace('"hostile', '"other'))
    given = [PluginSettings(manifest=each, digest="", door=place) for each in (FOLDER / "validator.json", other)]
    with pytest.raises(BadSettings, match="behind its door waits another validator"):
        plugins(given, SITE, tmp_path / "diagnostics", ())


def test_the_first_process_of_a_container_is_nothing_else():
    done = subprocess.run(["sh", SCRIPT, "true"], check=False, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "first process of a container, or nothing" in done.stderr
