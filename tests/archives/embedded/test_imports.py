from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.archives.embedded.door import FILES, PASSWORDS, SESSION, Caller, image, zipped
from tests.patience import PATIENCE_SECONDS
from uploader.archives.embedded import Embedded
from uploader.archives.embedded.dicomtypes import scan_id, scan_type, session_type

IMPORT = "/data/services/import"
TO_ARCHIVE = f"{IMPORT}?dest=/archive/projects/P/subjects/S/experiments/E"
SERIES = {f"a/{n}": image(1, n) for n in (1, 2, 3)}


def send(caller: Caller, url: str, body: bytes) -> str:
    answer = caller("POST", url, body, content_type="application/zip")
    assert answer.status_code == 200, answer.text
    assert answer.text.endswith("\r\n")
    return answer.text.strip()


def test_a_zip_becomes_a_session_with_its_scans(olga: Caller) -> None:
    uri = send(olga, TO_ARCHIVE, zipped(SERIES | {"b": image(2), "rs": image(7, modality="RTSTRUCT")}))
    assert uri == "/data/archive/projects/P/subjects/S/experiments/E"
    scans = {row["ID"]: row["xsiType"] for row in olga.rows(f"{SESSION}/scans")}
    assert scans == {"1": "xnat:ctScanData", "2": "xnat:ctScanData", "7": "xnat:rtImageScanData"}
    (session,) = olga.rows("/data/projects/P/experiments?columns=xsiType,UID,date")
    assert (session["xsiType"], session["UID"], session["date"]) == ("xnat:ctSessionData", "1.2.3", "2026-01-31")
    assert len(olga.rows(f"{SESSION}/scans/ALL/files")) == 5


def test_a_single_dicom_file_is_imported_by_the_gradual_handler(olga: Caller) -> None:
    send(olga, f"{TO_ARCHIVE}&import-handler=gradual-DICOM&inbody=true", image())
    assert [row["Name"] for row in olga.rows(f"{SESSION}/scans/1/files")] == ["1.2.3.1.1.1.dcm"]


def test_a_session_that_exists_is_not_merged_unasked(olga: Caller) -> None:
    send(olga, TO_ARCHIVE, zipped(SERIES))
    for url in (TO_ARCHIVE, f"{TO_ARCHIVE}&overwrite=none"):
        assert olga("POST", url, zipped({"b": image(2)})).status_code == 409
    assert len(olga.rows(f"{SESSION}/scans")) == 1


def test_a_session_is_merged_when_asked(olga: Caller) -> None:
    send(olga, TO_ARCHIVE, zipped(SERIES))
    send(olga, f"{TO_ARCHIVE}&overwrite=append", zipped({"b": image(2)}))
    assert len(olga.rows(f"{SESSION}/scans")) == 2


def test_files_that_exist_are_replaced_only_when_asked(olga: Caller) -> None:
    send(olga, TO_ARCHIVE, zipped(SERIES))
    assert olga("POST", f"{TO_ARCHIVE}&overwrite=append", zipped(SERIES)).status_code == 409
    send(olga, f"{TO_ARCHIVE}&overwrite=append&overwrite_files=true", zipped(SERIES))
    assert len(olga.rows(f"{SESSION}/scans/ALL/files")) == 3


@pytest.mark.parametrize(
    ("url", "files"),
    [
        (TO_ARCHIVE.replace("/S/", "/T/"), {"b": image(2)}),
        (TO_ARCHIVE, {"b": image(2, study="9.9")}),
    ],
    ids=["another subject", "another study"],
)
def test_what_belongs_elsewhere_is_not_merged(olga: Caller, url: str, files: dict[str, bytes]) -> None:
    send(olga, TO_ARCHIVE, zipped(SERIES))
    assert olga("POST", f"{url}&overwrite=append", zipped(files)).status_code == 409
    assert len(olga.rows(f"{SESSION}/scans/ALL/files")) == 3


