"""WADO-RS and QIDO-RS in process: what is served, to whom, in which form, and what is refused."""

from __future__ import annotations

import json
import os
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.archives.embedded.door import SESSION, Caller, image
from tests.archives.embedded.images import DICOMWEB, pictured, put
from uploader.archives.embedded import Embedded
from uploader.archives.embedded.accepts import media_type
from uploader.archives.embedded.multiparts import read

pytestmark = pytest.mark.endpoint(42)

STUDIES = f"{DICOMWEB}/studies"
STUDY, SERIES, INSTANCE = (
    *(f"{STUDIES}/1.2.3", f"{STUDIES}/1.2.3/series/1.2.3.1.1"),
    f"{STUDIES}/1.2.3/series/1.2.3.1.1/instances/1.2.3.1.1.1",
)
FRAMES = (b"first frame: 16b", b"second frame 16b")
J2K, PLAIN, IMPLICIT = "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
BYTES = "multipart/related; type=application/octet-stream"


def parts(answer: TestResponse) -> list[tuple[str, bytes]]:
    """Content-Type and bytes of each part."""
    assert answer.status_code == 200, answer.text
    whole = BytesIO(answer.data)
    return [(kind, part.read(1 << 20)) for kind, part in read(whole, answer.headers["Content-Type"])]


def get(caller: Caller, url: str, accept: str = "") -> TestResponse:
    return caller("GET", url, headers={"Accept": accept} if accept else {})


def listed(caller: Caller, url: str) -> list[dict[str, Any]]:
    answer = get(caller, url)
    assert answer.status_code == 200, answer.text
    return list(json.loads(answer.data))


def values(rows: list[dict[str, Any]], tag: str) -> list[Any]:
    return [row[tag]["Value"][0] for row in rows]


@pytest.mark.parametrize("accept", [f"{BYTES}; transfer-syntax=*", 'multipart/related; type="image/jp2"', "*/*"])
def test_compressed_frames_come_as_they_are_stored(olga: Caller, accept: str) -> None:
    put(olga, "E", pictured(FRAMES, compressed=True))
    ((kind, frame),) = parts(get(olga, f"{INSTANCE}/frames/2", accept))
    assert frame == FRAMES[1]
    assert media_type(kind)[1]["transfer-syntax"] == J2K
    assert kind.startswith("image/jp2" if "jp2" in accept else "application/octet-stream")


@pytest.mark.parametrize(
    "accept", [f"{BYTES}; transfer-syntax={PLAIN}", "image/jpeg", "multipart/related; type=image/jpeg", "text/html"]
)
def test_frames_are_not_converted(olga: Caller, accept: str) -> None:
    put(olga, "E", pictured(FRAMES, compressed=True))
    assert get(olga, f"{INSTANCE}/frames/1", accept).status_code == 406


def test_one_frame_may_come_without_parts(olga: Caller) -> None:
    put(olga, "E", pictured(FRAMES))
    answer = get(olga, f"{INSTANCE}/frames/1", "application/octet-stream")
    assert (answer.data, media_type(answer.headers["Content-Type"])[1]) == (FRAMES[0], {"transfer-syntax": PLAIN})
    assert get(olga, f"{INSTANCE}/frames/1,2", "application/octet-stream").status_code == 406


@pytest.mark.parametrize(
    ("frame", "status"), [("3", 404), ("0", 404), ("1,3", 404), ("x", 400), ("1,", 400), ("-1", 400)]
)
def test_a_frame_that_is_not_there_is_refused(olga: Caller, frame: str, status: int) -> None:
    put(olga, "E", pictured(FRAMES))
    assert get(olga, f"{INSTANCE}/frames/{frame}").status_code == status


def test_an_object_without_an_image_has_no_frames(olga: Caller) -> None:
    put(olga, "E", image(7, modality="RTSTRUCT"))
    url = f"{STUDY}/series/1.2.3.7.0/instances/1.2.3.7.0.1/frames/1"
    assert get(olga, url).status_code == 404


def test_pixels_that_are_cut_short_are_refused_and_the_rest_of_the_file_is_told(olga: Caller) -> None:
    put(olga, "E", pictured(FRAMES, NumberOfFrames=2)[:-4], pictured(FRAMES, number=2))
    assert get(olga, f"{INSTANCE}/frames/1").status_code == 422
    (broken, whole) = listed(olga, f"{SERIES}/metadata")
    assert broken["00280010"] == whole["00280010"]


