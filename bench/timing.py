"""Running a command and measuring it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Run:
    """seconds: wall clock; peak_mb: most resident memory of any one process of the command"""

    seconds: float
    peak_mb: float


def measured(*commands: Sequence[str], env: dict[str, str] | None = None) -> Run:
    """Run the commands side by side; raises CalledProcessError when one fails."""
    began, peak = time.perf_counter(), 0.0
    running = [
        subprocess.Popen(c, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **(env or {})})
        for c in commands
    ]
    for process in running:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, process.args)
        peak = max(peak, usage.ru_maxrss / 1024)
    return Run(time.perf_counter() - began, peak)


def row(*cells: object) -> None:
    """One line of the table, at once: a bench that is stopped has still said something."""
    print("| " + " | ".join(str(c) for c in cells) + " |", flush=True)