@pytest.mark.parametrize(
    "files",
    [{"1": image(), "read me.txt": b"text"}, {"1": image(), "2": image(study="9.9")}, {"1": image()[:200]}, {}],
    ids=["not DICOM", "two studies", "truncated", "empty"],
)
def test_an_unfit_zip_is_refused_whole(archive: Embedded, olga: Caller, files: dict[str, bytes]) -> None:
    answer = olga("POST", TO_ARCHIVE, zipped(files))
    assert answer.status_code == 400
    assert "read me" not in answer.text
    assert olga.rows("/data/projects/P/experiments") == []
    assert list(archive.store.vault.scratch().parent.iterdir()) == []


def test_parallel_imports_of_one_session_merge_and_nothing_is_lost(olga: Caller, url: str) -> None:
    def one(series: int) -> int:
        body = zipped({str(n): image(series, n) for n in range(4)})
        address = f"{url}{TO_ARCHIVE}&overwrite=append"
        return requests.post(address, data=body, auth=("mark", PASSWORDS["mark"]), timeout=PATIENCE_SECONDS).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(one, range(1, 13))) == {200}
    assert len(olga.rows("/data/projects/P/experiments")) == 1
    assert len(olga.rows(f"{SESSION}/scans")) == 12
    assert len(olga.rows(f"{SESSION}/scans/ALL/files")) == 48


def test_two_series_of_one_number_become_two_scans(olga: Caller) -> None:
    send(olga, TO_ARCHIVE, zipped({"ct": image(1), "rs": image(1, modality="RTSTRUCT")}))
    assert [row["ID"] for row in olga.rows(f"{SESSION}/scans")] == ["1", "1-RTSTRUCT1"]


def test_without_a_destination_a_zip_waits_in_the_prearchive_until_it_is_archived(olga: Caller) -> None:
    uri = send(olga, f"{IMPORT}?project=P&subject=S&session=E&import-handler=DICOM-zip", zipped(SERIES))
    assert uri.startswith("/data/prearchive/projects/P/")
    (row,) = olga.rows("/data/prearchive/projects/P")
    assert (row["status"], row["subject"], row["name"], row["tag"]) == ("RECEIVING", "S", "E", "1.2.3")
    assert [scan["ID"] for scan in olga.rows(f"{uri}/scans")] == ["1"]
    assert len(olga.rows(f"{uri}/scans/1/resources/DICOM/files")) == 3
    answer = olga("POST", f"/data/services/archive?src={row['url']}&auto-archive=false")
    assert answer.text == "/data/archive/projects/P/subjects/S/experiments/E\r\n"
    assert olga.rows("/data/prearchive/projects/P") == []
    assert len(olga.rows(f"{SESSION}/scans/ALL/files")) == 3


def test_a_waiting_session_that_conflicts_stays_where_it_is(olga: Caller) -> None:
    send(olga, TO_ARCHIVE, zipped(SERIES))
    uri = send(olga, f"{IMPORT}?project=P&subject=S&session=E&import-handler=DICOM-zip", zipped({"b": image(2)}))
    assert olga("POST", f"/data/services/archive?src={uri}").status_code == 409
    assert len(olga.rows(f"{uri}/scans/2/resources/DICOM/files")) == 1
    assert olga("POST", f"/data/services/archive?src={uri}&overwrite=append").status_code == 200
    assert len(olga.rows(f"{SESSION}/scans")) == 2


def test_gradual_files_of_one_study_wait_together(olga: Caller) -> None:
    url = f"{IMPORT}?project=P&subject=S&session=E&import-handler=gradual-DICOM"
    uris = {send(olga, url, data) for data in SERIES.values()}
    assert len(uris) == 1
    send(olga, url, SERIES["a/1"])
    assert len(olga.rows(f"{uris.pop()}/scans/1/resources/DICOM/files")) == 3


