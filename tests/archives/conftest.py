"""One archive for the tests of a module, behind traps and a port, and empty again after each test."""

from __future__ import annotations

import pytest

from tests.archives.central import archive_with_projects, emptied
from tests.archives.traps import Traps, served


@pytest.fixture(scope="module")
def central(tmp_path_factory):
    embedded = archive_with_projects(tmp_path_factory.mktemp("central"))
    yield embedded
    embedded.close()


@pytest.fixture
def xnat(central):
    return Traps(central.app)


@pytest.fixture
def url(xnat):
    with served(xnat) as where:
        yield where
        xnat.lift()
        emptied(where)