def test_the_pixels_of_a_compressed_image_come_frame_by_frame(olga: Caller) -> None:
    put(olga, "E", pictured(FRAMES, compressed=True))
    assert [frame for _, frame in parts(get(olga, f"{INSTANCE}/bulkdata/7FE00010"))] == list(FRAMES)


def test_large_values_are_got_by_the_address_that_the_metadata_tell(olga: Caller) -> None:
    put(olga, "E", pictured(FRAMES, ICCProfile=b"profile " * 500))
    (found,) = listed(olga, f"{INSTANCE}/metadata")
    where = "/" + found["00282000"]["BulkDataURI"].split("/", 3)[3]
    assert parts(get(olga, where))[0][1] == b"profile " * 500


@pytest.mark.parametrize(
    ("trail", "status"),
    [("00100010", 404), ("00099999", 404), ("../../x", 400), ("7FE00010/1", 400), ("00081140/0/00081155", 404)],
)
def test_a_value_that_is_not_there_is_refused(olga: Caller, trail: str, status: int) -> None:
    put(olga, "E", pictured(FRAMES))
    assert get(olga, f"{INSTANCE}/bulkdata/{trail}").status_code == status


@pytest.mark.parametrize("accept", ["application/dicom+xml", 'multipart/related; type="application/dicom+xml"'])
@pytest.mark.parametrize("url", [STUDIES, f"{STUDY}/series", f"{STUDY}/metadata", INSTANCE])
def test_xml_is_not_served(olga: Caller, url: str, accept: str) -> None:
    put(olga, "E", pictured(FRAMES))
    assert get(olga, url, accept).status_code == 406


def test_objects_are_not_converted(olga: Caller) -> None:
    put(olga, "E", pictured(FRAMES), pictured(FRAMES, compressed=True, number=2))
    wanted = "multipart/related; type=application/dicom; transfer-syntax="
    assert get(olga, INSTANCE, wanted + PLAIN).status_code == 200
    assert get(olga, SERIES, wanted + PLAIN).status_code == 406
    assert len(parts(get(olga, SERIES, wanted + "*"))) == 2
    assert len(parts(get(olga, f"{SERIES}?accept=*/*", "text/html"))) == 2


@pytest.mark.parametrize(
    "url", [STUDY, f"{STUDY}/metadata", f"{STUDY}/series", f"{SERIES}/instances", SERIES, INSTANCE]
)
def test_what_is_not_there_is_not_found(olga: Caller, url: str) -> None:
    assert get(olga, url).status_code == 404


@pytest.mark.parametrize("uid", ["1.2.x", "1" * 65, "%2e%2e%2fetc", "1.2%0d%0aSet-Cookie:x", "1.2.3'--", "*"])
def test_only_uids_are_looked_for(olga: Caller, uid: str) -> None:
    for url in (f"{STUDIES}/{uid}", f"{STUDY}/series/{uid}/metadata", f"{SERIES}/instances/{uid}/frames/1"):
        assert get(olga, url).status_code in (400, 404)


@pytest.mark.parametrize("url", [STUDIES, f"{STUDY}/series", STUDY, f"{SERIES}/metadata", f"{INSTANCE}/frames/1"])
def test_only_who_may_read_the_project_sees_its_images(archive: Embedded, olga: Caller, url: str) -> None:
    put(olga, "E", pictured(FRAMES))
    assert get(olga, url).status_code == 200
    assert get(Caller(archive, "cora"), url).status_code == 200
    assert get(Caller(archive, "nora"), url).status_code == 404
    assert archive.app.test_client().get(url).status_code == 401
    assert get(olga, url.replace("/P/", "/Q/")).status_code == (200 if url == STUDIES else 404)


