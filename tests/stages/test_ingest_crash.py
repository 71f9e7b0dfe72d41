"""The process dies at every single step; after a restart nothing is lost and nothing doubled."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.sources.making import Site, ct, rtstruct, zipped
from uploader.domain.arrival import Arrival
from uploader.domain.manifest import measure

STEPS = ("fsync", "replace", "unlink", "mkdir", "rmdir")
"""Every call that changes what a restart would find."""
KILLED = 77


class Hospital(Site):
    """A site with records on disk, and a line that takes registered sessions out of the spool."""

    def register(self, arrival: Arrival) -> None:
        book = self.root / "records.json"
        records = json.loads(book.read_text()) if book.exists() else {}
        records[arrival.submission] = sorted(arrival.instances.reveal())
        part = book.with_suffix(".new")
        part.write_text(json.dumps(records))
        part.rename(book)

    def run(self, line_is_fast: bool) -> None:
        self.restart()
        for arrival in self.intake.leftover():
            self._take(arrival, line_is_fast)
        for _ in range(3):
            for arrival in self.intake.poll():
                self._take(arrival, line_is_fast)
            self.clock.now += 101

    def _take(self, arrival: Arrival, line_is_fast: bool) -> None:
        self.register(arrival)
        if line_is_fast:
            (self.root / "work").mkdir(exist_ok=True)
            arrival.folder.rename(self.root / "work" / arrival.submission)
        self.intake.registered(arrival)


def fill(drop: Path) -> None:
    (drop / "one").mkdir()
    (drop / "one/a").write_bytes(ct("1.2.3.1"))
    (drop / "one/b").write_bytes(ct("1.2.3.2"))
    (drop / "letter").write_bytes(b"Dear colleague, " * 20)
    members = {"x": ct("1.9.1", "1.9"), "y": b"text " * 50, "z": rtstruct(["1.9.1"], "1.8.1", "1.8")}
    (drop / "two.zip").write_bytes(zipped(members))


def dies_at(step: int, hospital: Hospital, line_is_fast: bool) -> bool:
    """Run in a child that is gone before its `step`-th call; whether it came that far."""
    child = os.fork()
    if child == 0:
        try:
            count_down(step)
            hospital.run(line_is_fast)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED


def count_down(step: int) -> None:
    left = [step]

    def counted(real: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            if left[0] == 0:
                os._exit(KILLED)
            left[0] -= 1
            return real(*args, **kwargs)

        return call

    for name in STEPS:
        setattr(os, name, counted(getattr(os, name)))


@pytest.mark.parametrize("line_is_fast", [False, True])
def test_death_at_any_step_neither_loses_nor_doubles(tmp_path: Path, line_is_fast: bool) -> None:
    step, died = 0, True
    while died:
        root = tmp_path / str(step)
        root.mkdir()
        hospital = Hospital(root)
        fill(hospital.drop)
        died = dies_at(step, hospital, line_is_fast)
        hospital.run(line_is_fast)
        check(hospital, f"after death at step {step}")
        step += 1
    assert step > 40


def check(hospital: Hospital, when: str) -> None:
    records = json.loads((hospital.root / "records.json").read_text())
    assert sorted(records.values()) == [["1.2.3.1", "1.2.3.2"], ["1.8.1", "1.9.1"]], when
    assert sorted(hospital.codes()) == ["quarantine.not-dicom", "quarantine.not-dicom"], when
    assert not [p for p in hospital.drop.rglob("*") if p.is_file()], when  # an emptied folder may stay
    kept = [*(hospital.root / "spool").iterdir(), *(hospital.root / "work").glob("*")]
    assert {f.name for f in kept if not f.name.startswith(".")} == set(records), when
    assert not list((hospital.root / "spool/.journal").glob("*.part")), when
    for folder in kept:
        check_bytes(folder)


def check_bytes(folder: Path) -> None:
    if folder.name.startswith("."):
        return
    for entry in json.loads((folder / "manifest.json").read_text())["entries"]:
        with (folder / entry["name"]).open("rb") as data:
            assert measure(entry["name"], data).sha256 == entry["sha256"]
