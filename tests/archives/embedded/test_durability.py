from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from tests.archives.embedded.door import FILES, PASSWORDS, SESSION, Caller, image, reopened, tarred
from tests.patience import PATIENCE_SECONDS, until
from uploader.archives.embedded import Embedded, quiet, vault

CHILD = """
import sys, time
from pathlib import Path
from uploader.archives.embedded import Embedded, serve
server = serve(Embedded(Path(sys.argv[1]), name="central", site_id="CEN", accounts=()), "127.0.0.1", 0)
server.start()
print(server.url, flush=True)
time.sleep(900)
"""


def test_files_are_flushed_then_named_then_their_folder_is_flushed_then_they_are_registered(
    archive: Embedded, olga: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    olga.make_scan()
    done: list[str] = []
    flush, replace = vault._flush, Path.replace

    def flushed(path: Path) -> None:
        flush(path)
        registered = bool(_registered(archive))
        done.append(("folder" if path.is_dir() else "file") + (" after commit" if registered else ""))

    def replaced(path: Path, target: Path) -> Path:
        done.append("rename")
        return replace(path, target)

    monkeypatch.setattr(vault, "_flush", flushed)
    monkeypatch.setattr(Path, "replace", replaced)
    olga("PUT", f"{FILES}/x?extract=true", tarred({"1": b"1", "2": b"2"}))
    steps = done[:4] + sorted(set(done[4:]))
    assert steps == ["file", "file", "rename", "rename", "folder"]
    assert len(_registered(archive)) == 2


def _registered(archive: Embedded) -> list[object]:
    with archive.store.database.read() as c:
        return list(c.execute("SELECT path FROM files"))


@pytest.mark.parametrize("milliseconds", [30, 120, 300])
def test_after_a_kill_whatever_was_acknowledged_is_there_and_whole(
    archive: Embedded, olga: Caller, milliseconds: int
) -> None:
    olga.make_scan()
    root = archive.store.vault.root
    archive.close()
    with subprocess.Popen([sys.executable, "-c", CHILD, str(root)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        url = child.stdout.readline().strip()
        acknowledged = _send_until_killed(url, child, milliseconds / 1000)
    again = reopened(root)
    try:
        listed = Caller(again).digests() if acknowledged else {}
    finally:
        again.close()
    assert acknowledged.items() <= listed.items()
    on_disk = {p.name: _md5(p.read_bytes()) for p in (root / "archive").rglob("*.dcm")}
    assert listed.items() <= on_disk.items()
    assert all(_md5(_content(int(name.split(".")[0]))) == md5 for name, md5 in on_disk.items())


@pytest.mark.parametrize("milliseconds", [150, 600])
def test_after_a_kill_every_image_that_was_acknowledged_is_in_the_prearchive_or_in_the_archive(
    archive: Embedded, milliseconds: int
) -> None:
    root = archive.store.vault.root
    archive.close()
    with subprocess.Popen([sys.executable, "-c", CHILD, str(root)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        url = child.stdout.readline().strip()
        acknowledged: set[str] = set()
        with ThreadPoolExecutor(4) as pool:
            for series in range(4):
                pool.submit(_import_until_killed, url, series, acknowledged)
            until(lambda: acknowledged)
            time.sleep(milliseconds / 1000)
            child.kill()
    again = reopened(root)
    quiet.settle(again.store, datetime.now(UTC) + timedelta(seconds=1))
    caller = Caller(again)
    for row in caller.rows("/data/prearchive/projects/P"):  # killed between build and archive: the sender asks again
        assert row["status"] == "READY"
        assert caller("POST", f"/data{row['url']}?action=commit").status_code in {200, 301}
    assert caller.rows("/data/prearchive/projects/P") == []
    assert acknowledged <= {row["Name"] for row in caller.rows(f"{SESSION}/scans/ALL/files")}
    again.close()


def _import_until_killed(url: str, series: int, acknowledged: set[str]) -> None:
    """Send images of one series into the prearchive one by one, committing every fifth; notes who was acknowledged."""
    with requests.Session() as session, suppress(requests.RequestException):
        session.auth = ("olga", PASSWORDS["olga"])
        for n in range(1, 10_000):
            more = "&action=commit" if n % 5 == 0 else ""
            address = f"{url}/data/services/import?import-handler=gradual-DICOM&project=P&subject=S&session=E{more}"
            if session.post(address, data=image(series, n), timeout=PATIENCE_SECONDS).status_code == 200:
                acknowledged.add(f"1.2.3.{series}.1.{n}.dcm")


def _send_until_killed(url: str, child: subprocess.Popen[str], seconds: float) -> dict[str, str]:
    """Names and digests of the files that the archive said it had stored before it was killed."""
    acknowledged: dict[str, str] = {}
    with requests.Session() as session:
        session.auth = ("olga", PASSWORDS["olga"])
        assert session.get(f"{url}{SESSION}").status_code == 200
        until = time.monotonic() + seconds
        for n in range(10_000):
            if child.poll() is None and time.monotonic() > until:
                os.kill(child.pid, 9)
            try:
                answer = session.put(f"{url}{FILES}/{n}.dcm", data=_content(n), timeout=PATIENCE_SECONDS)
            except requests.RequestException:
                break
            if answer.status_code == 200:
                acknowledged[f"{n}.dcm"] = _md5(_content(n))
    return acknowledged


def _content(n: int) -> bytes:
    return n.to_bytes(4, "big") * 50_000


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    class Zeros:
        """300 MB of zeros, one chunk at a time; says how much was asked for at once."""

        left, most = 300_000_000, 0

        def read(self, size: int) -> bytes:
            self.most = max(self.most, size)
            size = min(size, self.left)
            self.left -= size
            return bytes(size)

    source = Zeros()
    store = vault.Vault(tmp_path)
    try:
        assert store.stage(source).size == 300_000_000
    finally:
        store.close()
    assert source.most <= 1 << 20
