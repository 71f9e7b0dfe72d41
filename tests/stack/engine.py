"""The embedded stack on a real engine, made as docs/stack.md says, with stand-ins for images that cannot be pulled."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.homes import free_ports
from tests.patience import PATIENCE_SECONDS
from tests.sandbox.hostile import FOLDER as HOSTILE
from tests.sandbox.hostile import demo_asks
from uploader.sandbox.process import digest_of

ROOT = Path(__file__).parent.parent.parent
FILES = ("docker-compose.embedded.yml", "docker-compose.validators.yml")
PROJECT = "uploader-test"
PASSWORD = "correct horse battery staple"
READY_SECONDS = 300
VALIDATORS = ("iod", "sequences", "hostile")
SERVICES = (
    "identifiable",
    "anonymised",
    "central",
    "listener",
    "worker",
    "release",
    "desk",
    "records-db",
    "proxy",
    "pacs",
)
BEHIND_DOORS = tuple(f"validator-{name}" for name in VALIDATORS)


def run(*command: str | Path, env: Mapping[str, str] | None = None, check: bool = True, seconds: float = 600) -> str:
    """What the command printed. Raises AssertionError with all that it said when it fails."""
    done = subprocess.run(
        [str(word) for word in command],
        check=False,
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    assert not check or done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
    return done.stdout


def why_no_engine() -> str:
    """Empty where an engine answers and all that is needed is there."""
    for command in (["docker", "info"], ["docker-compose", "version"], ["debootstrap", "--version"]):
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=60)
        except (OSError, subprocess.SubprocessError):
            return f"`{' '.join(command)}` fails here: install docker.io, docker-compose and debootstrap, start dockerd"
    return "" if os.geteuid() == 0 else "making the images and looking into containers takes root"


@dataclass(frozen=True, slots=True)
class Stack:
    """The running stack. env: what .env would say."""

    env: Mapping[str, str]

    def compose(self, *words: str, check: bool = True, seconds: float = 600) -> str:
        return run("docker-compose", "--profile", "pacs", *words, env=self.env, check=check, seconds=seconds)

    def inside(self, service: str, *words: str, check: bool = True) -> str:
        """What a command says that runs in the service's container, as its user."""
        return run("docker", "exec", self.container(service), *words, check=check, seconds=PATIENCE_SECONDS)

    def in_network_of(self, service: str, *words: str) -> str:
        """What a command of this machine says that sees the network as the container does, and nothing else of it."""
        return run("nsenter", "--target", str(self.about(service)["State"]["Pid"]), "--net", *words)

    def container(self, service: str) -> str:
        return f"{PROJECT}_{service}_1"

    def about(self, service: str) -> Any:
        (found,) = json.loads(run("docker", "inspect", self.container(service)))
        return found

    def addresses(self, service: str) -> dict[str, str]:
        """Network -> address there."""
        networks = self.about(service)["NetworkSettings"]["Networks"]
        return {name.removeprefix(f"{PROJECT}_"): about["IPAddress"] for name, about in networks.items()}

    @property
    def desk(self) -> str:
        return f"https://{self.env['DESK_HOST']}:{self.env['HTTPS_PORT']}"

    def up(self) -> None:
        """Start all, wait until each says that it is ready, and make the account `ada`."""
        self.compose("up", "--detach", "--no-build")
        run("containers/firewall", env=self.env)
        self.await_health()
        adding = ("exec", "-T", "-e", f"UPLOADER_PASSWORD={PASSWORD}", "desk", "uploader", "account", "add", "ada")
        self.compose(*adding)

    def down(self) -> None:
        run("containers/firewall", "--remove", env=self.env)
        self.compose("down", "--volumes", "--timeout", "5", check=False)

    def await_health(self, services: Sequence[str] = (*SERVICES, *BEHIND_DOORS)) -> None:
        until = time.monotonic() + READY_SECONDS
        while waiting := {s: h for s in services if (h := self._health(s)) != "healthy"}:
            assert time.monotonic() < until, (
                f"not ready: {waiting}\n{self.compose('logs', '--tail', '30', check=False)}"
            )
            time.sleep(1)

    def _health(self, service: str) -> str:
        state = self.about(service)["State"]
        return str(state["Health"]["Status"] if state["Running"] else state["Status"])


HOSTILE_IMAGE = "uploader-test/hostile"
HOSTILE_SERVICE = {
    "services": {
        "worker": {"volumes": ["door-hostile:/srv/uploader/doors/hostile"]},
        "validator-hostile": {
            "extends": {"file": str(ROOT / "containers" / "services.yml"), "service": "validator"},
            "image": HOSTILE_IMAGE,
            "command": ["hostile"],
            "volumes": ["door-hostile:/door:ro"],
        },
    },
    "volumes": {"door-hostile": {}},
}
"""As docs/validators.md has a site write it for a validator of its own."""


def _allow_validators(site: Path) -> None:
    """The settings name all three, and the trial of the demo session asks for `iod`."""
    config = site / "config"
    shutil.copytree(HOSTILE, config / "validators" / "hostile")
    with (config / "uploader.toml").open("a") as out:
        for name in VALIDATORS:
            digest = digest_of(config / "validators" / name)
            out.write(f'\n[[plugins]]\nmanifest = "validators/{name}/validator.json"\ndoor = "doors/{name}"\n')
            out.write(f'digest = "{digest}"\n')
    demo_asks(config, {}, "iod")
    (site.parent / "hostile.yml").write_text(json.dumps(HOSTILE_SERVICE))


def made(site: Path) -> Stack:
    """A site of its own, images built, nothing started yet."""
    ports = dict(zip(("HTTPS_PORT", "HTTP_PORT", "DICOM_PORT", "PACS_PORT"), map(str, free_ports(4)), strict=True))
    env = {
        "SITE": "SITE01",
        "SITE_DIR": str(site),
        "DESK_HOST": "desk.uploader.test",
        "IDENTIFIABLE_HOST": "identifiable.uploader.test",
        "ANONYMISED_HOST": "anonymised.uploader.test",
        "HTTPS_ADDRESS": "127.0.0.1",
        "DICOM_ADDRESS": "127.0.0.1",
        "DICOM_CALLING": "STORESCU,ORTHANC",
        "DICOM_PEERS": "172.16.0.0/12,192.168.0.0/16",
        "EGRESS_TO": "198.51.100.2/32",
        "EGRESS_DNS": "127.0.0.1",
        "BRIDGES": "uplt",
        "WORKER_CPUS": str(min(2, os.cpu_count() or 1)),
        "DOCKER_BUILDKIT": "0",
        "COMPOSE_PROJECT_NAME": PROJECT,
        "COMPOSE_FILE": ":".join((*FILES, str(site.parent / "hostile.yml"))),
        "VALIDATORS": "iod sequences hostile",
        **ports,
    }
    env |= dict(line.split("=", 1) for line in run("containers/standins/make", env=env).split())
    env |= dict(line.split("=", 1) for line in run("containers/validators/make", env=env).split())
    run(
        "docker",
        "build",
        "--quiet",
        "--build-arg",
        f"BASE_IMAGE={env['PYTHON_IMAGE']}",
        "--tag",
        HOSTILE_IMAGE,
        HOSTILE,
    )
    run("containers/wheels", env={"PYTHON": sys.executable})
    run("containers/site", "--embedded", env=env)
    run("containers/certificate", env=env)
    run("containers/site", "--embedded", env=env)
    _allow_validators(site)
    stack = Stack(env)
    stack.down()  # what a run that was killed has left
    stack.compose("build", "desk", "pacs", seconds=900)
    return stack
