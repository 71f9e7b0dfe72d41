"""Archives for these tests: in process, and behind a port."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from tests.archives.embedded.door import Caller, opened, reopened
from uploader.archives.embedded import Embedded, accounts, serve


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive's folder, made once: hashing passwords is slow on purpose."""
    root = tmp_path_factory.mktemp("made") / "central"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "PasswordHasher", partial(PasswordHasher, time_cost=1, memory_cost=64))
        opened(root).close()
    return root


@pytest.fixture
def archive(tmp_path: Path, made: Path) -> Iterator[Embedded]:
    found = reopened(shutil.copytree(made, tmp_path / "central"))
    yield found
    found.close()


@pytest.fixture
def olga(archive: Embedded) -> Caller:
    """The owner of projects P and Q."""
    return Caller(archive)


@pytest.fixture
def url(archive: Embedded) -> Iterator[str]:
    """Root of the archive behind a port of this machine."""
    server = serve(archive, "127.0.0.1", 0)
    server.start()
    yield server.url
    server.stop()
