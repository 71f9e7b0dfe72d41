from __future__ import annotations

import gzip
import hashlib
import os
import tarfile
import tracemalloc
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.exceptions import BadRequest

from tests.archives.embedded.door import FILES, SESSION, Caller, reopened, tarred, zipped
from uploader.archives.embedded import Embedded, unpack
from uploader.archives.embedded.names import inner_path


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def on_disk(archive: Embedded, name: str) -> Path:
    return archive.store.vault.root / "archive/P/arc001/E/SCANS/3/DICOM" / name


@pytest.fixture(autouse=True)
def _scan(olga: Caller) -> None:
    olga.make_scan()


@pytest.mark.endpoint(27)
def test_a_file_comes_back_as_it_was_sent(olga: Caller) -> None:
    data = bytes(range(256)) * 9000
    assert olga("PUT", f"{FILES}/a/1.dcm?inbody=true", data).status_code == 200
    answer = olga("GET", f"{FILES}/a/1.dcm")
    assert answer.data == data
    assert answer.headers["Content-Length"] == str(len(data))
    assert "Last-Modified" in answer.headers


def test_the_head_of_a_file_tells_its_size_without_sending_it(olga: Caller) -> None:
    olga("PUT", f"{FILES}/1.dcm", b"12345")
    answer = olga("HEAD", f"{FILES}/1.dcm")
    assert (answer.headers["Content-Length"], answer.data) == ("5", b"")


@pytest.mark.endpoint(27)
def test_a_listing_tells_name_size_place_resource_and_digest(olga: Caller) -> None:
    olga("PUT", f"{FILES}/a/1.dcm", b"image")
    (row,) = olga.rows("/data/experiments/CEN_E00001/scans/ALL/files?format=json")
    assert row["Name"] == "1.dcm"
    assert row["Size"] == "5"
    assert row["collection"] == "DICOM"
    assert row["digest"] == md5(b"image")
    assert row["URI"].startswith("/data/experiments/CEN_E00001/scans/3/resources/")
    assert row["URI"].endswith("/files/a/1.dcm")
    assert olga("GET", row["URI"]).data == b"image"
    assert olga.rows(f"{SESSION}/scans/ALL/files") == [row]


def test_a_form_upload_is_stored_under_the_name_of_the_file(olga: Caller) -> None:
    answer = olga("POST", FILES, form={"file": (BytesIO(b"form" * 50_000), "x.dcm")})
    assert answer.status_code == 200
    assert olga.digests() == {"x.dcm": md5(b"form" * 50_000)}


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_tar_is_unpacked_into_the_resource(olga: Caller, mode: str) -> None:
    files = {"a/1": b"one" * 50_000, "2": b"two"}
    assert olga("PUT", f"{FILES}/upload.tar.gz?extract=true", tarred(files, mode)).status_code == 200
    assert olga.digests() == {"1": md5(files["a/1"]), "2": md5(b"two")}


@pytest.mark.endpoint(27)
def test_a_zip_is_unpacked_into_the_resource(olga: Caller) -> None:
    assert olga("POST", f"{FILES}/x.zip?extract=true", zipped({"a/1": b"one", "2": b"two"})).status_code == 200
    assert olga("GET", f"{FILES}/a/1").data == b"one"


NASTY = ["../out", "/etc/out", "a/../../out", "..", "a//b", "a\\b", "x\x01y"]


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("packed", [zipped, tarred])
def test_names_that_lead_out_of_the_resource_are_refused_with_all_the_upload(
    archive: Embedded, olga: Caller, name: str, packed: type
) -> None:
    answer = olga("PUT", f"{FILES}/x?extract=true", packed({"good": b"1", name: b"2"}))
    assert answer.status_code == 400
    assert not on_disk(archive, "good").exists()
    assert list(archive.store.vault.scratch().parent.iterdir()) == []


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_in_a_tar_are_refused(olga: Caller, kind: bytes) -> None:
    assert olga("PUT", f"{FILES}/x?extract=true", tarred({"a": b""}, kind=kind)).status_code == 400


def test_a_symbolic_link_in_a_zip_is_refused(olga: Caller) -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        info = zipfile.ZipInfo("link")
        info.external_attr = 0o120777 << 16
        made.writestr(info, "/etc/passwd")
    assert olga("PUT", f"{FILES}/x?extract=true", out.getvalue()).status_code == 400


