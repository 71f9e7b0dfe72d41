"""Runs a peer's suite with its own pytest in a process of its own, and reads what became of each case."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.peers.sdists import ROOT

LONGEST_SECONDS = 400
"""A suite that hangs is ended; on an idle machine the longest takes half a minute."""


@dataclass(frozen=True, slots=True)
class Case:
    """One test of a peer. `outcome`: passed, failed or skipped; `reason`: last line of what went wrong."""

    file: str
    name: str
    outcome: str
    reason: str = ""


def run(files: Sequence[Path], cwd: Path, path: Path, plugins: Sequence[str] = (), **environ: str) -> list[Case]:
    """The cases of these test files.

    path: prepended to PYTHONPATH, so that the sdist's own package is what is tested
    environ: added to the environment of the run
    """
    report = cwd / "report.xml"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--noconftest",
        "--continue-on-collection-errors",
        "-o",
        "junit_family=xunit1",
    ]
    command += [f"-p{plugin}" for plugin in plugins] + [f"--junit-xml={report}", f"--rootdir={path}", "-c", os.devnull]
    known = os.environ | {"PYTHONPATH": f"{path}{os.pathsep}{ROOT}", "NO_PROXY": "127.0.0.1"} | environ
    with (cwd / "output.txt").open("wb") as out:
        subprocess.run(
            [*command, *map(str, files)],
            check=False,
            cwd=cwd,
            env=known,
            stdout=out,
            stderr=out,
            timeout=LONGEST_SECONDS,
        )
    return [_case(found) for found in ET.parse(report).iter("testcase")]


def _case(found: ET.Element) -> Case:
    file = (found.get("classname") or found.get("name") or "").rsplit(".", 1)[-1]
    for outcome, tags in {"skipped": ("skipped",), "failed": ("failure", "error")}.items():
        for tag in tags:
            if (told := found.find(tag)) is not None:
                return Case(file, str(found.get("name")), outcome, (told.get("message") or "").split("\n")[0][:150])
    return Case(file, str(found.get("name")), "passed")
