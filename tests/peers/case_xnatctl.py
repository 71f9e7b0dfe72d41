"""xnatctl, as people type it, against the archive at PEERS_URL. Run by `make peers`, not by `make test`."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.peers.seed import LOGIN, PASSWORD
from uploader.phantom import write_session

URL = os.environ["PEERS_URL"]
PROJECT = "nosetests9"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one small synthetic session of several series."""
    folder = tmp_path_factory.mktemp("study")
    write_session(folder, slices=12, size=16)
    return folder


@pytest.fixture(scope="module")
def rest() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.auth = (LOGIN, PASSWORD)
        yield session


def xnatctl(*words: str, home: Path) -> str:
    """What the command prints. Fails with what it complained of."""
    known = {"XNAT_URL": URL, "XNAT_USER": LOGIN, "XNAT_PASS": PASSWORD, "HOME": str(home), "NO_PROXY": "127.0.0.1"}
    command = [str(Path(sys.executable).with_name("xnatctl")), *words]
    done = subprocess.run(command, check=False, env=os.environ | known, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def sent(folder: Path) -> list[str]:
    return sorted(hashlib.md5(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file())


def listed(rest: requests.Session, path: str) -> list[dict[str, str]]:
    """Rows of a listing of the archive's."""
    return list(rest.get(f"{URL}{path}", timeout=30).json()["ResultSet"]["Result"])


def waiting(rest: requests.Session, label: str) -> dict[str, str]:
    """The one session of this label that waits in the prearchive."""
    (row,) = (row for row in listed(rest, f"/data/prearchive/projects/{PROJECT}") if row["name"] == label)
    return row


def digests_in_prearchive(rest: requests.Session, label: str) -> list[str]:
    url = f"/data{waiting(rest, label)['url']}/scans"
    files = (row for s in listed(rest, url) for row in listed(rest, f"{url}/{s['ID']}/resources/DICOM/files"))
    return sorted(hashlib.md5(rest.get(f"{URL}{row['URI']}", timeout=30).content).hexdigest() for row in files)


def digests_in_archive(rest: requests.Session, label: str) -> list[str]:
    (session,) = listed(rest, f"/data/projects/{PROJECT}/experiments?format=json&label={label}")
    return sorted(row["digest"] for row in listed(rest, f"/data/experiments/{session['ID']}/scans/ALL/files"))


def upload(study: Path, home: Path, label: str, *more: str) -> None:
    where = ("-P", PROJECT, "-S", "S1", "-E", label)
    xnatctl("session", "upload", str(study), *where, "--workers", "4", *more, home=home)


def test_logs_in(tmp_path: Path) -> None:
    assert LOGIN in xnatctl("auth", "login", "--output", "json", home=tmp_path)


@pytest.mark.parametrize("mode", ["tar", "zip", "gradual"])
def test_parallel_batches_of_one_session_wait_as_one_and_are_archived_whole(
    mode: str, study: Path, rest: requests.Session, tmp_path: Path
) -> None:
    label = f"E_{mode}"
    upload(study, tmp_path, label, "--mode", mode)
    assert digests_in_prearchive(rest, label) == sent(study)
    row = waiting(rest, label)
    xnatctl("prearchive", "archive", PROJECT, row["timestamp"], row["folderName"], home=tmp_path)
    assert digests_in_archive(rest, label) == sent(study)


@pytest.mark.parametrize("mode", ["tar", "zip"])
def test_a_session_for_the_prearchive_is_listed_there_once(mode: str, study: Path, tmp_path: Path) -> None:
    upload(study, tmp_path, f"W_{mode}", "--mode", mode, "--prearchive")
    rows = json.loads(xnatctl("prearchive", "list", "--project", PROJECT, "--output", "json", home=tmp_path))
    assert len([row for row in rows if f"W_{mode}" in row.values()]) == 1
