"""Child processes that live and die with this one.

A child is tethered by its standard input: when the parent is gone, however it went, the pipe closes and the
child stops by itself. Nothing of ours keeps running behind a killed parent.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import requests

from uploader.domain.errors import ArchiveUnavailable
from uploader.logs import log_file, say

_TETHERED = "UPLOADER_TETHERED"
_RESTART_SECONDS = 2.0
_STOP_SECONDS = 15.0


@dataclass(slots=True)
class Child:
    """One command of ours in a process of its own."""

    name: str
    arguments: Sequence[str]
    url: str = ""
    """What answers once the child is ready; empty when there is nothing to ask."""
    log: Path | None = None
    """File for what it says on stderr; None: it speaks where this process does."""
    process: subprocess.Popen[bytes] | None = None
    died_at: float = field(default=0.0)

    def start(self) -> None:
        self._let_go()
        with ExitStack() as stack:
            self.process = subprocess.Popen(  # noqa: S603 - our own command, no shell
                [sys.executable, "-m", "uploader", *self.arguments],
                stdin=subprocess.PIPE,
                stderr=stack.enter_context(log_file(self.log)) if self.log else None,
                start_new_session=True,
                env={**os.environ, _TETHERED: "1"},
            )

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ready(self) -> bool:
        return not self.url or answers(self.url)

    def stop(self) -> None:
        self._let_go()
        if self.process is not None:
            self.process.terminate()

    def _let_go(self) -> None:
        """Close our end of the tether."""
        if self.process is not None and self.process.stdin:
            self.process.stdin.close()

    def join(self) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def header(url: str, name: str) -> str | None:
    """That header of the answer of what serves HTTP at `url`, empty without it; None where nothing answers."""
    try:
        answer = requests.get(url, timeout=2, allow_redirects=False)
    except requests.RequestException:
        return None
    return str(answer.headers.get(name, "")) if answer.status_code < 500 else None


def answers(url: str) -> bool:
    """Whether something that serves HTTP listens at `url`."""
    return header(url, "") is not None


def listens(url: str) -> bool:
    """Whether a port is open there, however busy is who listens."""
    place = urlsplit(url)
    try:
        socket.create_connection((place.hostname or "", place.port or 80), timeout=2).close()
    except OSError:
        return False
    return True


def await_ready(children: Sequence[Child], seconds: float = 60) -> None:
    """Wait until each child answers. Raises ArchiveUnavailable for one that died or stays silent."""
    until = time.monotonic() + seconds
    for child in children:
        while not child.ready():
            if not child.alive():
                where = f"in {child.log}" if child.log else "above"
                raise ArchiveUnavailable(f"{child.name} stopped while starting; its message is {where}")
            if time.monotonic() > until:
                raise ArchiveUnavailable(f"{child.name} does not answer at {child.url} after {seconds:.0f} s")
            time.sleep(0.05)


@contextmanager
def running(children: Sequence[Child]) -> Iterator[None]:
    """The children, started and answering, for as long as the block runs. Raises ArchiveUnavailable."""
    try:
        for child in children:
            child.start()
        await_ready(children)
        yield
    finally:
        stop_all(children)


def revive(children: Sequence[Child]) -> None:
    """Start again whatever died, at most every few seconds."""
    for child in children:
        if not child.alive() and time.monotonic() - child.died_at > _RESTART_SECONDS:
            child.died_at = time.monotonic()
            say("restarted", place=child.name)
            child.start()


def stop_all(children: Sequence[Child]) -> None:
    """Ask all to stop, last started first, and wait for each."""
    for child in reversed(children):
        child.stop()
    for child in reversed(children):
        child.join()


def stop_signal() -> threading.Event:
    """An event that Ctrl-C, SIGTERM or the end of the parent sets: the way every long command is told to stop."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    if tethered():
        threading.Thread(target=_watch_tether, args=(stopping,), daemon=True).start()
    return stopping


def tethered() -> bool:
    """Whether this process is a child of another of ours, which speaks for it to people."""
    return bool(os.environ.get(_TETHERED))


def _watch_tether(stopping: threading.Event) -> None:
    while os.read(0, 1024):
        pass
    stopping.set()
