"""What docs/peers.md promises, and how a run differs from it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from tests.peers.sdists import ROOT
from tests.peers.suites import Case

PAGE = ROOT / "docs/peers.md"
LEAST_OF_TEN = 0.9
"""Share of the cases of the ten files that must pass."""
LEAST = {"resources_test": 28, "test_import": 2}
"""Cases that must pass, by file."""
_FILE = re.compile(r"^\| `(\w+)\.py` \| (\d+) \| (\d+) \| (ten)? ?\|", re.M)
_OPEN = re.compile(r"^\| `(\w+)\.py::([^`]+)` \|", re.M)


@dataclass(frozen=True, slots=True)
class Promise:
    """A line of the page's table: `cases` there are in the file, `passed` of them at least; `ten`: one of the ten."""

    file: str
    cases: int
    passed: int
    ten: bool


def promises() -> list[Promise]:
    """The page's table of files."""
    return [Promise(f, int(cases), int(passed), bool(ten)) for f, cases, passed, ten in _FILE.findall(PAGE.read_text())]


def excused() -> set[tuple[str, str]]:
    """(file, case) of the page's list of what does not pass."""
    return set(_OPEN.findall(PAGE.read_text()))


def complaints(cases: Iterable[Case]) -> list[str]:
    """What is worse than promised; nothing when all is well."""
    found, may_fail = list(cases), excused()
    lost = [c for c in found if c.outcome != "passed" and (c.file, c.name) not in may_fail]
    bad = [f"{c.file}.py::{c.name} {c.outcome}: {c.reason}" for c in lost]
    there, passed = Counter(c.file for c in found), Counter(c.file for c in found if c.outcome == "passed")
    for p in promises():
        if there[p.file] != p.cases or passed[p.file] < p.passed:
            told = f"{passed[p.file]} of {there[p.file]} pass, where docs/peers.md says {p.passed} of {p.cases}"
            bad.append(f"{p.file}.py: {told}")
    return bad + _below(passed)


def _below(passed: Counter[str]) -> list[str]:
    ten = [p for p in promises() if p.ten]
    total, good = sum(p.cases for p in ten), sum(passed[p.file] for p in ten)
    low = [
        f"{file}.py: {passed[file]} pass, and at least {least} must"
        for file, least in LEAST.items()
        if passed[file] < least
    ]
    if good < LEAST_OF_TEN * total:
        low.append(f"the ten files of pyxnat: {good} of {total} pass, less than {LEAST_OF_TEN:.0%}")
    return low
