"""The peers' source distributions: downloaded at the locked hashes, unpacked outside of git, changed in nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements/sdists.txt"


def unpacked(into: Path) -> dict[str, Path]:
    """Name of each sdist -> the folder it was unpacked to, afresh. Raises CalledProcessError when a hash differs."""
    kept = into / "sdists"
    kept.mkdir(parents=True, exist_ok=True)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    ours = ["--no-deps", "--no-binary", ":all:", "--require-hashes"]
    if not all((kept / f"{name}-{version}.tar.gz").exists() for name, version in _locked()):
        subprocess.run([*pip, *ours, "--dest", str(kept), "-r", str(LOCK)], check=True)
    return {name: _unpack(kept / f"{name}-{version}.tar.gz", into / name) for name, version in _locked()}


def _locked() -> list[tuple[str, str]]:
    lines = [line.split()[0] for line in LOCK.read_text().splitlines() if line and not line.startswith("#")]
    return [(name, version) for name, _, version in (line.partition("==") for line in lines)]


def _unpack(sdist: Path, into: Path) -> Path:
    shutil.rmtree(into, ignore_errors=True)
    with tarfile.open(sdist) as archive:
        archive.extractall(into, filter="data")
    (folder,) = (f for f in into.iterdir() if f.name == sdist.name.removesuffix(".tar.gz"))
    return folder
