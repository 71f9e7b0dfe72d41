from __future__ import annotations

import csv
import io
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.archives.embedded.door import FILES, SESSION, Caller, image, reopened, zipped
from uploader.archives.embedded import Embedded, deposits, find, removal, sessions
from uploader.archives.embedded.accounts import HOUSE
from uploader.archives.embedded.database import Row


@pytest.mark.endpoint(16)
@pytest.mark.endpoint(19)
def test_a_new_thing_is_created_and_an_old_one_is_found(olga: Caller) -> None:
    first = olga("PUT", "/data/projects/P/subjects/S")
    again = olga("PUT", "/data/projects/P/subjects/S")
    assert (first.status_code, first.text) == (201, "CEN_S00001")
    assert (again.status_code, again.text) == (200, "CEN_S00001")


def test_labels_are_cleaned(olga: Caller) -> None:
    olga("PUT", "/data/projects/P/subjects/S 1.2/experiments/Visit: 1?xsiType=xnat:mrSessionData")
    (row,) = olga.rows("/data/projects/P/experiments?columns=label,subject_label,xsiType")
    assert (row["label"], row["subject_label"], row["xsiType"]) == ("Visit__1", "S_1_2", "xnat:mrSessionData")


@pytest.mark.endpoint(19)
def test_a_session_makes_its_subject(olga: Caller) -> None:
    answer = olga("PUT", f"{SESSION}?xsiType=xnat:ctSessionData&date=2026-01-31&xnat:imageSessionData/UID=1.2.3")
    assert (answer.status_code, answer.text) == (201, "CEN_E00001")
    item = olga("GET", f"{SESSION}?format=json").json
    assert item is not None
    fields = item["items"][0]["data_fields"]
    assert fields["UID"] == "1.2.3"
    assert fields["date"] == "2026-01-31"
    assert fields["subject_ID"] == "CEN_S00001"
    assert item["items"][0]["meta"]["xsi:type"] == "xnat:ctSessionData"


@pytest.mark.endpoint(19)
def test_a_new_session_without_a_type_is_refused(olga: Caller) -> None:
    assert olga("PUT", SESSION).status_code == 417


@pytest.mark.endpoint(23)
@pytest.mark.parametrize("kind", ["xnat:imageScanData", "xnat:noSuchData"])
def test_a_scan_must_have_a_real_type(olga: Caller, kind: str) -> None:
    olga("PUT", f"{SESSION}?xsiType=xnat:ctSessionData")
    assert olga("PUT", f"{SESSION}/scans/1?xsiType={kind}").status_code == 400


@pytest.mark.endpoint(23)
def test_a_scan_keeps_its_type(olga: Caller) -> None:
    olga.make_scan()
    assert olga("PUT", f"{SESSION}/scans/3?xsiType=xnat:mrScanData").status_code == 409


@pytest.mark.parametrize("prefix", ["/data/archive", "/REST", "/data"])
def test_the_other_names_of_a_path_lead_to_the_same(olga: Caller, prefix: str) -> None:
    olga.make_scan()
    assert olga("GET", SESSION.replace("/data", prefix)).status_code == 200


@pytest.mark.endpoint(15)
@pytest.mark.endpoint(18)
def test_csv_has_the_columns_of_the_json(olga: Caller) -> None:
    olga.make_scan()
    olga("PUT", f"{FILES}/1", b"1")
    resources = FILES.removesuffix("/DICOM/files")
    for url in (
        "/data/projects",
        "/data/projects/P/subjects",
        "/data/experiments",
        f"{SESSION}/scans",
        resources,
        FILES,
    ):
        lines = list(csv.DictReader(io.StringIO(olga("GET", f"{url}?format=csv").text)))
        assert lines == olga.rows(f"{url}?format=json")


@pytest.mark.endpoint(18)
def test_a_listing_is_filtered_by_its_columns(olga: Caller) -> None:
    for name in ("A1", "A2", "B1"):
        olga("PUT", f"/data/projects/P/subjects/{name}")
    labels = [row["label"] for row in olga.rows("/data/projects/P/subjects?label=a*&sortBy=label&sortOrder=desc")]
    assert labels == ["A2", "A1"]


