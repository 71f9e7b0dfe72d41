"""A folder that somebody hands over whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.making import LIMITS, ct, rtstruct, zipped
from uploader.domain.arrival import Arrival, Quarantined
from uploader.phantom import write_session
from uploader.sources.folder import FolderSource
from uploader.stages.ingest.oneshot import take_folder


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    (tmp_path / "drop").mkdir()
    return tmp_path / "drop"


def taken(drop: Path) -> tuple[list[Arrival], list[Quarantined]]:
    return take_folder(FolderSource(drop, 0, LIMITS), drop.parent / "spool")


def test_the_phantom_is_one_session_at_once_and_the_folder_stays(drop: Path) -> None:
    write_session(drop, slices=3, size=32)
    before = sorted(drop.rglob("*"))
    (arrival,), aside = taken(drop)
    assert len(arrival.manifest) == len([p for p in before if p.is_file()])
    assert aside == []
    assert sorted(drop.rglob("*")) == before


def test_structures_do_not_wait_for_images_that_are_not_there(drop: Path) -> None:
    (drop / "a").write_bytes(rtstruct(["1.2.3.1"]))
    (arrival,), _ = taken(drop)
    assert arrival.scans == {"9": "RTSTRUCT"}


def test_what_is_not_taken_is_said_at_once(drop: Path) -> None:
    (drop / "a").write_bytes(ct()[:-5])
    (drop / "b").write_bytes(b"text " * 50)
    (drop / "c").symlink_to("/etc/passwd")
    (drop / "d").write_bytes(zipped({"x": ct()})[:-9])
    arrivals, aside = taken(drop)
    assert arrivals == []
    assert sorted(q.code.removeprefix("quarantine.") for q in aside) == [
        "not-dicom",
        "not-regular",
        "truncated",
        "zip-damaged",
    ]


def test_nothing_but_the_sessions_is_left_in_the_spool(drop: Path) -> None:
    (drop / "z").write_bytes(zipped({"x": ct()}))
    (arrival,), _ = taken(drop)
    assert list((drop.parent / "spool").iterdir()) == [arrival.folder]


def test_the_real_phantom_is_one_session(drop: Path, samples: Path) -> None:
    for path in (samples / "rt_breast_plan").glob("*"):
        (drop / path.name).write_bytes(path.read_bytes())
    arrivals, _ = taken(drop)
    assert len(arrivals) == 1
