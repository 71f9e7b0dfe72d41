"""The embedded archive beside nginx with WebDAV: `curl` sends the same files to both, in turn, in one run."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import requests

from bench.timing import free_ports, row, table
from uploader.archives.embedded import Account, Embedded, sessions
from uploader.archives.embedded.accounts import User
from uploader.home import ARCHIVES, Home, make
from uploader.phantom import ct_series

ROUNDS = 3
SLICES, SIZE = 500, 512
BIG = 2_000_000_000
LISTED = 10_000
NGINX = """\
daemon off; worker_processes 2; pid {work}/nginx.pid; error_log {work}/nginx.log; user root;
events {{}}
http {{
  access_log off; client_max_body_size 0; client_body_temp_path {work}/body; client_body_buffer_size 1m;
  server {{ listen 127.0.0.1:{port};
    location / {{ root {work}/dav; dav_methods PUT DELETE; create_full_put_path on; }} }}
}}
"""


def archive(work: Path) -> None:
    """Three tables: sessions in, listings of many, and one large file in and out."""
    home = _home(work / "home")
    _many(home)
    with _ours(home) as (ours, process), _nginx(work) as theirs:
        _in(work, home, ours, theirs)
        _listed(home, ours)
        _large(work, home, ours, theirs, process)


def _in(work: Path, home: Home, ours: str, theirs: str) -> None:
    """500 CT slices, 250 MB: as one zip, and file by file over one connection."""
    folder, packed = work / "ct", work / "ct.zip"
    ct_series(folder, SLICES, SIZE)
    files = sorted(folder.iterdir())
    with zipfile.ZipFile(packed, "w") as out:
        for file in files:
            out.write(file, f"files/{file.name}")
    total = sum(file.stat().st_size for file in files) / 1e6
    print(f"\n{len(files)} CT slices, {total:.0f} MB, sent by curl on loopback, medians of {ROUNDS}\n")
    table("what", "seconds", "to nginx")
    login = ["--user", f"admin:{_password(home)}"]
    dav = _median(lambda n: _curl([], [(file, f"{theirs}/{n}/{file.name}") for file in files]))
    dav_zip = _median(lambda n: _curl([], [(packed, f"{theirs}/{n}.zip")]))
    row("nginx, file by file (neither fsync nor digest)", f"{dav:.2f}", "1.00")
    row("nginx, the zip as it is", f"{dav_zip:.2f}", "1.00")
    scan = _Scans(ours, ("admin", _password(home)))
    each = _median(lambda _: _one_by_one(scan(), login, files))
    row("embedded archive, file by file (durable and measured before each answer)", f"{each:.2f}", f"{each / dav:.2f}")
    zipped = _median(lambda _: _curl(login, [(packed, f"{scan()}/ct.zip?extract=true")]))
    row("embedded archive, the zip, unpacked into a scan", f"{zipped:.2f}", f"{zipped / dav_zip:.2f}")
    into = f"{ours}/data/services/import?inbody=true&import-handler=DICOM-zip&dest=/archive/projects/P/subjects"
    imported = _median(lambda n: _curl([*login, "--request", "POST"], [(packed, f"{into}/S{n}/experiments/I{n}")]))
    row("embedded archive, the zip by the import service", f"{imported:.2f}", f"{imported / dav_zip:.2f}")


def _listed(home: Home, ours: str) -> None:
    """A project with many sessions, listed 100 times."""
    print(f"\nlisting a project with {LISTED:,} sessions, 100 times on one connection\n")
    table("what", "median ms", "95th percentile ms", "kB")
    client = requests.Session()
    client.auth = ("admin", _password(home))
    for kind in ("json", "csv"):
        took = []
        for _ in range(100):
            began = perf_counter()
            answer = client.get(f"{ours}/data/projects/MANY/experiments?format={kind}", timeout=60)
            took.append((perf_counter() - began) * 1000)
            answer.raise_for_status()
        ordered = sorted(took)
        row(kind, f"{statistics.median(took):.0f}", f"{ordered[94]:.0f}", f"{len(answer.content) / 1000:.0f}")


def _large(work: Path, home: Home, ours: str, theirs: str, process: int) -> None:
    """One file of 2 GB in and out, and what the archive's process grew to."""
    big, login = work / "big.bin", ["--user", f"admin:{_password(home)}"]
    with big.open("wb") as out:
        block = os.urandom(1 << 20)
        for _ in range(BIG >> 20):
            out.write(block)
    before = _peak_mb(process)
    name = f"{ours}/data/projects/P/resources/R/files/big.bin"
    sent = _curl(login, [(big, f"{name}?inbody=true")])
    fetched = _seconds(["curl", "--silent", "--fail", *login, "--output", os.devnull, name])
    dav = _curl([], [(big, f"{theirs}/big.bin")])
    dav_out = _seconds(["curl", "--silent", "--fail", "--output", os.devnull, f"{theirs}/big.bin"])
    print(f"\none file of {BIG / 1e9:.0f} GB over HTTP on loopback\n")
    table("what", "seconds", "to nginx")
    row("nginx, in (without fsync) and out", f"{dav:.2f} and {dav_out:.2f}", "1.00 and 1.00")
    row(
        "embedded archive, in and out", f"{sent:.2f} and {fetched:.2f}", f"{sent / dav:.2f} and {fetched / dav_out:.2f}"
    )
    print(f"\npeak memory of the archive's process: {before:.0f} MB before, {_peak_mb(process):.0f} MB after")


