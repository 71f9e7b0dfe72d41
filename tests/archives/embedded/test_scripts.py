"""The site's and the projects' DicomEdit scripts: kept, checked, and really run."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pydicom
import pytest

from tests.archives.embedded.door import FILES, SESSION, Caller, image, reopened, zipped
from uploader.archives.embedded import Embedded, prearchive
from uploader.archives.embedded.accounts import User
from uploader.archives.embedded.routing import Routing
from uploader.rewriting import DicomEdit

IMPORT = "/data/services/import"
TO_ARCHIVE = f"{IMPORT}?dest=/archive/projects/P/subjects/S/experiments/E"
WAITING = f"{IMPORT}?project=P&subject=S&session=E&import-handler=DICOM-zip"
SITE, PROJECT = "/xapi/anonymize/site", "/xapi/anonymize/projects/P"
RENAME = b'version "6.6"\n(0010,0010) := "site"\n(0010,0020) := session\n'
HIDE = b'version "6.6"\n(0010,0010) := subject\n(0008,1030) := project\n'
REJECT_2 = b'version "6.6"\n(0020,0013) = "2" ? reject[]\n'
FAIL = b'version "6.6"\n(0010,0020) := substring[(0010,0010), "a", "b"]\n'


@pytest.fixture
def archive(archive: Embedded) -> Embedded:
    archive.store.editor = DicomEdit()
    return archive


@pytest.fixture
def admin(archive: Embedded) -> Caller:
    return Caller(archive, "admin")


def enable(caller: Caller, where: str, script: bytes) -> None:
    assert caller("PUT", where, script).status_code == 200
    assert caller("PUT", f"{where}/enabled?enable=true").json is True
    assert caller("GET", f"{where}/enabled").json is True


def send(caller: Caller, url: str, *files: bytes) -> str:
    answer = caller("POST", url, zipped({str(n): data for n, data in enumerate(files)}))
    assert answer.status_code == 200, answer.text
    return answer.text.strip()


def stored(caller: Caller, uri: str) -> list[pydicom.Dataset]:
    names = [row["Name"] for row in caller.rows(f"{uri}/scans/1/resources/DICOM/files")]
    return [
        pydicom.dcmread(io.BytesIO(caller("GET", f"{uri}/scans/1/resources/DICOM/files/{name}").data)) for name in names
    ]


pytestmark = pytest.mark.endpoint(37)


def test_the_sites_script_runs_on_what_arrives_and_nothing_is_kept_as_it_came(
    archive: Embedded, admin: Caller, olga: Caller
) -> None:
    enable(admin, SITE, RENAME)
    uri = send(olga, WAITING, image(1, 1, patient="Hidden^Name"), image(1, 2, patient="Hidden^Name"))
    assert [(str(ds.PatientName), ds.PatientID) for ds in stored(olga, uri)] == [("site", "E")] * 2
    assert all(b"Hidden" not in p.read_bytes() for p in archive.store.vault.root.rglob("*") if p.is_file())


@pytest.mark.endpoint(28)
def test_listed_digests_are_those_of_the_rewritten_bytes(admin: Caller, olga: Caller) -> None:
    enable(admin, SITE, RENAME)
    send(olga, TO_ARCHIVE, image())
    (name,), (digest,) = zip(*olga.digests(f"{SESSION}/scans/1/files").items(), strict=True)
    data = olga("GET", f"{SESSION}/scans/1/resources/DICOM/files/{name}").data
    assert data != image()
    assert hashlib.md5(data, usedforsecurity=False).hexdigest() == digest


def test_the_projects_script_runs_when_a_session_is_archived_and_not_before(olga: Caller) -> None:
    enable(olga, PROJECT, HIDE)
    uri = send(olga, WAITING, image(patient="Before"))
    assert [ds.PatientName for ds in stored(olga, uri)] == ["Before"]
    assert olga("POST", f"/data/services/archive?src={uri}&subject=T").status_code == 200
    (ds,) = stored(olga, "/data/projects/P/subjects/T/experiments/E")
    assert (ds.PatientName, ds.StudyDescription) == ("T", "P")


def test_both_scripts_run_on_what_goes_straight_into_the_archive(admin: Caller, olga: Caller) -> None:
    enable(admin, SITE, RENAME)
    enable(olga, PROJECT, HIDE)
    send(olga, TO_ARCHIVE, image(patient="Before"))
    (ds,) = stored(olga, SESSION)
    assert (ds.PatientName, ds.PatientID, ds.StudyDescription) == ("S", "E", "P")


def test_another_projects_script_does_not_run(olga: Caller) -> None:
    enable(olga, "/xapi/anonymize/projects/Q", HIDE)
    send(olga, TO_ARCHIVE, image())
    assert olga("GET", f"{SESSION}/scans/1/resources/DICOM/files/1.2.3.1.1.1.dcm").data == image()


def test_files_put_into_a_resource_are_kept_as_they_are(admin: Caller, olga: Caller) -> None:
    enable(admin, SITE, RENAME)
    enable(olga, PROJECT, HIDE)
    olga.make_scan()
    assert olga("PUT", f"{FILES}/1.dcm", image()).status_code == 200
    assert olga("GET", f"{FILES}/1.dcm").data == image()


def test_renaming_a_session_does_not_run_the_script_again(olga: Caller) -> None:
    enable(olga, PROJECT, HIDE)
    send(olga, TO_ARCHIVE, image())
    before = olga.digests(f"{SESSION}/scans/1/files")
    assert olga("PUT", f"{SESSION}?label=E2").status_code == 200
    assert olga.digests("/data/projects/P/subjects/S/experiments/E2/scans/1/files") == before


def test_an_instance_from_a_receiver_goes_through_the_sites_script_unless_the_receiver_says_otherwise(
    archive: Embedded, admin: Caller, olga: Caller, tmp_path: Path
) -> None:
    enable(admin, SITE, RENAME)
    (tmp_path / "came").write_bytes(image(patient="Before"))
    for routing, name in ((Routing("P", "S", "E1"), "site"), (Routing("P", "S", "E2", anonymise=False), "Before")):
        uri = prearchive.receive_instance(archive.store, User("mark", False), tmp_path / "came", routing)
        assert [ds.PatientName for ds in stored(olga, uri)] == [name]


@pytest.mark.parametrize("where", [SITE, PROJECT])
def test_a_script_that_cannot_be_read_is_refused_with_its_line(admin: Caller, where: str) -> None:
    assert admin("PUT", where, RENAME).status_code == 200
    answer = admin("PUT", where, b'version "6.6"\n(0010,0010) = := "x"\n')
    assert answer.status_code == 400
    assert "line 2" in answer.text
    assert admin("GET", where).data == RENAME


@pytest.mark.parametrize("script", [b"", b"\xff\xfe", b'version "6.6"\n(0010,0010) := visitor\n'])
def test_a_script_that_could_never_run_is_refused(admin: Caller, script: bytes) -> None:
    assert admin("PUT", SITE, script).status_code == 400
    assert admin("GET", SITE).status_code == 204


def test_a_script_that_is_too_long_is_refused(admin: Caller) -> None:
    assert admin("PUT", SITE, b"// " + b"x" * (1 << 20)).status_code == 413


def test_no_script_no_enabling(admin: Caller) -> None:
    assert admin("PUT", f"{SITE}/enabled?enable=true").status_code == 409
    assert admin("GET", f"{SITE}/enabled").json is False


def test_the_default_script_is_one_that_can_run(admin: Caller) -> None:
    enable(admin, SITE, admin("GET", "/xapi/anonymize/default").data)


def test_the_sites_settings_tell_whether_its_script_runs(admin: Caller) -> None:
    enable(admin, SITE, RENAME)
    settings = admin("GET", "/xapi/siteConfig").json
    assert settings
    assert settings["enableSitewideAnonymizationScript"] is True
    answer = admin("POST", "/xapi/siteConfig", json={"enableSitewideAnonymizationScript": False})
    assert answer.status_code == 200
    assert admin("GET", f"{SITE}/enabled").json is False


@pytest.mark.parametrize(
    ("login", "where", "status"),
    [("olga", SITE, 403), ("mark", PROJECT, 403), ("cora", PROJECT, 403), ("nora", PROJECT, 404)],
)
def test_who_may_not_change_a_script(archive: Embedded, login: str, where: str, status: int) -> None:
    caller = Caller(archive, login)
    assert caller("PUT", where, RENAME).status_code == status
    assert caller("PUT", f"{where}/enabled?enable=true").status_code == status


@pytest.mark.endpoint(28)
def test_what_the_sites_script_rejects_is_refused_with_the_file_and_nothing_is_stored(
    archive: Embedded, admin: Caller, olga: Caller
) -> None:
    enable(admin, SITE, REJECT_2)
    answer = olga("POST", WAITING, zipped({"a": image(1, 1), "b": image(1, 2)}))
    assert answer.status_code == 400
    assert "script rejects file 2 of the upload; nothing was stored" in answer.text
    assert olga.rows("/data/prearchive/projects/P") == []
    assert list(archive.store.vault.scratch().parent.iterdir()) == []


@pytest.mark.endpoint(28)
def test_what_a_script_rejects_is_left_out_when_the_sender_says_so(admin: Caller, olga: Caller) -> None:
    enable(admin, SITE, REJECT_2)
    uri = send(olga, f"{WAITING}&Ignore-Unparsable=true", image(1, 1), image(1, 2))
    assert [ds.InstanceNumber for ds in stored(olga, uri)] == [1]


@pytest.mark.endpoint(28)
def test_a_single_file_that_the_script_rejects_is_no_success(admin: Caller, olga: Caller) -> None:
    enable(admin, SITE, REJECT_2)
    answer = olga("POST", f"{WAITING.replace('DICOM-zip', 'gradual-DICOM')}", image(1, 2))
    assert (answer.status_code, "rejects" in answer.text) == (400, True)


@pytest.mark.endpoint(28)
def test_a_site_script_that_fails_on_a_file_keeps_nothing_of_the_upload(
    archive: Embedded, admin: Caller, olga: Caller
) -> None:
    enable(admin, SITE, FAIL)
    answer = olga("POST", TO_ARCHIVE, zipped({"a": image(patient="Hidden")}))
    assert (answer.status_code, "Anonymization failed" in answer.text, "Hidden" in answer.text) == (400, True, False)
    assert olga.rows("/data/projects/P/experiments") == []
    assert list(archive.store.vault.scratch().parent.iterdir()) == []


@pytest.mark.endpoint(32)
@pytest.mark.parametrize(("script", "says"), [(FAIL, "Anonymization failed"), (REJECT_2, "rejects file 2")])
def test_a_project_script_that_fails_or_rejects_leaves_the_session_in_error_with_the_text_in_its_log(
    olga: Caller, script: bytes, says: str
) -> None:
    uri = send(olga, WAITING, image(1, 1), image(1, 2))
    before = olga.rows(f"{uri}/scans/1/resources/DICOM/files")
    enable(olga, PROJECT, script)
    answer = olga("POST", f"/data/services/archive?src={uri}")
    assert (answer.status_code, says in answer.text) == (409, True)
    (row,) = olga.rows("/data/prearchive/projects/P")
    assert row["status"] == "ERROR"
    assert says in olga("GET", f"{uri}/logs/last").text
    assert olga.rows(f"{uri}/scans/1/resources/DICOM/files") == before
    assert olga.rows("/data/projects/P/experiments") == []


@pytest.mark.endpoint(32)
def test_a_session_of_which_the_project_script_leaves_nothing_is_not_archived(olga: Caller) -> None:
    uri = send(olga, WAITING, image(1, 2))
    enable(olga, PROJECT, REJECT_2)
    answer = olga("POST", f"/data/services/archive?src={uri}&Ignore-Unparsable=true")
    assert (answer.status_code, "Empty sessions cannot be archived" in answer.text) == (409, True)


@pytest.mark.endpoint(28)
def test_a_request_may_bring_a_script_of_its_own_that_runs_after_the_sites(admin: Caller, olga: Caller) -> None:
    enable(admin, SITE, RENAME)
    own = 'version "6.6"\n(0010,0020) := (0010,0010)\n'
    (ds,) = stored(olga, send(olga, f"{WAITING}&Anon-Script={quote(own)}", image()))
    assert (ds.PatientName, ds.PatientID) == ("site", "site")


@pytest.mark.endpoint(28)
def test_a_request_whose_own_script_cannot_be_read_is_refused(olga: Caller) -> None:
    assert olga("POST", f"{WAITING}&Anon-Script=nonsense", zipped({"a": image()})).status_code == 400
    assert olga.rows("/data/prearchive/projects/P") == []


@pytest.mark.endpoint(28)
def test_a_sender_may_keep_the_sites_script_away_and_the_listing_tells(admin: Caller, olga: Caller) -> None:
    enable(admin, SITE, RENAME)
    uri = send(olga, f"{WAITING}&prevent_anon=true", image(patient="Before"))
    assert [ds.PatientName for ds in stored(olga, uri)] == ["Before"]
    assert [row["prevent_anon"] for row in olga.rows("/data/prearchive/projects/P")] == ["true"]


def test_a_uid_is_mapped_alike_in_every_part_of_a_series_also_after_a_restart(
    archive: Embedded, admin: Caller, olga: Caller
) -> None:
    enable(admin, SITE, b'version "6.6"\n(0020,000E) := mapUID[(0020,000E), "1.2.40"]\n')
    first = send(olga, WAITING, image(1, 1))
    archive.close()
    again = reopened(archive.store.vault.root)
    again.store.editor = DicomEdit()
    second = send(Caller(again), WAITING, image(1, 2))
    assert first == second
    assert len({ds.SeriesInstanceUID for ds in stored(Caller(again), second)}) == 1
    again.close()


@pytest.mark.endpoint(28)
def test_an_archive_that_cannot_run_its_enabled_script_stores_nothing(
    archive: Embedded, admin: Caller, olga: Caller
) -> None:
    enable(admin, SITE, RENAME)
    archive.store.editor = None
    assert olga("POST", WAITING, zipped({"a": image()})).status_code == 500
    assert olga.rows("/data/prearchive/projects/P") == []


def test_the_pixels_are_copied_untouched(admin: Caller, olga: Caller) -> None:
    ds = pydicom.dcmread(io.BytesIO(image()))
    ds.Rows, ds.Columns, ds.BitsAllocated, ds.SamplesPerPixel = 2, 2, 8, 1
    ds.add_new(0x7FE00010, "OB", bytes(range(4)))
    out = io.BytesIO()
    ds.save_as(out)
    enable(admin, SITE, RENAME)
    (back,) = stored(olga, send(olga, WAITING, out.getvalue()))
    assert (back.PixelData, back.PatientName) == (bytes(range(4)), "site")


def test_an_archives_process_loads_the_language_with_the_first_script_and_not_before() -> None:
    code = (
        "import sys\nimport uploader.hosted\nfrom uploader.rewriting import DicomEdit\neditor = DicomEdit()\n"
        "print('uploader.dicomedit' in sys.modules)\neditor.check('version \"6.6\"', ())\n"
        "print('uploader.dicomedit' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
