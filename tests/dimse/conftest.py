"""Receivers for these tests, on ports of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dimse.senders import STRANGERS
from tests.homes import demo


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """A folder to hand over into."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small demo session; these tests only read it."""
    return demo(tmp_path_factory.mktemp("session"))


@pytest.fixture
def slice_(session: Path) -> Path:
    """One CT image."""
    return session / "CT0001.dcm"


@pytest.fixture(autouse=True)
def _home_go_the_strangers() -> Iterator[None]:
    yield
    while STRANGERS:
        STRANGERS.pop().close()
