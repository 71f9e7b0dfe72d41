"""The stack is lost, and comes back from its copy and its keys, which were kept apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.stack.engine import BEHIND_DOORS, ROOT, Stack, run

pytestmark = pytest.mark.stack
PROVING = ("identifiable", "anonymised", "central", "worker", "release")
"""What is begun again, beside the validators, which doctor looks for: all that holds sessions or knows of them."""


@pytest.fixture
def clone(stack, tmp_path) -> Path:
    """What a hospital has of the project, with its .env."""
    clone = tmp_path / "clone"
    clone.mkdir()
    for path in (ROOT / "containers", *ROOT.glob("docker-compose*.yml")):
        (clone / path.name).symlink_to(path)
    (clone / ".env").write_text("".join(f"{name}={value}\n" for name, value in stack.env.items()))
    return clone


def read_back(stack: Stack, part: str) -> dict[str, str]:
    """What doctor says of the records and of the sessions, file by file, where this part runs."""
    service = {"prepare": "worker"}.get(part, part)
    words = ("uploader", "doctor", "--part", part, "--no-phantom", "--sessions", "--json")
    found = json.loads(stack.inside(service, *words, check=False))
    return {each["about"]: f"{each['grade']}: {each['says']}" for each in found}


def test_a_stack_that_is_lost_comes_back_with_every_session_and_its_audit(stack, clone, tmp_path):
    sessions = stack.inside("worker", "uploader", "status")
    assert "released" in sessions
    copy = Path(run(clone / "containers" / "backup", tmp_path / "copies", env=stack.env).splitlines()[-1])
    keys = [path.read_bytes() for path in Path(stack.env["SITE_DIR"], "secrets", "made").glob("*.key")]
    assert len(keys) >= 5
    assert not any(key in file.read_bytes() for key in keys for file in copy.iterdir())

    stack.compose("down", "--volumes", "--timeout", "5")
    assert "Restored." in run(clone / "containers" / "restore", copy, env=stack.env)
    stack.compose("up", "--detach", "--no-build", *PROVING, *BEHIND_DOORS)
    run("containers/firewall", env=stack.env)
    stack.await_health(PROVING)

    assert stack.inside("worker", "uploader", "status") == sessions
    for part in ("prepare", "release"):
        told = read_back(stack, part)
        assert told["records"].startswith("well: "), told
        assert told["sessions"].startswith("well: "), told
        assert not told["sessions"].startswith("well: 0 "), told
