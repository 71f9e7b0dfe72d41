"""Runs a validator by a container engine, with nothing of the world but its request.

No network, no capabilities, no new privileges, a user of its own, a root that cannot be written, no shared memory, a
`/tmp` of limited size without programs; memory, processes, cores, time and output are limited. The engine writes no log
of it. The image is the one that the settings name, to the byte, and is never fetched.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import requests
from docker.errors import APIError, DockerException, ImageNotFound, NotFound

from uploader.sandbox.broke import Away, Broke, Output, Unfit
from uploader.sandbox.limits import Limits
from uploader.sandbox.manifest import Manifest
from uploader.sandbox.output import Hearing
from uploader.sandbox.watch import ENGINE_SECONDS, ended_by_itself, watched

PIXELS, SCRATCH = "/pixels", "/tmp"  # noqa: S108 - of a validator alone
"""Where the files lie for one that asks for them, and where it may write."""
USER = "65532:65532"
"""An account that owns nothing, here or in the usual images."""
LABEL = "uploader.validator.until"
"""When a container is to be gone, in seconds since 1970: what a gateway that was killed left is cleared by the next."""
GRACE_SECONDS = 120
_ANSWER = 1
"""Its standard output, in the first byte of each frame of what the engine passes on (Docker Engine API, attach)."""


@dataclass(frozen=True, slots=True)
class Containers:
    """engine: its socket, ``unix:///var/run/docker.sock``
    image: how the engine calls it; digest: ID of the image, or digest that a registry gave it, ``sha256:…``
    """

    engine: str
    image: str
    digest: str
    limits: Limits

    def reach(self, folder: Path) -> str:
        """Where the validator finds the files of `folder`."""
        return PIXELS

    def ready(self, manifest: Manifest) -> bool:
        """True when it can be begun: that is tried. Raises Away, Unfit."""
        with _engine(self.engine) as engine, self._made(engine, manifest, None) as made:
            engine.api.start(made)
        return True

    def __call__(self, manifest: Manifest, request: bytes, folder: Path | None, entries: Collection[str]) -> Output:
        """What it says of the request.

        folder: files that it may read; None for one that asks for none; entries: those that it is told of
        Raises Broke, Away, Unfit.
        """
        with _engine(self.engine) as engine, self._made(engine, manifest, folder) as made:
            return _run(engine, made, request, self.limits)

    @contextmanager
    def _made(self, engine: Any, manifest: Manifest, folder: Path | None) -> Iterator[str]:
        """A container that is not begun yet, and is gone afterwards."""
        asked = self._made_of(engine, manifest, folder)
        _clear(engine)
        made = engine.api.create_container(**asked)["Id"]
        try:
            yield made
        finally:
            engine.api.remove_container(made, force=True, v=True)

    def _made_of(self, engine: Any, manifest: Manifest, folder: Path | None) -> Mapping[str, Any]:
        until = int(time.time() + self.limits.seconds + GRACE_SECONDS)
        return {
            "image": _pinned(engine, self.image, self.digest),
            "entrypoint": list(manifest.command),
            "command": [],
            "user": USER,
            "stdin_open": True,
            "environment": {},
            "working_dir": SCRATCH,
            "hostname": "validator",
            "healthcheck": {"test": ["NONE"]},
            "labels": {LABEL: str(until)},
            "host_config": engine.api.create_host_config(**_shut_in(self.limits, folder)),
        }


def _shut_in(limits: Limits, folder: Path | None) -> Mapping[str, Any]:
    return {
        "network_mode": "none",
        "read_only": True,
        "tmpfs": {SCRATCH: f"size={limits.scratch_mb}m,mode=1777,noexec,nosuid,nodev"},
        "binds": {str(folder.resolve()): {"bind": PIXELS, "mode": "ro"}} if folder else {},
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "ipc_mode": "none",
        "mem_limit": f"{limits.memory_mb}m",
        "memswap_limit": f"{limits.memory_mb}m",
        "oom_score_adj": 1000,
        "pids_limit": limits.processes,
        "nano_cpus": int(limits.cpus * 1e9),
        "ulimits": [docker.types.Ulimit(name=name, soft=0, hard=0) for name in ("core", "msgqueue")],
        "log_config": {"Type": "none", "Config": {}},
        "restart_policy": {},
    }


@contextmanager
def _engine(address: str) -> Iterator[Any]:
    """The engine at this socket. Whatever goes wrong with it is Away, or Unfit where it would go wrong again; its words
    are not ours to show."""
    path = address.removeprefix("unix://")
    if Path(path).exists() and not os.access(path, os.R_OK | os.W_OK):
        raise Unfit(f"the account of the uploader may not use the container engine at {address}")
    try:
        with closing(docker.DockerClient(base_url=address, timeout=ENGINE_SECONDS)) as engine:
            yield engine
    except APIError as error:
        raise _refusal(error) from None
    except (DockerException, requests.RequestException, OSError):
        raise Away(f"no container engine answers at {address}; start it, or name another one in [sandbox]") from None


def _refusal(error: APIError) -> Away:
    said = str(error).encode()
    if error.status_code == requests.codes.bad_request:
        what = "the program of its manifest, or the machine not what [sandbox] gives it"
        return Unfit(f"the container engine cannot begin it: its image lacks {what}", said)
    return Away(f"the container engine did not do what it was asked ({error.status_code}); see that it is well", said)


def _pinned(engine: Any, image: str, digest: str) -> str:
    """The ID of the image, if it is the one that the settings mean. Raises Unfit."""
    try:
        about = engine.api.inspect_image(image)
    except ImageNotFound:
        raise Unfit("the container engine does not have its image, which is never fetched") from None
    known = {about["Id"], *(each.rpartition("@")[2] for each in about.get("RepoDigests") or ())}
    if digest not in known:
        raise Unfit(f"its image is not the one of the settings: the engine has {about['Id']}")
    if (about.get("Config") or {}).get("Volumes"):
        raise Unfit("its image declares volumes, in which it could write without limit")
    return str(about["Id"])


def _run(engine: Any, made: str, request: bytes, limits: Limits) -> Output:
    hearing = Hearing(limits)
    try:
        with watched(engine, made) as events:
            with _attached(engine, made) as wire:
                engine.api.start(made)
                wire.settimeout(limits.seconds)
                threading.Thread(target=_tell, args=(wire, request), daemon=True).start()
                _hear(wire, hearing)
            state = _ended(engine, made, hearing)
            ended_by_itself(events)
    except TimeoutError:
        raise hearing.broken(_why_too_long(engine, made, hearing, limits)) from None
    except Broke as broke:
        raise hearing.broken(broke) from None
    if state["OOMKilled"]:
        raise hearing.broken(Broke(f"it used more than {limits.memory_mb} MB of memory"))
    if state["ExitCode"]:
        raise hearing.broken(Broke(f"it ended with the code {state['ExitCode']}"))
    return hearing.output()


@contextmanager
def _attached(engine: Any, made: str) -> Iterator[socket.socket]:
    """Its standard streams, as one socket of the engine."""
    streams = engine.api.attach_socket(made, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
    wire = streams._sock  # the SDK has no other way to the socket, and only a socket can close one direction
    with closing(wire), closing(streams):
        yield wire


def _tell(wire: socket.socket, request: bytes) -> None:
    """Its request, as it takes it, in a thread of its own: it may answer before it has read all, or never read."""
    with suppress(OSError):
        wire.sendall(request)
        wire.shutdown(socket.SHUT_WR)


def _hear(wire: socket.socket, hearing: Hearing) -> None:
    """All frames to the end. Raises Broke, TimeoutError."""
    while head := _exactly(wire, 8, hearing):
        stream, length = struct.unpack(">BxxxL", head)
        while length:
            piece = _some(wire, min(length, 1 << 16), hearing)
            if not piece:
                return
            length -= len(piece)
            (hearing.answer if stream == _ANSWER else hearing.errors)(piece)


def _exactly(wire: socket.socket, length: int, hearing: Hearing) -> bytes:
    """So many bytes, or none at the end."""
    found = b""
    while len(found) < length:
        piece = _some(wire, length - len(found), hearing)
        if not piece:
            return b""
        found += piece
    return found


def _some(wire: socket.socket, most: int, hearing: Hearing) -> bytes:
    wire.settimeout(hearing.left())
    return wire.recv(most)


def _ended(engine: Any, made: str, hearing: Hearing) -> Mapping[str, Any]:
    """Its last state: it may have closed its outputs and go on. Raises TimeoutError, and what the SDK raises."""
    try:
        engine.api.wait(made, timeout=hearing.left())
    except (requests.Timeout, requests.ConnectionError):
        hearing.left()
        raise
    state: Mapping[str, Any] = engine.api.inspect_container(made)["State"]
    return state


def _why_too_long(engine: Any, made: str, hearing: Hearing, limits: Limits) -> Broke:
    """A validator that is over its time, told from one that cannot begin another process any more."""
    with suppress(DockerException, requests.RequestException):
        now = engine.api.stats(made, stream=False, one_shot=True)
        if now.get("pids_stats", {}).get("current", 0) >= limits.processes:
            return Broke(
                f"it began more than {limits.processes} processes, and took longer than {limits.seconds:g} seconds"
            )
    return hearing.too_long()


def _clear(engine: Any) -> None:
    """Remove containers of gateways that were killed, once they are over their time."""
    for each in engine.api.containers(all=True, filters={"label": LABEL}):
        if int(each["Labels"][LABEL]) < time.time():
            with suppress(NotFound):
                engine.api.remove_container(each["Id"], force=True, v=True)
