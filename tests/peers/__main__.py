"""Runs the peers' suites side by side, prints what became of each file, and fails when it is less than promised."""

from __future__ import annotations

import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.peers import expected, sdists, seed, suites
from tests.peers.suites import Case

WORK = sdists.ROOT / "build/peers"
PYXNAT = (
    "attributes_test",
    "custom_variables_test",
    "interfaces_test",
    "pipelines_test",
    "prearchive_test",
    "provenance_test",
    "repr_test",
    "resources_test",
    "search_test",
    "sessionmirror_test",
    "test_resource_functions",
    "user_and_project_management_test",
)
"""The files of pyxnat's suite that ask an archive of the tester's choice."""


def main() -> int:
    began = time.monotonic()
    folders = sdists.unpacked(WORK)
    shutil.rmtree(WORK / "runs", ignore_errors=True)
    with ThreadPoolExecutor() as pool:
        running = [
            pool.submit(_pyxnat, folders["pyxnat"]),
            pool.submit(_xnatpy, folders["xnat"]),
            pool.submit(_xnatctl),
        ]
        cases = [case for run in running for case in run.result()]
    _tell(cases)
    bad = expected.complaints(cases)
    print("\n".join(bad) or "As docs/peers.md says.", f"({time.monotonic() - began:.0f} s)")
    return 1 if bad else 0


def _pyxnat(sdist: Path) -> list[Case]:
    tests = sdist / "pyxnat/tests"
    seed.uploads(tests)
    run = _folder("pyxnat")
    with seed.archive(run / "archive") as url:
        seed.clients_files(run, url)
        return suites.run([tests / f"{name}.py" for name in PYXNAT], run, sdist)


def _xnatpy(sdist: Path) -> list[Case]:
    run = _folder("xnatpy")
    with seed.archive(run / "archive") as url:
        file = sdist / "xnat/tests/functional_tests/test_import.py"
        return suites.run([file], run, sdist, ["tests.peers.xnatpy_fixtures"], PEERS_URL=url)


def _xnatctl() -> list[Case]:
    run = _folder("xnatctl")
    with seed.archive(run / "archive") as url:
        return suites.run([Path(__file__).with_name("case_xnatctl.py")], run, sdists.ROOT, PEERS_URL=url)


def _folder(name: str) -> Path:
    folder = WORK / "runs" / name
    folder.mkdir(parents=True)
    return folder


def _tell(cases: list[Case]) -> None:
    for file in dict.fromkeys(case.file for case in cases):
        own = [case for case in cases if case.file == file]
        passed = sum(case.outcome == "passed" for case in own)
        print(f"{file + '.py':40} {passed:3} of {len(own):3}")
        for case in own:
            if case.outcome != "passed":
                print(f"    {case.name}: {case.outcome}: {case.reason}")


if __name__ == "__main__":
    sys.exit(main())
