"""The adapter keeps every promise of an archive on an XNAT with all its habits, and on a real one where one is named.

The same against the well-behaved embedded archive: `test_xnat.py`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import requests

from tests.archives.central import adapter, archive_with_projects, emptied
from tests.archives.strict_xnat import StrictXnat
from tests.archives.traps import served
from tests.contracts.archive_contract import ArchiveContract, SharingContract
from uploader.archives.xnat import XnatArchive

REAL = "UPLOADER_TEST_XNAT"
"""URL of a real XNAT for tests. It needs empty projects DEMO and TRIAL whose owner is the account named in
UPLOADER_TEST_XNAT_USER; its password lies in the file UPLOADER_TEST_XNAT_PASSWORD_FILE. What is in DEMO is removed."""


@pytest.fixture(scope="module")
def central(tmp_path_factory):
    embedded = archive_with_projects(tmp_path_factory.mktemp("central"))
    yield embedded
    embedded.close()


class _OnStrictXnat(ArchiveContract, SharingContract):
    checksums = True

    @pytest.fixture
    def archive(self, central, tmp_path):
        with served(central.app) as behind, served(StrictXnat(central.app, checksums=self.checksums)) as url:
            yield adapter(url, tmp_path)
            emptied(behind)

    @pytest.fixture
    def sharing(self, archive):
        return archive


class TestOnStrictXnat(_OnStrictXnat):
    pass


class TestOnStrictXnatWithoutChecksums(_OnStrictXnat):
    checksums = False


class TestOnRealXnat(ArchiveContract, SharingContract):
    @pytest.fixture
    def archive(self):
        if not (url := os.environ.get(REAL)):
            pytest.skip(f"no real XNAT to test against: {REAL} names none")
        user, password_file = (os.environ[f"{REAL}_{name}"] for name in ("USER", "PASSWORD_FILE"))
        yield XnatArchive("real", url, user, Path(password_file))
        _empty(url, user, Path(password_file).read_text().strip())

    @pytest.fixture
    def sharing(self, archive):
        return archive


def _empty(url: str, user: str, password: str) -> None:
    with requests.Session() as person:
        person.auth = (user, password)
        rows = person.get(f"{url}/data/projects/DEMO/subjects?format=json", timeout=120).json()["ResultSet"]["Result"]
        for row in rows:
            where = f"{url}/data/projects/DEMO/subjects/{row['label']}?removeFiles=true"
            person.delete(where, timeout=120).raise_for_status()