def test_a_shared_session_is_seen_in_the_second_project_and_no_longer_when_that_ends(
    archive: Embedded, olga: Caller
) -> None:
    put(olga, "E", pictured(FRAMES))
    archive.create_project("R", members={"nora": "owner", "olga": "owner"})
    nora, there = Caller(archive, "nora"), INSTANCE.replace("/P/", "/R/")
    olga("PUT", f"{SESSION}/projects/R")
    assert values(listed(nora, f"{DICOMWEB[:-1]}R/studies"), "0020000D") == ["1.2.3"]
    assert get(nora, f"{there}/frames/1").status_code == 200
    nora("DELETE", "/data/projects/R/experiments/E")
    assert get(nora, f"{there}/frames/1").status_code == 404
    assert listed(nora, f"{DICOMWEB[:-1]}R/studies") == []


def test_listings_tell_the_disk(archive: Embedded, olga: Caller) -> None:
    put(olga, "E", pictured(FRAMES))
    assert len(listed(olga, f"{SERIES}/instances")) == 1
    files = f"{SESSION}/scans/1/resources/DICOM/files"
    olga("PUT", f"{files}/new/second.dcm", pictured(FRAMES, number=2))
    assert len(listed(olga, f"{SERIES}/instances")) == 2
    olga("DELETE", f"{files}/new/second.dcm")
    assert len(listed(olga, f"{SERIES}/instances")) == 1
    olga("DELETE", SESSION)
    assert listed(olga, STUDIES) == []


def test_a_file_that_was_replaced_is_not_told_from_memory(archive: Embedded, olga: Caller) -> None:
    put(olga, "E", pictured(FRAMES))
    listed(olga, f"{SERIES}/instances")
    (path,) = (archive.store.vault.root / "archive/P/arc001/E").rglob("*.dcm")
    path.write_bytes(pictured(FRAMES, number=2))
    assert get(olga, INSTANCE).status_code == 404
    assert values(listed(olga, f"{SERIES}/instances"), "00080018") == ["1.2.3.1.1.2"]


def test_a_project_whose_folders_have_not_changed_is_listed_without_opening_a_file(
    archive: Embedded, olga: Caller
) -> None:
    put(olga, "E", pictured(FRAMES))
    folder = archive.store.vault.root / "archive/P/arc001/E/SCANS/1/DICOM"
    settled(folder)
    first = listed(olga, f"{DICOMWEB}/series")
    (path,) = folder.iterdir()
    path.write_bytes(b"")  # in place: the folder does not change
    assert listed(olga, f"{DICOMWEB}/series") == first


def settled(folder: Path) -> None:
    """Let the folder have changed a minute ago."""
    then = folder.stat().st_mtime - 60
    os.utime(folder, (then, then))


def test_what_is_no_image_is_left_out(olga: Caller) -> None:
    put(olga, "E", pictured(FRAMES))
    files = f"{SESSION}/scans/1/resources/DICOM/files"
    olga("PUT", f"{files}/0-notes.txt", b"not an image")
    assert len(listed(olga, f"{SERIES}/instances")) == 1
    assert values(listed(olga, STUDIES), "0020000D") == ["1.2.3"]


def test_the_number_of_all_that_fits_is_told_with_a_page_of_it(olga: Caller) -> None:
    for number in (1, 2, 3):
        put(olga, f"E{number}", image(study=f"1.2.{number}"))
    answer = get(olga, f"{STUDIES}?limit=1&offset=1")
    assert (answer.headers["X-Total-Count"], values(list(json.loads(answer.data)), "0020000D")) == ("3", ["1.2.2"])
    assert get(olga, f"{STUDIES}?limit=-1").status_code == 400


def test_fuzzy_matching_is_not_done_and_that_is_said(olga: Caller) -> None:
    answer = get(olga, f"{STUDIES}?fuzzymatching=true&PatientName=Smi*")
    assert (answer.status_code, json.loads(answer.data)) == (200, [])
    assert "fuzzymatching parameter is not supported" in answer.headers["Warning"]


def test_all_fields_are_told_when_all_are_asked_for(olga: Caller) -> None:
    put(olga, "E", pictured(FRAMES))
    (found,) = listed(olga, f"{SERIES}/instances?includefield=all")
    assert found["00100020"]["Value"] == ["S"]
    assert "7FE00010" not in found


def test_addresses_are_those_by_which_the_client_came(olga: Caller) -> None:
    put(olga, "E", image())
    (found,) = json.loads(olga("GET", STUDIES, headers={"X-Forwarded-Proto": "https", "Host": "pacs.example"}).data)
    assert found["00081190"]["Value"] == [f"https://pacs.example{STUDY}"]