def _home(root: Path) -> Home:
    return make(root, dict(zip(("desk", *ARCHIVES), free_ports(4), strict=True)))


def _password(home: Home) -> str:
    return (home.secrets / "central-admin").read_text()


def _many(home: Home) -> None:
    """Project P, and MANY with its sessions, made in one transaction."""
    admin = Account("admin", _password(home), admin=True)
    embedded = Embedded(home.archive("central"), name="central", site_id="CENTRAL", accounts=[admin])
    user = User("admin", admin=True)
    for project in ("P", "MANY"):
        embedded.create_project(project)
    with embedded.store.database.write() as c:
        for number in range(LISTED):
            label = f"S{number:05}"
            sessions.make(
                embedded.store, c, user, "MANY", label, f"{label}_1", "xnat:ctSessionData", {"date": "2026-01-31"}
            )
    embedded.close()


@contextmanager
def _ours(home: Home) -> Iterator[tuple[str, int]]:
    """The archive in a process of its own: its root, and the process's number."""
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "uploader", "archive", "serve", "--home", str(home.root), "--name", "central"]
    with subprocess.Popen([*command, "--port", str(port)], stderr=subprocess.DEVNULL) as process:
        url = f"http://127.0.0.1:{port}"
        _await(f"{url}/data/version")
        try:
            yield url, process.pid
        finally:
            process.terminate()


@contextmanager
def _nginx(work: Path) -> Iterator[str]:
    (port,) = free_ports(1)
    (work / "dav").mkdir()
    (work / "nginx.conf").write_text(NGINX.format(work=work, port=port))
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    with subprocess.Popen([program, "-c", str(work / "nginx.conf")], stderr=subprocess.DEVNULL) as process:
        _await(f"http://127.0.0.1:{port}/")
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


class _Scans:
    """Scans of new sessions, one for each round of each row."""

    def __init__(self, ours: str, login: tuple[str, str]) -> None:
        self._ours, self._login, self._count = ours, login, 0

    def __call__(self) -> str:
        """Where the files of a new scan go."""
        self._count += 1
        session = f"{self._ours}/data/projects/P/subjects/S/experiments/E{self._count}"
        for url in (f"{session}?xsiType=xnat:ctSessionData", f"{session}/scans/1?xsiType=xnat:ctScanData"):
            requests.put(url, auth=self._login, timeout=60).raise_for_status()
        return f"{session}/scans/1/resources/DICOM/files"


def _one_by_one(scan: str, login: list[str], files: list[Path]) -> float:
    return _curl(login, [(file, f"{scan}/{file.name}?inbody=true") for file in files])


def _median(once: Callable[[int], float]) -> float:
    return statistics.median(once(number) for number in range(ROUNDS))


def _curl(options: list[str], sent: list[tuple[Path, str]]) -> float:
    """One curl sends all files in order, over one connection."""
    lines = "".join(f'upload-file = "{file}"\nurl = "{url}"\noutput = "{os.devnull}"\n' for file, url in sent)
    return _seconds(["curl", "--silent", "--fail", *options, "--config", "-"], lines)


def _seconds(command: list[str], given: str = "") -> float:
    began = perf_counter()
    subprocess.run(command, input=given, text=True, check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - began


def _await(url: str) -> None:
    for _ in range(600):
        try:
            requests.get(url, timeout=1)
        except requests.RequestException:
            subprocess.run(["sleep", "0.1"], check=True)
        else:
            return
    raise TimeoutError(url)


def _peak_mb(process: int) -> float:
    """Most resident memory so far."""
    status = Path(f"/proc/{process}/status").read_text()
    (peak,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak) / 1024
