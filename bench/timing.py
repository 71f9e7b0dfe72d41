"""Running commands and measuring them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

LAUNCH = Path(__file__).parent / "launch.py"


@dataclass(frozen=True, slots=True)
class Run:
    """seconds: wall clock; cpu: seconds of processors, user and system; peak_mb: most resident memory of any one
    process of the command"""

    seconds: float
    cpu: float
    peak_mb: float


def measured(
    *commands: Sequence[str],
    env: dict[str, str] | None = None,
    accepted: Sequence[int] = (0,),
    stdout: Path | None = None,
) -> Run:
    """Run the commands side by side; raises CalledProcessError when one ends with a code not `accepted`."""
    launch = [sys.executable, "-I", "-S", str(LAUNCH), json.dumps([list(c) for c in commands])]
    said = subprocess.run(
        [*launch, str(stdout or os.devnull)], env={**os.environ, **(env or {})}, check=True, capture_output=True
    )
    costs = json.loads(said.stdout)
    for code, command in zip(costs["codes"], commands, strict=True):
        if code not in accepted:
            raise subprocess.CalledProcessError(code, command)
    return Run(costs["seconds"], costs["cpu"], costs["peak_mb"])


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on just now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(closing(socket.socket())) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def row(*cells: object) -> None:
    """One line of the table, at once: a bench that is stopped has still said something."""
    print("| " + " | ".join(str(c) for c in cells) + " |", flush=True)


def table(*heads: str) -> None:
    row(*heads)
    row(*["---"] * len(heads))
