"""Records in a folder of their own, a clock that a test may turn, and submissions brought to any state."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.records.made import Watch
from uploader.records.database import connect
from uploader.records.schema import migrate
from uploader.records.submissions import SqlRecords


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'records.sqlite'}"


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def records(url: str, watch: Watch) -> Iterator[SqlRecords]:
    database = connect(url)
    migrate(database)
    records = SqlRecords(database, watch)
    yield records
    records.close()
