"""The two fixtures that xnatpy's functional tests need and its sdist leaves out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.peers.seed import LOGIN, PASSWORD


@pytest.fixture
def xnat4tests_connection() -> Iterator[Any]:
    import xnat

    with xnat.connect(os.environ["PEERS_URL"], user=LOGIN, password=PASSWORD, loglevel="ERROR") as session:
        yield session


@pytest.fixture
def test_resource_dir() -> Path:
    import xnat

    return Path(xnat.__file__).parent / "tests/resources"
