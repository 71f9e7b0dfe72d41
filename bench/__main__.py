"""`python -m bench [deid|line|archive|memory|validate]`: every table, or one."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from bench.archives import archive
from bench.deid import deid
from bench.images import large_enhanced_mr
from bench.people import invented
from bench.timing import free_ports, measured, row, table
from bench.validation import validate
from uploader.config import Settings
from uploader.home import ARCHIVES, make
from uploader.hosted import archives_child
from uploader.phantom import write_session
from uploader.supervisor import running

PYTHON = sys.executable
SAMPLES = Path(os.environ.get("SAMPLES", Path(__file__).parent.parent.parent / "shared" / "samples"))


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
    table("what", "seconds", "ratio")
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
    make(home, dict(zip(("desk", *ARCHIVES), free_ports(4), strict=True)))
    measured([PYTHON, "-m", "uploader", "init", "--home", str(home)])
    password = (home / "secrets" / "first-login").read_text()
    command = [
        "run",
        str(session),
        "--trial",
        trial,
        "--subject",
        subject,
        "--sign-as",
        "admin",
        "--attest",
        "--home",
        str(home),
    ]
    with running(archives_child(Settings.read(home)) if up else []):
        run = measured([PYTHON, "-m", "uploader", *command], env={"UPLOADER_PASSWORD": password})
    shutil.rmtree(home)
    return run.seconds, run.peak_mb


def memory(work: Path) -> None:
    """A multi-frame of 4 GB through anonymise and verify: the peak of any process."""
    folder = work / "big"
    folder.mkdir()
    frames = large_enhanced_mr(folder / "big.dcm", invented(1, 1), 4_000_000_000)
    print(f"\nanonymise and verify one enhanced MR of 4 GB: {frames} frames, each with its functional groups\n")
    table("what", "seconds", "peak MB of a process", "written")
    for name, extra in (("scripts and passes", ["--no-verify"]), ("and verified", [])):
        out = work / name
        command = [PYTHON, "-m", "bench.engine", str(folder), str(out), str(work / "home"), "1", *extra]
        run = measured(command, stdout=work / "report.json")
        written = json.loads((work / "report.json").read_text())["totals"]["written"]
        row(name, f"{run.seconds:.1f}", f"{run.peak_mb:.0f}", f"{written} of 1")
        shutil.rmtree(out)


TABLES = {"deid": deid, "line": line, "archive": archive, "memory": memory, "validate": validate}


def main() -> None:
    if unknown := set(sys.argv[1:]) - TABLES.keys():
        print(f"no table {', '.join(sorted(unknown))}; there are: {', '.join(TABLES)}", file=sys.stderr)
        sys.exit(2)
    for name in sys.argv[1:] or TABLES:
        with tempfile.TemporaryDirectory(prefix="bench-", dir=os.environ.get("BENCH_DIR")) as work:
            TABLES[name](Path(work))


if __name__ == "__main__":
    main()
