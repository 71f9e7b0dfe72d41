from collections.abc import Iterator

import pytest

from tests.central.places import Places, places


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    with places(tmp_path_factory.mktemp("centre")) as found:
        yield found


@pytest.fixture
def centre(archive: Places) -> Iterator[Places]:
    """A centre with two sites and two trials, all empty."""
    archive.traps.seen.clear()
    yield archive
    archive.traps.lift()
    archive.empty()
