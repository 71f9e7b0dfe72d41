"""A session that was anonymised well, to be spoiled."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stages import sabotage
from tests.stages.sabotage import Session


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return sabotage.make(tmp_path_factory.mktemp("sound"))


@pytest.fixture
def session(sound: Session, tmp_path: Path) -> Session:
    """A copy of it."""
    return sabotage.copy(sound, tmp_path)