def test_a_renamed_session_takes_its_files_along(archive: Embedded, olga: Caller) -> None:
    olga.make_scan()
    olga("PUT", f"{FILES}/1", b"image")
    assert olga("PUT", f"{SESSION}?label=E2").status_code == 200
    assert olga("GET", SESSION).status_code == 404
    assert olga("GET", f"{FILES.replace('/E/', '/E2/')}/1").data == b"image"
    assert (archive.store.vault.root / "archive/P/arc001/E2/SCANS/3/DICOM/1").exists()


def test_a_crash_in_the_middle_of_a_rename_is_undone_at_the_next_start(archive: Embedded, olga: Caller) -> None:
    olga.make_scan()
    olga("PUT", f"{FILES}/1", b"image")
    with pytest.raises(KeyboardInterrupt), archive.store.moving("archive/P/arc001/E", "archive/P/arc001/E2"):
        raise KeyboardInterrupt
    again = reopened(archive.store.vault.root)
    try:
        assert Caller(again)("GET", f"{FILES}/1").data == b"image"
    finally:
        again.close()


@pytest.mark.parametrize(
    ("table", "thing"),
    [("experiments", SESSION), ("subjects", "/data/projects/P/subjects/S")],
    ids=["session", "subject"],
)
def test_a_rename_that_cannot_be_written_down_leaves_the_files_where_they_are_found(
    archive: Embedded, olga: Caller, table: str, thing: str
) -> None:
    olga.make_scan()
    olga("PUT", f"{thing}/resources/R/files/1", b"notes")
    with archive.store.database.write() as c:
        c.execute(f"CREATE TRIGGER no BEFORE UPDATE OF label ON {table} BEGIN SELECT RAISE(ABORT, 'no'); END")
    archive.app.testing = False
    archive.app.config["PROPAGATE_EXCEPTIONS"] = False
    assert olga("PUT", f"{thing}?label=NEW").status_code == 500
    assert olga("GET", f"{thing}/resources/R/files/1").data == b"notes"


def session_row(archive: Embedded) -> Row:
    with archive.store.database.read() as c:
        return find.session(c, HOUSE, "read", "E", "P")


def test_a_session_that_two_rename_at_once_keeps_its_files(archive: Embedded, olga: Caller) -> None:
    olga.make_scan()
    olga("PUT", f"{FILES}/1", b"image")
    both_found = session_row(archive)
    sessions.rename(archive.store, both_found, "E2")
    sessions.rename(archive.store, both_found, "E3")
    assert olga("GET", f"{FILES.replace('/E/', '/E3/')}/1").data == b"image"


def test_a_session_that_is_renamed_while_it_is_removed_leaves_no_files(archive: Embedded, olga: Caller) -> None:
    olga.make_scan()
    olga("PUT", f"{FILES}/1", b"image")
    both_found = session_row(archive)
    sessions.rename(archive.store, both_found, "E2")
    removal.erase(archive.store, both_found)
    assert not list((archive.store.vault.root / "archive").rglob("1"))


def test_what_is_imported_into_a_session_that_is_renamed_meanwhile_goes_with_it(
    archive: Embedded, olga: Caller
) -> None:
    where = "/data/services/import?dest=/archive/projects/P/subjects/S/experiments/E&overwrite=append"
    assert olga("POST", where, zipped({"1": image(1, 1)})).status_code == 200
    row = session_row(archive)
    with ThreadPoolExecutor(1) as pool:
        with archive.store.lock(f"session:{row['id']}"):
            answer = pool.submit(olga, "POST", where, zipped({"2": image(1, 2)}))
            while not deposits.left(archive.store):
                time.sleep(0.01)
            sessions.rename(archive.store, row, "E2")
        assert answer.result().text.strip().endswith("/E2")
    assert len(olga.rows(f"{SESSION}2/scans/ALL/files")) == 2


def test_a_label_in_use_is_not_given_twice(olga: Caller) -> None:
    olga.make_scan()
    olga("PUT", "/data/projects/P/subjects/S/experiments/F?xsiType=xnat:ctSessionData")
    assert olga("PUT", f"{SESSION}?label=F").status_code == 409


def test_a_removed_session_leaves_nothing_for_the_next_of_its_label(archive: Embedded, olga: Caller) -> None:
    olga.make_scan()
    olga("PUT", f"{FILES}/1", b"image")
    assert olga("DELETE", f"{SESSION}?removeFiles=true").status_code == 200
    assert not (archive.store.vault.root / "archive/P/arc001/E").exists()
    olga("PUT", f"{SESSION}?xsiType=xnat:ctSessionData")
    assert olga.rows(f"{SESSION}/scans") == []
    assert olga.rows("/data/projects/P/experiments")[0]["ID"] == "CEN_E00002"


