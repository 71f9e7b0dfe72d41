"""The disk of the centre is full: what arrived stays, the rest waits, and goes by itself when there is room."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import urlsplit

import pytest

from tests.faults.door import Door, Fault, opened


@contextmanager
def small_disk(at: Path, size: str) -> Iterator[None]:
    """What is at `at`, on a disk of its own. Where none can be mounted: a reason to skip, and in CI a failure."""
    disk = mkdtemp()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], check=False, capture_output=True
    )
    if done.returncode:
        reason = f"no disk can be mounted here: {done.stderr.decode().strip()}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    try:
        shutil.copytree(at, disk, dirs_exist_ok=True)
        shutil.rmtree(at)
        at.symlink_to(disk)
        yield
        at.unlink()
        shutil.copytree(disk, at)
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)
        Path(disk).rmdir()


def fill(folder: Path) -> None:
    """A file that takes all the room there is but a page."""
    (folder / "filler").write_bytes(bytes(shutil.disk_usage(folder).free - 4096))


def test_a_disk_without_room_for_the_archive_s_own_database_is_waited_for_too(due):
    centre = due.home / "archives" / "central"
    with small_disk(centre, "16m"), due.archives():
        fill(centre)
        about = due.carried()
        assert (about.state, about.why) == ("waiting", "archive-unavailable")
        assert "disk is full" in about.says
        (centre / "filler").unlink()
        due.carried_until_released()


def test_a_disk_that_fills_up_is_waited_for_and_what_is_missing_goes_when_there_is_room(due):
    centre = due.home / "archives" / "central"
    with small_disk(centre, "16m"), due.archives():
        itself = due.settings.central.url
        door = Door(urlsplit(itself).port, Fault.BREAKS, times=1, breaks=lambda: fill(centre))
        with opened(door):
            due.set("central", "url", door.url)
            about = due.carried()
            assert (about.state, about.why) == ("waiting", "archive-unavailable")
            assert "disk is full" in about.says
        assert due.violations() == []
        (centre / "filler").unlink()
        due.set("central", "url", itself)
        due.carried_until_released()
