"""`python -m bench [deid|line|archive|memory]`: every table, or one."""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import sys
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import perf_counter

import requests

from bench.timing import measured, row
from uploader.archives.embedded import Account, Embedded, serve
from uploader.config import Settings
from uploader.home import ARCHIVES, make
from uploader.hosted import archives_child
from uploader.phantom import ct_series, large_multiframe, write_session
from uploader.supervisor import running

PYTHON = sys.executable
SAMPLES = Path(os.environ.get("SAMPLES", Path(__file__).parent.parent.parent / "shared" / "samples"))
BIN = Path(PYTHON).parent


def deid(work: Path) -> None:
    """Anonymise and verify, beside `cp -r` and two peers that do not verify."""
    count = 1000
    flat = work / "flat"
    ct_series(flat / "scans" / "1" / "DICOM", count)
    files = flat / "scans" / "1" / "DICOM"
    halves = [work / "half1", work / "half2"]
    for number, path in enumerate(sorted(files.iterdir())):
        halves[number % 2].mkdir(exist_ok=True)
        os.link(path, halves[number % 2] / path.name)
    engine = [PYTHON, "-m", "bench.engine", str(flat)]
    dicognito, anonymizer = [PYTHON, "-m", "dicognito"], str(BIN / "dicom-anonymizer")
    peers: list[tuple[str, Callable[[Path], list[list[str]]]]] = [
        ("cp -r", lambda out: [["cp", "-r", str(files), str(out)]]),
        ("ours, anonymise + verify, 1 process", lambda _: [[*engine, "1"]]),
        ("ours, anonymise + verify, 2 processes", lambda _: [[*engine, "2"]]),
        ("dicom-anonymizer 2.1.0, 1 process", lambda out: [[anonymizer, str(files), str(out)]]),
        (
            "dicom-anonymizer 2.1.0, 2 processes",
            lambda out: [[anonymizer, str(half), str(out / half.name)] for half in halves],
        ),
        ("dicognito 0.19.0, 1 process", lambda out: [[*dicognito, "-o", str(out), str(files)]]),
        (
            "dicognito 0.19.0, 2 processes",
            lambda out: [[*dicognito, "-o", str(out / half.name), str(half)] for half in halves],
        ),
    ]
    print(f"\n{count} CT slices 512x512, {sum(p.stat().st_size for p in files.iterdir()) / 1e6:.0f} MB\n")
    row("what", "files/s", "peak MB of a process", "ratio to ours, 1 process")
    row("---", "---", "---", "---")
    speeds: dict[str, tuple[float, float]] = {}
    for name, commands in peers:
        out = work / "out"
        out.mkdir()
        for half in halves:
            (out / half.name).mkdir()
        run = measured(*commands(out))
        shutil.rmtree(out)
        speeds[name] = (count / run.seconds, run.peak_mb)
    ours = speeds["ours, anonymise + verify, 1 process"][0]
    for name, (speed, peak) in speeds.items():
        row(name, f"{speed:.0f}", f"{peak:.0f}", f"{speed / ours:.2f}")


def line(work: Path) -> None:
    """The whole line with its receipts, beside copying the files three times with fsync."""
    session = work / "session"
    archive = SAMPLES / "rt_spine_phantom" / "spine_phantom_CT190_RTSTRUCT.tar.xz"
    trial, subject = ("SPINE-PHANTOM", "SPINE-001") if archive.exists() else ("DEMO-RT", "DEMO-001")
    session.mkdir()
    if archive.exists():
        shutil.unpack_archive(archive, session, filter="data")
    else:
        write_session(session)
    files = [p for p in session.rglob("*") if p.is_file()]
    copies = [_copied_with_fsync(files, work / "copies") for _ in range(3)]
    runs = [_line_once(work / f"home{n}", session, trial, subject, up=False) for n in range(3)]
    beside = [_line_once(work / f"up{n}", session, trial, subject, up=True) for n in range(3)]
    copy, run, quick = statistics.median(copies), *(statistics.median(r[0] for r in rs) for rs in (runs, beside))
    print(f"\n{trial}: {len(files)} files, {sum(f.stat().st_size for f in files) / 1e6:.0f} MB, medians of three\n")
    row("what", "seconds", "ratio")
    row("---", "---", "---")
    row("three copies with fsync", f"{copy:.2f}", "1.00")
    row("whole line, signed and shared, archives started for it", f"{run:.2f}", f"{run / copy:.2f}")
    row("whole line, signed and shared, archives running", f"{quick:.2f}", f"{quick / copy:.2f}")
    row("peak MB of the line's process", f"{max(r[1] for r in runs):.0f}", "")