def test_a_removed_waiting_session_is_gone(olga: Caller) -> None:
    uri = send(olga, f"{IMPORT}?project=P", zipped(SERIES))
    assert olga("DELETE", uri).status_code == 200
    assert olga("GET", uri).status_code == 404


def test_headers_of_stored_files_fill_the_session_and_its_scans(olga: Caller) -> None:
    olga.make_scan()
    for n in (1, 2):
        olga("PUT", f"{FILES}/{n}.dcm", image(3, n))
    assert olga("PUT", f"{SESSION}?pullDataFromHeaders=true").status_code == 200
    (session,) = olga.rows("/data/projects/P/experiments?columns=UID,date,modality,dcmPatientName")
    assert (session["UID"], session["date"], session["modality"]) == ("1.2.3", "2026-01-31", "CT")
    assert session["dcmPatientName"] == ""
    (scan,) = olga.rows(f"{SESSION}/scans?columns=UID,series_description,modality,frames")
    assert (scan["UID"], scan["series_description"]) == ("1.2.3.3.1", "series 3")
    assert (scan["modality"], scan["frames"]) == ("CT", "2")


@pytest.mark.parametrize(
    ("scans", "session"),
    [
        (["MR", "RTSTRUCT"], "xnat:mrSessionData"),
        (["PT", "CT", "RTSTRUCT"], "xnat:petSessionData"),
        (["CT", "RTSTRUCT", "RTDOSE"], "xnat:ctSessionData"),
        (["RTPLAN", "RTDOSE"], "xnat:rtSessionData"),
        (["XY"], "xnat:otherDicomSessionData"),
    ],
)
def test_the_modality_that_wins_names_the_session(scans: list[str], session: str) -> None:
    assert session_type({scan_type(m) for m in scans}) == session


def test_a_secondary_capture_is_one_whatever_modality_it_claims() -> None:
    assert scan_type("CT", "1.2.840.10008.5.1.4.1.1.7") == "xnat:scScanData"


def test_a_series_keeps_the_scan_it_has() -> None:
    assert scan_id("u2", "1", "MR", {"1": "u1"}) == "1-MR1"
    assert scan_id("u3", "1", "MR", {"1": "u1", "1-MR1": "u2"}) == "1-MR2"
    assert scan_id("u2", "1", "MR", {"1": "u1", "1-MR1": "u2"}) == "1-MR1"


@pytest.mark.parametrize("named", ["", "&import-handler=SI"])
@pytest.mark.parametrize(("code", "home"), [("4", "/data/projects/P/"), ("0", "/data/prearchive/")])
def test_the_session_importer_archives_where_the_project_wants_it(
    olga: Caller, named: str, code: str, home: str
) -> None:
    olga("PUT", f"/data/projects/P/prearchive_code/{code}")
    uri = send(olga, f"{IMPORT}?project=P&subject=S&session=E{named}", zipped(SERIES))
    assert uri.replace("/archive/projects", "/projects").startswith(home)


def test_the_session_importer_leaves_out_pictures_that_an_xnat_made_of_scans(olga: Caller) -> None:
    files = SERIES | {"E/scans/1-CT/SNAPSHOTS/1_qc.gif": b"GIF89a", "E/scans/1-CT/SNAPSHOTS/2.dcm": image(1, 9)}
    send(olga, f"{IMPORT}?project=P&subject=S&session=E", zipped(files))
    rows = olga.rows("/data/projects/P/subjects/S/experiments/E/scans/ALL/files")
    assert len(rows) == len(SERIES) + 1


def test_the_session_importer_refuses_anything_else_that_is_no_image(olga: Caller) -> None:
    url = f"{IMPORT}?project=P&subject=S&session=E"
    assert olga("POST", url, zipped(SERIES | {"E/scans/1-CT/NOTES/1_qc.gif": b"GIF89a"})).status_code == 400
    assert olga.rows("/data/projects/P/experiments") == []
