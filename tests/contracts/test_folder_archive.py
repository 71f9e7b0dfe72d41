import pytest

from tests.contracts.archive_contract import ArchiveContract
from tests.contracts.folder_archive import FolderArchive


class TestFolderArchive(ArchiveContract):
    @pytest.fixture
    def archive(self, tmp_path):
        return FolderArchive("folder", tmp_path)