def _copied_with_fsync(files: list[Path], target: Path) -> float:
    began = perf_counter()
    for number in range(3):
        folder = target / str(number)
        folder.mkdir(parents=True)
        for at, file in enumerate(files):
            with file.open("rb") as data, (folder / f"{at}").open("wb") as out:
                shutil.copyfileobj(data, out, 1 << 20)
                out.flush()
                os.fsync(out.fileno())
    took = perf_counter() - began
    shutil.rmtree(target)
    return took


def _line_once(home: Path, session: Path, trial: str, subject: str, *, up: bool) -> tuple[float, float]:
    make(home, dict(zip(("desk", *ARCHIVES), _free_ports(4), strict=True)))
    measured([PYTHON, "-m", "uploader", "init", "--home", str(home)])
    password = (home / "secrets" / "first-login").read_text()
    command = ["run", str(session), "--trial", trial, "--subject", subject, "--sign-as", "admin", "--home", str(home)]
    with running(archives_child(Settings.read(home)) if up else []):
        run = measured([PYTHON, "-m", "uploader", *command], env={"UPLOADER_PASSWORD": password})
    shutil.rmtree(home)
    return run.seconds, run.peak_mb


def _free_ports(count: int) -> list[int]:
    ports = []
    for _ in range(count):
        with closing(socket.socket()) as each:
            each.bind(("127.0.0.1", 0))
            ports.append(each.getsockname()[1])
    return ports


def archive(work: Path) -> None:
    """One zip of 1 GB into an embedded archive and out again, beside `cp` with fsync."""
    data = work / "data.zip"
    with zipfile.ZipFile(data, "w") as out:
        block = os.urandom(1 << 20)
        for number in range(16):
            with out.open(f"{number}.bin", "w", force_zip64=True) as member:
                for _ in range(64):
                    member.write(block)
    embedded = Embedded(
        work / "archive", name="bench", site_id="BENCH", accounts=[Account("admin", "secret", admin=True)]
    )
    embedded.create_project("P")
    server = serve(embedded, "127.0.0.1", 0)
    server.start()
    client = requests.Session()
    client.auth = ("admin", "secret")
    file = f"{server.url}/data/projects/P/resources/R/files/data.zip"
    began = perf_counter()
    with data.open("rb") as body:
        client.put(f"{file}?inbody=true", data=body, timeout=600).raise_for_status()
    sent = perf_counter() - began
    began, got = perf_counter(), 0
    with client.get(file, stream=True, timeout=600) as answer:
        for chunk in answer.iter_content(1 << 20):
            got += len(chunk)
    fetched = perf_counter() - began
    server.stop()
    copied = _cp_fsync(data, work / "copy.zip")
    print(f"\none zip of {got / 1e9:.2f} GB, embedded archive over HTTP on loopback\n")
    row("what", "seconds", "ratio to the copy")
    row("---", "---", "---")
    row("cp and fsync", f"{copied:.2f}", "1.00")
    row("into the archive", f"{sent:.2f}", f"{sent / copied:.2f}")
    row("out of it", f"{fetched:.2f}", f"{fetched / copied:.2f}")


def _cp_fsync(source: Path, target: Path) -> float:
    began = perf_counter()
    shutil.copyfile(source, target)
    with target.open("rb") as out:
        os.fsync(out.fileno())
    return perf_counter() - began


def memory(work: Path) -> None:
    """A 2 GB multi-frame through anonymise and verify: the peak of the process."""
    folder = work / "big" / "scans" / "1" / "DICOM"
    folder.mkdir(parents=True)
    large_multiframe(folder / "0001.dcm", 2_000_000_000)
    run = measured([PYTHON, "-m", "bench.engine", str(work / "big"), "1"])
    print("\nanonymise + verify of one multi-frame of 2 GB\n")
    row("seconds", "peak MB")
    row("---", "---")
    row(f"{run.seconds:.1f}", f"{run.peak_mb:.0f}")


TABLES = {"deid": deid, "line": line, "archive": archive, "memory": memory}


def main() -> None:
    for name in sys.argv[1:] or TABLES:
        with tempfile.TemporaryDirectory(prefix="bench-", dir=os.environ.get("BENCH_DIR")) as work:
            TABLES[name](Path(work))


if __name__ == "__main__":
    main()
