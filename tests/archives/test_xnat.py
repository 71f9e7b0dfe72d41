"""The adapter keeps every promise of an archive, through the REST door of the embedded one."""

import socket
from datetime import UTC, datetime
from functools import partial

import pytest

from tests.archives.central import adapter, archive_with_projects, by_hand, emptied
from tests.contracts.archive_contract import ArchiveContract, SharingContract, put
from tests.contracts.sessions import ADDRESS, FILES, SCANS, WHOLE, Given
from uploader.archives.embedded import serve
from uploader.domain.errors import ArchiveRefused, ArchiveUnavailable, LoginRefused, Misconfigured
from uploader.domain.session import Address, Session
from uploader.stages.deposit import deposit


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    embedded = archive_with_projects(tmp_path_factory.mktemp("central"))
    running = serve(embedded, "127.0.0.1", 0)
    running.start()
    yield running
    running.stop()
    embedded.close()


@pytest.fixture
def archive(server, tmp_path):
    yield adapter(server.url, tmp_path)
    emptied(server.url)


@pytest.fixture
def ask(server):
    """The archive as another client sees it."""
    return partial(by_hand, server.url)


def noon():
    return datetime(2026, 11, 24, 12, tzinfo=UTC)


class TestXnatArchive(ArchiveContract, SharingContract):
    @pytest.fixture
    def sharing(self, archive):
        return archive


SESSION = "/data/projects/DEMO/subjects/DEMO-001/experiments/DEMO-001_1"


def test_session_and_scans_get_the_types_of_their_modalities(archive, ask):
    put(archive, Given({f"scans/{scan}/DICOM/1.dcm": scan.encode() for scan in WHOLE.session.scans}))
    rows = ask("GET", f"{SESSION}/scans?format=json").json()["ResultSet"]["Result"]
    assert {row["ID"]: row["xsiType"] for row in rows} == {
        "3": "xnat:ctScanData",
        "4": "xnat:rtImageScanData",
        "5": "xnat:rtImageScanData",
        "6": "xnat:rtImageScanData",
        "9": "xnat:otherDicomScanData",
    }


def test_a_file_beside_the_scans_is_seen(archive, ask):
    put(archive, WHOLE)
    ask("PUT", f"{SESSION}/resources/NOTES/files/note.txt?inbody=true", data=b"hello")
    assert "resources/NOTES/files/note.txt" in {held.name for held in archive.held(ADDRESS)}


def test_a_file_in_another_resource_of_a_scan_is_seen(archive, ask):
    put(archive, WHOLE)
    ask("PUT", f"{SESSION}/scans/3/resources/EXTRA/files/a/b.txt?inbody=true", data=b"hi")
    assert "scans/3/EXTRA/a/b.txt" in {held.name for held in archive.held(ADDRESS)}


def test_snapshots_that_xnat_makes_are_no_part_of_a_session(archive, ask):
    put(archive, WHOLE)
    ask("PUT", f"{SESSION}/scans/3/resources/SNAPSHOTS/files/3.gif?inbody=true", data=b"gif")
    assert set(archive.held(ADDRESS)) == WHOLE.held


def test_a_scan_of_many_files_is_sent_in_batches(archive):
    many = Given({f"scans/3/DICOM/{n:04}.dcm": b"slice %d" % n for n in range(450)})
    put(archive, many)
    assert set(archive.held(ADDRESS)) == many.held


def test_a_session_travels_from_one_place_to_the_other_without_touching_a_disk_of_ours(archive):
    put(archive, WHOLE)
    there = Address("DEMO", "DEMO-002", "DEMO-002_1")
    receipt = deposit(Session(there, SCANS), WHOLE.manifest, partial(archive.open, ADDRESS), archive, noon)
    assert receipt.digest == WHOLE.manifest.digest
    assert set(archive.held(there)) == WHOLE.held


def test_a_real_series_arrives_to_the_byte(archive, samples):
    paths = sorted((samples / "mr_t1w_pddl").rglob("*.dcm"))
    real = Given({f"scans/1/DICOM/{n:04}.dcm": path.read_bytes() for n, path in enumerate(paths)})
    assert len(paths) == 16
    session = Session(ADDRESS, {"1": "MR"})
    assert deposit(session, real.manifest, real.open, archive, noon).digest == real.manifest.digest


def test_a_label_that_xnat_would_alter_is_refused(archive):
    with pytest.raises(ArchiveRefused):
        put(archive, Given(FILES, Address("DEMO", "DEMO-001", "DEMO.001")))


@pytest.mark.parametrize(("subject", "label"), [("demo-001", "DEMO-001_1"), ("DEMO-001", "demo-001_1")])
def test_a_label_spelled_otherwise_is_not_the_same(archive, subject, label):
    put(archive, WHOLE)
    with pytest.raises(ArchiveRefused):
        put(archive, Given({"scans/3/DICOM/0009.dcm": b"more"}, Address("DEMO", subject, label)))
    assert set(archive.held(ADDRESS)) == WHOLE.held


def test_a_project_that_is_not_ours_is_refused(archive):
    with pytest.raises(ArchiveRefused):
        put(archive, Given(FILES, Address("FOREIGN", "DEMO-001", "DEMO-001_1")))


def test_preflight_passes_where_everything_is_in_order(archive):
    archive.preflight("DEMO", "TRIAL")


def test_preflight_names_the_account_that_a_project_is_hidden_from(archive):
    with pytest.raises(Misconfigured, match=r"FOREIGN.*'uploader'"):
        archive.preflight("DEMO", "FOREIGN")


def test_a_wrong_password_is_refused_without_being_told(server, tmp_path):
    with pytest.raises(LoginRefused) as caught:
        adapter(server.url, tmp_path, password="hunter2").preflight()
    assert "hunter2" not in str(caught.value)


def test_a_missing_password_file_is_a_matter_of_settings(server, tmp_path):
    archive = adapter(server.url, tmp_path)
    (tmp_path / "password").unlink()
    with pytest.raises(Misconfigured, match="password file"):
        archive.preflight()


def test_an_archive_that_is_down_is_unavailable(tmp_path):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, and not listening
        archive = adapter(f"http://127.0.0.1:{nobody.getsockname()[1]}", tmp_path)
        with pytest.raises(ArchiveUnavailable):
            list(archive.held(ADDRESS))
