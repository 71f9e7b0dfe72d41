from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.central.places import Places, places


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Places]:
    """A centre with two sites and two trials."""
    with places(tmp_path / "centre") as found:
        yield found