@pytest.mark.parametrize(
    "body", [b"this is no archive at all", zipped({"a": b"1" * 999})[:-40], tarred({"a": b"1" * 9999})[:4000]]
)
def test_a_damaged_upload_is_refused_and_nothing_of_it_kept(archive: Embedded, olga: Caller, body: bytes) -> None:
    assert olga("PUT", f"{FILES}/x?extract=true", body).status_code == 400
    assert not on_disk(archive, "a").exists()


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE])
def test_a_small_tar_whose_header_unpacks_to_very_much_is_refused_before_it_is_in_memory(
    olga: Caller, kind: bytes
) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = kind, 64 << 20
    body = gzip.compress(header.tobuf() + bytes(header.size), 1)
    tracemalloc.start()
    answer = olga("PUT", f"{FILES}/upload.tar.gz?extract=true", body)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (answer.status_code, "header" in answer.text) == (400, True)
    assert held < 16 << 20


def test_a_zip_whose_index_would_fill_the_memory_is_refused(olga: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "LARGEST_INDEX", 1000)
    few, many = (zipped({str(n): b"" for n in range(count)}) for count in (5, 50))
    assert olga("PUT", f"{FILES}/upload.zip?extract=true", few).status_code == 200
    answer = olga("PUT", f"{FILES}/upload.zip?extract=true&overwrite=true", many)
    assert (answer.status_code, "index" in answer.text) == (400, True)


