"""Programs of ours in processes of their own, quickly: most of what a command costs is loading what it needs, and the
suite runs hundreds. So one process loads it all (`python -m tests.forked`, its nest) and forks whenever it is asked;
what is forked becomes `python -m MODULE`, with an environment, files and a session of its own, and ends like that.

How a program starts from nothing is for `tests.cli.calling.running`, `subprocess` and the doors of the package.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

from tests.patience import PATIENCE_SECONDS

MOST_BYTES = 1 << 17
"""Of what is asked for: module, arguments and environment."""


class Program:
    """One that was begun, with the manners of `subprocess.Popen`."""

    def __init__(self, module: str, *arguments: str, env: Mapping[str, str] | None = None) -> None:
        self.returncode: int | None = None
        self.arguments = (module, *arguments)
        self._out, self._err = os.memfd_create("out"), os.memfd_create("err")
        self._report, theirs = socket.socketpair()
        asked = json.dumps([module, arguments, dict(os.environ if env is None else env), str(Path.cwd())]).encode()
        with theirs, Path(os.devnull).open("rb") as nothing:
            socket.send_fds(_nest(), [asked], [nothing.fileno(), self._out, self._err, theirs.fileno()])
        self.pid = self._told()

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        if self.returncode is None and select.select([self._report], [], [], 0)[0]:
            self._end()
        return self.returncode

    def wait(self, timeout: float = PATIENCE_SECONDS) -> int:
        """Raises subprocess.TimeoutExpired when it has not ended by then."""
        if self.returncode is None:
            if not select.select([self._report], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.arguments, timeout)
            self._end()
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def said(self) -> tuple[str, str]:
        """All that it wrote to its two outputs, once it has ended."""
        self.wait()
        return _read(self._out), _read(self._err)

    def _end(self) -> None:
        self.returncode = os.waitstatus_to_exitcode(self._told())
        self._report.close()

    def _told(self) -> int:
        told: int = struct.unpack("i", self._report.recv(4, socket.MSG_WAITALL))[0]
        return told


def _read(descriptor: int) -> str:
    with os.fdopen(descriptor) as file:
        file.seek(0)
        return file.read()


@cache
def _nest() -> socket.socket:
    """Our end of the line to the nest of this process; it ends with us."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * MOST_BYTES)
    command = [sys.executable, "-m", "tests.forked", str(theirs.fileno())]
    with theirs:
        nest = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[theirs.fileno()],
            start_new_session=True,
        )  # fmt: skip
    atexit.register(lambda: (ours.close(), nest.wait()))
    return ours


def hatched(line: socket.socket) -> tuple[str, list[str]] | None:
    """Fork whenever somebody asks. Returns in the process that was forked, with the module and the arguments that it
    is to run; and in the nest when nobody will ask any more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the keepers
    while True:
        asked, files, _, _ = socket.recv_fds(line, MOST_BYTES, 4)
        if not asked:
            return None
        if not os.fork():
            break
        for each in files:
            os.close(each)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    line.close()
    *streams, report = files
    if pid := os.fork():
        _keep(pid, streams, report)
    module, arguments, env, folder = json.loads(asked)
    _settle(streams, env, folder)
    return module, arguments


def _keep(pid: int, streams: list[int], report: int) -> None:
    """Tell who it is that was forked, wait for its end, tell that."""
    for each in streams:
        os.close(each)
    os.write(report, struct.pack("i", pid))
    os.write(report, struct.pack("i", os.waitpid(pid, 0)[1]))
    os._exit(0)


def _settle(streams: list[int], env: Mapping[str, str], folder: str) -> None:
    """A session, an environment and outputs of its own, and nothing else that is open."""
    os.setsid()
    for number, each in enumerate(streams):
        os.dup2(each, number)
    os.closerange(3, 1 << 10)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)


def load() -> None:
    """What our programs are made of."""
    from uploader.cli import COMMANDS

    for module in (*(f"uploader.cli.{name}" for name in COMMANDS.values()), "tests.workflow.one_run_steps"):
        import_module(module)


if __name__ == "__main__":
    load()
    gc.freeze()  # or each would go through all of that once more when it ends
    if become := hatched(socket.socket(fileno=int(sys.argv[1]))):
        sys.argv = ["", *become[1]]
        runpy.run_module(become[0], run_name="__main__", alter_sys=True)
