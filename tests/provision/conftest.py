"""A home whose two XNATs are as they were delivered, behind real ports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from argon2 import PasswordHasher

from tests.homes import new_home
from tests.provision.fresh_xnat import FreshXnat
from uploader.archives.embedded import Server, accounts
from uploader.config import Settings


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that asks for an administrator of its own and has one person of staff."""
    monkeypatch.setattr(accounts, "PasswordHasher", partial(PasswordHasher, time_cost=1, memory_cost=64))
    home = new_home(tmp_path / "home")
    with (home / "uploader.toml").open("a") as settings:
        settings.write('\n[identifiable.site]\nadmin_user = "keeper"\nadmin_email = "xnat@site.example"\n')
        settings.write('site_id = "ID"\npeople = ["ada"]\n')
        settings.write('\n[anonymised.site]\nadmin_user = "keeper"\nadmin_email = "xnat@site.example"\n')
    return home


@pytest.fixture
def xnats(root: Path, tmp_path: Path) -> Iterator[dict[str, FreshXnat]]:
    """Both XNATs, listening where the settings say."""
    settings = Settings.read(root)
    found = {name: FreshXnat(tmp_path / name) for name in ("identifiable", "anonymised")}
    with ExitStack() as stack:
        for name, xnat in found.items():
            address = urlsplit(getattr(settings, name).url)
            server = Server(xnat, str(address.hostname), int(address.port or 0))
            server.start()
            stack.callback(server.stop)
        yield found
