"""`one_run`, as tests begin it."""

from __future__ import annotations

from pathlib import Path
from subprocess import CompletedProcess

from tests.forked import Program


def begun(
    root: Path,
    die_after: str = "-",
    raise_in: str = "-",
    version: str = "line-2",
    worker: str = "w1",
    dead_after: float = 3,
) -> Program:
    """dead_after: seconds of silence after which another worker counts as dead"""
    return Program("tests.workflow.one_run", str(root), die_after, raise_in, version, worker, str(dead_after))


def ended(program: Program) -> CompletedProcess[str]:
    return CompletedProcess(program.arguments, program.wait(), *program.said())