def test_a_tar_with_an_endless_map_of_holes_is_refused(olga: Caller) -> None:
    attributes = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "x", "GNU.sparse.realsize": "1"}
    with tarfile.open(fileobj=(out := BytesIO()), mode="w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("x")
        info.size, info.pax_headers = 4 << 20, attributes
        archive.addfile(info, BytesIO(b"9999999\n" + b"1\n" * (2 << 20)))
    answer = olga("PUT", f"{FILES}/upload.tar?extract=true", out.getvalue())
    assert (answer.status_code, "header" in answer.text) == (400, True)


def test_a_small_upload_that_unpacks_to_very_much_is_refused(olga: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "FREE_BYTES", 10_000)
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("zeros", bytes(5_000_000))
    assert olga("PUT", f"{FILES}/x?extract=true", out.getvalue()).status_code == 400


@pytest.mark.endpoint(27)
def test_a_file_that_exists_is_not_replaced_unasked(olga: Caller) -> None:
    olga("PUT", f"{FILES}/1", b"first")
    answer = olga("PUT", f"{FILES}/1", b"second")
    assert answer.status_code == 409
    assert "duplicates" in answer.text
    assert "<h3>" in answer.text
    assert olga("GET", f"{FILES}/1").data == b"first"


def test_a_file_that_exists_is_replaced_when_asked(olga: Caller) -> None:
    olga("PUT", f"{FILES}/1", b"first")
    assert olga("PUT", f"{FILES}/1?overwrite=true", b"second").status_code == 200
    assert olga.digests() == {"1": md5(b"second")}


def test_an_upload_with_one_taken_name_stores_none_of_its_files(olga: Caller) -> None:
    olga("PUT", f"{FILES}/1", b"first")
    assert olga("PUT", f"{FILES}/x?extract=true", tarred({"0": b"0", "1": b"1"})).status_code == 409
    assert olga.digests() == {"1": md5(b"first")}


def test_an_empty_body_is_refused(olga: Caller) -> None:
    assert olga("PUT", f"{FILES}/1", b"").status_code == 400


def test_a_tampered_file_lists_the_digest_of_what_lies_there_now(archive: Embedded, olga: Caller) -> None:
    olga("PUT", f"{FILES}/1", b"as it was sent")
    path = on_disk(archive, "1")
    times = path.stat()
    path.write_bytes(b"tampered with!")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert olga.digests() == {"1": md5(b"tampered with!")}


def test_a_torn_file_lists_its_new_size_and_digest(archive: Embedded, olga: Caller) -> None:
    olga("PUT", f"{FILES}/1", b"as it was sent")
    os.truncate(on_disk(archive, "1"), 4)
    (row,) = olga.rows(FILES)
    assert (row["Size"], row["digest"]) == ("4", md5(b"as i"))


def test_a_file_gone_from_the_disk_is_gone_from_the_listing(archive: Embedded, olga: Caller) -> None:
    olga("PUT", f"{FILES}/1", b"1")
    on_disk(archive, "1").unlink()
    assert olga.rows(FILES) == []
    assert olga("GET", f"{FILES}/1").status_code == 404


def test_a_file_named_before_a_crash_but_not_yet_registered_is_listed_whole_after_it(
    archive: Embedded, olga: Caller
) -> None:
    olga("PUT", f"{FILES}/1", b"1")
    on_disk(archive, "2").write_bytes(b"renamed, then the power failed")
    again = reopened(archive.store.vault.root)
    try:
        assert Caller(again).digests()["2"] == md5(b"renamed, then the power failed")
    finally:
        again.close()


def test_what_a_crash_left_half_received_is_swept_at_the_next_start(tmp_path: Path) -> None:
    left = tmp_path / "central/incoming/0123456789abcdef/half"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half a fi")
    reopened(tmp_path / "central").close()
    assert not left.parent.exists()


def test_a_second_archive_on_the_same_folder_leaves_what_the_first_is_receiving(archive: Embedded) -> None:
    half = archive.store.vault.scratch()
    half.write_bytes(b"half a fi")
    reopened(archive.store.vault.root).close()
    assert half.exists()


@pytest.mark.endpoint(27)
def test_a_zip_holds_every_file_with_the_way_to_it(olga: Caller) -> None:
    olga("PUT", f"{FILES}/a/1.dcm", b"image" * 1000)
    answer = olga("GET", f"{SESSION}/scans/ALL/files?format=zip")
    with zipfile.ZipFile(BytesIO(answer.data)) as found:
        assert found.namelist() == ["E/scans/3-ctScanData/resources/DICOM/files/a/1.dcm"]
        assert found.read(found.namelist()[0]) == b"image" * 1000
        assert found.infolist()[0].compress_type == zipfile.ZIP_STORED


@pytest.mark.parametrize("kind", ["tar", "tar.gz"])
def test_a_tar_holds_every_file(olga: Caller, kind: str) -> None:
    olga("PUT", f"{FILES}/1", b"image" * 1001)
    with tarfile.open(fileobj=BytesIO(olga("GET", f"{FILES}?format={kind}").data)) as found:
        (item,) = found.getmembers()
        data = found.extractfile(item)
        assert data is not None
        assert data.read() == b"image" * 1001


@pytest.mark.endpoint(27)
def test_files_can_be_taken_of_chosen_scans_only(olga: Caller) -> None:
    olga("PUT", f"{SESSION}/scans/4?xsiType=xnat:ctScanData&type=LUNG")
    olga("PUT", f"{FILES}/1", b"1")
    olga("PUT", f"{SESSION}/scans/4/resources/DICOM/files/2", b"2")
    assert [row["Name"] for row in olga.rows(f"{SESSION}/scans/4/files")] == ["2"]
    assert [row["Name"] for row in olga.rows(f"{SESSION}/scans/3,4/files")] == ["1", "2"]
    assert [row["Name"] for row in olga.rows(f"{SESSION}/scans/LUNG/files")] == ["2"]


def test_a_removed_file_is_gone_and_the_others_stay(olga: Caller) -> None:
    olga("PUT", f"{FILES}/x?extract=true", tarred({"1": b"1", "2": b"2"}))
    assert olga("DELETE", f"{FILES}/1").status_code == 200
    assert list(olga.digests()) == ["2"]


@pytest.mark.endpoint(26)
def test_a_resource_is_told_as_a_catalogue(olga: Caller) -> None:
    olga("PUT", f"{FILES}/1", b"1")
    catalogue = olga("GET", FILES.removesuffix("/files") + "?format=json").text
    assert catalogue.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<cat:')
    assert md5(b"1") in catalogue


@pytest.mark.endpoint(26)
def test_a_resource_that_exists_is_not_made_again(olga: Caller) -> None:
    assert olga("PUT", f"{SESSION}/resources/NOTES").status_code == 200
    assert olga("PUT", f"{SESSION}/resources/NOTES").status_code == 409


@pytest.mark.endpoint(25)
@pytest.mark.parametrize("holder", ["/data/projects/P", "/data/projects/P/subjects/S", SESSION, f"{SESSION}/scans/3"])
def test_resources_hang_on_projects_subjects_sessions_and_scans(olga: Caller, holder: str) -> None:
    assert olga("PUT", f"{holder}/resources/R/files/1", b"1").status_code == 200
    (row,) = [r for r in olga.rows(f"{holder}/resources") if r["label"] == "R"]
    assert (row["file_count"], row["file_size"], row["element_name"]) == ("1", "1", "xnat:resourceCatalog")


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40))
def test_no_accepted_name_leads_out_of_its_folder(tmp_path: Path, name: str) -> None:
    try:
        path = inner_path(name)
    except BadRequest:
        return
    assert (tmp_path / "r" / path).resolve().is_relative_to(tmp_path / "r")
    assert (tmp_path / "r" / path).resolve() != tmp_path / "r"
