"""Validators behind doors in the stack: a session is judged by one, and a hostile one is held by its container."""

from __future__ import annotations

import json
import re

import pytest

from tests.stack.engine import BEHIND_DOORS, Stack, run

pytestmark = pytest.mark.stack

ASKED = """
import json, sys, tempfile
from dataclasses import replace
from pathlib import Path
import uploader.sandbox.door
from uploader.cases import case_of, headers_below
from uploader.config import Settings
from uploader.domain.errors import UploaderError
from uploader.gateway import validators_of
from uploader.phantom import write_session

patience, params = json.loads(sys.argv[1])
uploader.sandbox.door.PATIENCE_SECONDS = patience
plugin = validators_of(Settings.read(Path("/srv/uploader")))["hostile"]
limits = replace(plugin.runner.limits, seconds=3)
plugin = replace(plugin, runner=replace(plugin.runner, limits=limits))
with tempfile.TemporaryDirectory() as folder:
    write_session(Path(folder), slices=2, size=16)
    case = case_of(Path(folder), headers_below(Path(folder), [path.name for path in Path(folder).iterdir()]))
    try:
        print(json.dumps([[f.code, f.says] for f in plugin(case, params)]))
    except UploaderError as error:
        print(json.dumps([[error.code, str(error)]]))
"""


def asked(stack: Stack, does: str, patience: float = 60, **params: str) -> tuple[str, str]:
    """The one thing that comes of the hostile validator in the worker's container: its code, and what is said."""
    words = json.dumps([patience, {"does": does, **params}])
    [(code, says)] = json.loads(stack.inside("worker", "python", "-c", ASKED, words))
    return code, says


def test_a_session_that_the_line_carried_was_judged_behind_a_door(stack):
    lines = stack.inside("desk", "uploader", "status").splitlines()
    submission = next(line.split()[0] for line in lines if line.split()[1] == "released")
    shown = json.loads(stack.inside("desk", "uploader", "show", submission))
    assert "iod.missing" in {finding["code"] for finding in shown["findings"]}


def test_what_uses_up_its_memory_is_killed_alone(stack):
    code, says = asked(stack, "memory")
    assert code == "validator.broken"
    assert "it was killed, as one is that uses more memory than it may" in says


def test_a_fork_bomb_ends_with_its_container(stack):
    code, says = asked(stack, "fork-bomb")
    assert code == "validator.broken"
    assert "it took longer than 3 seconds" in says


def test_after_both_it_is_begun_anew_remembers_nothing_and_gets_nowhere(stack):
    address = f"{stack.addresses('records-db')['records']}:5432"
    assert asked(stack, "everything", address=address) == ("hostile.contained", "It did not get out.")


def test_while_its_container_is_stopped_a_session_waits(stack):
    stack.compose("stop", "validator-hostile")
    code, says = asked(stack, "answer", patience=0.5)
    stack.compose("start", "validator-hostile")
    assert code == "validator-away"
    assert "no container waits for sessions at /srv/uploader/doors/hostile; start it" in says


@pytest.mark.parametrize("service", BEHIND_DOORS)
def test_a_validator_has_nothing_but_its_door(stack, service):
    about = stack.about(service)
    assert {mount["Destination"]: mount["RW"] for mount in about["Mounts"]} == {"/door": False, "/run/door": False}
    assert about["HostConfig"]["NetworkMode"] == about["HostConfig"]["IpcMode"] == "none"
    assert about["HostConfig"]["CapDrop"] == ["ALL"]
    powers = {each.removeprefix("CAP_") for each in about["HostConfig"]["CapAdd"]}
    assert powers == {"SETUID", "SETGID", "KILL"}
    assert about["HostConfig"]["SecurityOpt"] == ["no-new-privileges:true"]
    assert about["HostConfig"]["ReadonlyRootfs"]
    assert about["HostConfig"]["LogConfig"]["Type"] == "none"
    assert about["HostConfig"]["Memory"] == about["HostConfig"]["MemorySwap"] > 0
    assert about["HostConfig"]["PidsLimit"] > 0


@pytest.mark.parametrize("service", BEHIND_DOORS)
def test_the_door_is_its_first_process_and_can_do_nothing_but_begin_and_end_it_as_another_account(stack, service):
    status = run("cat", f"/proc/{stack.about(service)['State']['Pid']}/status")
    assert re.search(r"^CapBnd:\t0{14}e0$", status, re.M), "SETUID, SETGID, KILL"
    assert re.search(r"^NoNewPrivs:\t1$", status, re.M)
    assert re.search(r"^NSpid:\t\d+\t1$", status, re.M)


def test_doctor_looks_whether_each_waits(stack):
    found = json.loads(
        stack.inside("worker", "uploader", "doctor", "--part", "prepare", "--no-phantom", "--json", check=False)
    )
    told = {each["says"].split(":")[0]: each["grade"] for each in found if each["about"] == "validators"}
    assert told == dict.fromkeys(("iod", "sequences", "hostile"), "well")
