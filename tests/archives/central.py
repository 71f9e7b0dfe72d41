"""An archive to test against, and our account at it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import requests
from argon2 import PasswordHasher

from tests.patience import PATIENCE_SECONDS
from uploader.archives.embedded import Account, Embedded, accounts
from uploader.archives.embedded.scripting import Editor
from uploader.archives.xnat import XnatArchive

LINE = Account("uploader", "correct horse")
OTHER = Account("other", "battery staple")


def archive_with_projects(root: Path, editor: Editor | None = None) -> Embedded:
    """Projects DEMO and TRIAL are ours; FOREIGN is another's, and hidden from us. editor: runs its scripts"""
    with pytest.MonkeyPatch.context() as patch:  # hashing passwords is slow on purpose
        patch.setattr(accounts, "PasswordHasher", partial(PasswordHasher, time_cost=1, memory_cost=64))
        embedded = Embedded(root, name="central", site_id="CENTRAL", accounts=[LINE, OTHER], editor=editor)
    embedded.create_project("DEMO", members={LINE.login: "owner"})
    embedded.create_project("TRIAL", members={LINE.login: "owner"})
    embedded.create_project("FOREIGN", members={OTHER.login: "owner"})
    return embedded


def adapter(
    url: str, root: Path, password: str = LINE.password, stall_seconds: float = PATIENCE_SECONDS
) -> XnatArchive:
    file = root / "password"
    file.write_text(password + "\n")
    return XnatArchive("central", url, LINE.login, file, stall_seconds=stall_seconds, connect_seconds=20)


def by_hand(url: str, method: str, path: str, data: bytes | None = None) -> requests.Response:
    """A request of another client of ours."""
    answer = requests.request(method, url + path, auth=(LINE.login, LINE.password), data=data, timeout=PATIENCE_SECONDS)
    answer.raise_for_status()
    return answer


def emptied(url: str) -> None:
    """Remove what a test has left, so that many tests may share one archive."""
    rows = by_hand(url, "GET", "/data/projects/DEMO/subjects?format=json").json()["ResultSet"]["Result"]
    for row in rows:
        by_hand(url, "DELETE", f"/data/projects/DEMO/subjects/{row['label']}?removeFiles=true")