def test_a_removed_subject_takes_its_sessions_along(olga: Caller) -> None:
    olga.make_scan()
    assert olga("DELETE", "/data/projects/P/subjects/S").status_code == 200
    assert olga.rows("/data/projects/P/experiments") == []


def test_a_stop_and_a_start_lose_nothing(archive: Embedded, olga: Caller, tmp_path: Path) -> None:
    olga.make_scan()
    olga("PUT", f"{FILES}/1", b"image")
    before = olga.rows(FILES)
    archive.close()
    again = reopened(tmp_path / "central")
    try:
        assert Caller(again).rows(FILES) == before
    finally:
        again.close()


@pytest.mark.endpoint(20)
def test_a_session_is_shared_by_the_path_of_its_project_with_200_and_by_its_id_with_201(olga: Caller) -> None:
    olga.make_scan()
    olga("PUT", "/data/projects/P/subjects/S/experiments/F?xsiType=xnat:ctSessionData")
    assert olga("PUT", f"{SESSION}/projects/Q").status_code == 200
    assert olga("PUT", "/data/experiments/CEN_E00002/projects/Q?label=G").status_code == 201
    assert [row["label"] for row in olga.rows("/data/projects/Q/experiments")] == ["E", "G"]
    assert [row["ID"] for row in olga.rows(f"{SESSION}/projects")] == ["P", "Q"]


@pytest.mark.endpoint(20)
def test_sharing_what_is_shared_is_a_conflict_that_says_so(olga: Caller) -> None:
    olga.make_scan()
    olga("PUT", f"{SESSION}/projects/Q")
    assert "Already assigned to project:Q" in olga("PUT", f"{SESSION}/projects/Q").text
    assert olga("PUT", f"{SESSION}/projects/P").status_code == 409


@pytest.mark.endpoint(20)
def test_sharing_under_a_label_in_use_is_a_conflict_that_says_so(olga: Caller) -> None:
    olga.make_scan()
    olga("PUT", "/data/projects/Q/subjects/S/experiments/E?xsiType=xnat:ctSessionData")
    answer = olga("PUT", f"{SESSION}/projects/Q")
    assert answer.status_code == 409
    assert "Label already in use:E" in answer.text


def test_sharing_into_a_project_that_is_not_there_is_not_found(olga: Caller) -> None:
    olga.make_scan()
    assert olga("PUT", f"{SESSION}/projects/NOWHERE").status_code == 404


@pytest.mark.endpoint(20)
def test_a_reader_of_the_second_project_reads_a_shared_session_and_changes_nothing(
    archive: Embedded, olga: Caller
) -> None:
    olga.make_scan()
    olga("PUT", f"{FILES}/1", b"image")
    archive.create_project("Q", members={"nora": "owner"})
    olga("PUT", "/data/projects/P/subjects/S/projects/Q")
    olga("PUT", f"{SESSION}/projects/Q")
    nora, there = Caller(archive, "nora"), "/data/projects/Q/subjects/S/experiments/E"
    assert nora("GET", f"{there}/scans/3/resources/DICOM/files/1").data == b"image"
    assert nora("PUT", f"{there}?note=x").status_code == 403
    assert nora("DELETE", there).status_code == 200
    assert olga("GET", SESSION).status_code == 200
    assert nora("GET", there).status_code == 404


def test_an_anonymisation_script_is_kept_and_never_said_to_be_enabled(archive: Embedded) -> None:
    admin = Caller(archive, "admin")
    assert admin("PUT", "/xapi/anonymize/site", b'(0010,0010) := "x"').status_code == 200
    assert admin("GET", "/xapi/anonymize/site").text == '(0010,0010) := "x"'
    refused = admin("PUT", "/xapi/anonymize/site/enabled?enable=true")
    assert refused.status_code == 501
    assert "runs none" in refused.text
    assert admin("GET", "/xapi/anonymize/site/enabled").json is False


@pytest.mark.parametrize("url", ["/data/nowhere", "/data/projects/P/subjects/X"])
def test_an_error_is_a_page_with_its_reason_in_h3(olga: Caller, url: str) -> None:
    answer = olga("GET", url)
    assert answer.status_code == 404
    assert answer.text.startswith("<html>")
    assert "<h3>" in answer.text
