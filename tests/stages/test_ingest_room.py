"""A disk that is full, on a small file system of its own."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources.making import Site, ct, zipped


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site whose spool and quarantine have room for 1 MB."""
    for name in ("spool", "quarantine"):
        (tmp_path / name).mkdir()
        command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path / name)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("this account may not mount a small file system")
    site = Site(tmp_path)
    yield site
    site.intake.close()
    for name in ("spool", "quarantine"):
        subprocess.run(["umount", str(tmp_path / name)], check=True)


def big(uid: str, study: str) -> bytes:
    return ct(uid, study, Rows=512, Columns=1024, PixelData=bytes(1 << 20))


def test_a_session_too_big_for_the_disk_stays_and_others_go_on(site: Site) -> None:
    for name, data in {"one": big("1.1.1", "1.1"), "two": ct("1.9.1", "1.9")}.items():
        (site.drop / name).mkdir()
        (site.drop / name / "a").write_bytes(data)
    (arrival,) = site.later()
    site.intake.registered(arrival)
    assert arrival.instances.reveal() == {"1.9.1"}
    assert site.left() == ["one", "one/a"]
    assert site.intake.waiting() == ("1 file(s) wait: there is no room on the disk to keep them.",)


def test_a_session_is_taken_when_there_is_room_again(site: Site) -> None:
    (site.root / "spool/ballast").write_bytes(bytes(1_000_000))
    (site.drop / "a").write_bytes(ct(Rows=128, Columns=256, PixelData=bytes(1 << 16)))
    assert site.later() == []
    (site.root / "spool/ballast").unlink()
    assert len(site.later()) == 1


def test_a_zip_without_room_to_unpack_stays(site: Site) -> None:
    (site.drop / "z").write_bytes(zipped({"a": big("1.1.1", "1.1")}, zipfile.ZIP_STORED))
    assert site.later() == []
    assert site.left() == ["z"]
    assert site.intake.waiting() == ("A zip waits: there is no room on the disk to unpack it.",)


def test_what_has_no_room_in_quarantine_stays_and_is_not_listed(site: Site) -> None:
    (site.drop / "a").write_bytes(b"text " * 300_000)
    assert site.later() == []
    assert site.left() == ["a"]
    assert site.codes() == []
