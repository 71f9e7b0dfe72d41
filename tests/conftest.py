"""What every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings

from tests.homes import demo, gateway_at
from tests.postgres import Postgres, server
from uploader.gateway import Built

SLOW_FIRST = ("workflow", "faults", "cli", "stages", "journeys", "archives", "doctor", "backup")
"""Folders with long tests: begun first, so that no process waits at the end for the last of them."""

SAMPLES = Path(os.environ.get("SAMPLES", Path(__file__).parent.parent.parent / "shared" / "samples"))
"""Real and made DICOM data, beside the project and never inside it."""


# How long an example takes says how busy the machine is.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def pytest_configure() -> None:
    """Hash passwords with little work: several hundred homes and archives are made, and argon2 is slow on purpose."""
    _, _, _, *rest = PasswordHasher.__init__.__defaults__
    PasswordHasher.__init__.__defaults__ = (1, 8, 1, *rest)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order for `make test`, in which a process takes file after file."""
    here = Path(__file__).parent

    def turn(item: pytest.Item) -> int:
        folder = item.path.relative_to(here).parts[0]
        return SLOW_FIRST.index(folder) if folder in SLOW_FIRST else len(SLOW_FIRST)

    items.sort(key=turn)


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of sample data; absent it is a reason to skip, and in CI a failure."""
    if not SAMPLES.is_dir():
        reason = f"sample data are not at {SAMPLES}; set SAMPLES to their folder"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return SAMPLES


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL for this process's tests; absent it is a reason to skip, and in CI a failure."""
    with server() as running:
        yield running


@pytest.fixture
def built(tmp_path: Path) -> Iterator[Built]:
    """A new home with its embedded archives running on real sockets."""
    with gateway_at(tmp_path / "home") as built:
        yield built


@pytest.fixture
def session(tmp_path: Path) -> Path:
    """A folder with the small demo session."""
    return demo(tmp_path / "session")
