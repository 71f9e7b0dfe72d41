"""The program as a person or a service calls it: in a process of its own, with its own terminal or none."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.forked import Program
from tests.homes import PASSWORD
from tests.patience import PATIENCE_SECONDS

PROGRAM = [sys.executable, "-m", "uploader"]
Answer = subprocess.CompletedProcess[str]


def environment(**more: str) -> dict[str, str]:
    """Ours, with the password of the account `ada`, and without what would change the program's ways."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("UPLOADER_")}
    return {**kept, "UPLOADER_PASSWORD": PASSWORD, **more}


def call(home: Path | None, *arguments: str | Path, **env: str) -> Answer:
    """Run one command to its end, with no terminal."""
    words = _words(home, arguments)
    program = Program("uploader", *words, env=environment(**env))
    return Answer(words, program.wait(), *program.said())


def call_from_nothing(home: Path | None, *arguments: str | Path) -> Answer:
    """The same in a process that shares nothing with any other, not even the order of its sets."""
    return subprocess.run(
        [*PROGRAM, *_words(home, arguments)],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=environment(),
        timeout=PATIENCE_SECONDS,
        start_new_session=True,
    )


def _words(home: Path | None, arguments: Sequence[str | Path]) -> list[str]:
    return [*map(str, arguments), *(["--home", str(home)] if home else [])]


def run(home: Path, folder: Path, *more: str, subject: str = "DEMO-001", trial: str = "DEMO-RT", **env: str) -> Answer:
    return call(home, "run", folder, "--trial", trial, "--subject", subject, *more, **env)


def carried(home: Path, folder: Path, subject: str = "DEMO-001") -> dict[str, Any]:
    """The receipt of a session that went all the way."""
    answer = run(home, folder, "--sign-as", "ada", subject=subject)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    receipt: dict[str, Any] = json.loads(answer.stdout)
    return receipt


@contextmanager
def running(home: Path, *arguments: str, out: Path, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command that runs until told to stop; its output goes to `out`. Killed if it is still there at the end."""
    with out.open("ab") as log:
        process = subprocess.Popen(
            [*PROGRAM, *arguments, "--home", str(home)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment(**env),
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def interrupted(process: subprocess.Popen[bytes]) -> int:
    """The exit code after Ctrl-C."""
    process.send_signal(signal.SIGINT)
    return process.wait(PATIENCE_SECONDS)


def children_of(pid: int) -> set[int]:
    """All living descendants of a process."""
    children: dict[int, set[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(parent, set()).add(int(stat.parent.name))
    found, new = set[int](), children.get(pid, set())
    while new:
        found |= new
        new = {grandchild for child in new for grandchild in children.get(child, set())} - found
    return found


def living(pids: set[int]) -> set[int]:
    """Those of the processes that still run; a zombie does not."""
    alive = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            continue
        alive |= {pid} if state != "Z" else set()
    return alive
