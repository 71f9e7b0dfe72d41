"""Giving instances to the archive by STOW-RS."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
import requests
from dicomweb_client.api import DICOMwebClient
from pydicom import dcmread
from werkzeug.test import TestResponse

from tests.archives.embedded.door import PASSWORDS, Caller, image
from tests.archives.embedded.images import DICOMWEB
from uploader.archives.embedded import Embedded

pytestmark = pytest.mark.endpoint(42)

STUDIES = f"{DICOMWEB}/studies"
RELATED = 'multipart/related; type="application/dicom"; boundary=xyz'


def send(caller: Caller, *files: bytes, url: str = STUDIES, kind: str = "application/dicom") -> TestResponse:
    parts = b"".join(b"--xyz\r\nContent-Type: " + kind.encode() + b"\r\n\r\n" + file + b"\r\n" for file in files)
    return caller("POST", url, parts + b"--xyz--\r\n", content_type=RELATED)


def told(answer: TestResponse) -> tuple[list[Any], list[Any]]:
    """UIDs of what was stored, and (UID, reason) of what was not."""
    assert answer.json is not None, answer.text
    stored, failed = (answer.json.get(tag, {}).get("Value", []) for tag in ("00081199", "00081198"))
    uids = [item["00081155"]["Value"][0] for item in stored]
    return uids, [(item["00081155"].get("Value", [""])[0], item["00081197"]["Value"][0]) for item in failed]


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    with requests.Session() as session:
        session.auth = ("olga", PASSWORDS["olga"])
        yield DICOMwebClient(f"{url}{DICOMWEB}", session=session)


def test_dicomweb_client_stores_and_finds_again(client: Any, olga: Caller) -> None:
    sent = [dcmread(BytesIO(image(number=number))) for number in (1, 2)]
    answer = client.store_instances(sent)
    assert [item.ReferencedSOPInstanceUID for item in answer.ReferencedSOPSequence] == ["1.2.3.1.1.1", "1.2.3.1.1.2"]
    assert len(client.retrieve_series("1.2.3", "1.2.3.1.1")) == 2
    assert [row["label"] for row in olga.rows("/data/projects/P/experiments")] == ["S"]


def test_files_are_kept_byte_for_byte_and_said_where(olga: Caller) -> None:
    answer = send(olga, image())
    assert (answer.status_code, told(answer)) == (200, (["1.2.3.1.1.1"], []))
    assert answer.json is not None
    where = answer.json["00081199"]["Value"][0]["00081190"]["Value"][0]
    back = olga("GET", "/" + where.split("/", 3)[3], headers={"Accept": "application/dicom"})
    assert back.data == image()


def test_one_instance_may_come_without_parts(olga: Caller) -> None:
    answer = olga("POST", STUDIES, image(), content_type="application/dicom")
    assert (answer.status_code, told(answer)[0]) == (200, ["1.2.3.1.1.1"])


def test_what_is_not_dicom_fails_and_the_rest_is_stored(olga: Caller) -> None:
    answer = send(olga, image(), b"no image at all")
    assert (answer.status_code, told(answer)) == (202, (["1.2.3.1.1.1"], [("", 0xC000)]))


def test_nothing_stored_is_a_conflict(olga: Caller) -> None:
    answer = send(olga, b"no image at all")
    assert (answer.status_code, told(answer)) == (409, ([], [("", 0xC000)]))
    assert olga.rows("/data/projects/P/experiments") == []


def test_an_instance_of_another_study_than_the_address_fails(olga: Caller) -> None:
    answer = send(olga, image(), image(study="1.2.4"), url=f"{STUDIES}/1.2.3")
    assert (answer.status_code, told(answer)) == (202, (["1.2.3.1.1.1"], [("1.2.4.1.1.1", 0xA900)]))


def test_sending_again_stores_nothing_twice_and_adds_what_is_new(olga: Caller) -> None:
    send(olga, image())
    answer = send(olga, image(), image(number=2))
    assert (answer.status_code, told(answer)[0]) == (200, ["1.2.3.1.1.1", "1.2.3.1.1.2"])
    assert len(olga.rows("/data/experiments/CEN_E00001/scans/1/resources/DICOM/files")) == 2
    assert len(olga.rows("/data/projects/P/experiments")) == 1


def test_other_bytes_under_a_known_uid_fail_and_replace_nothing(olga: Caller) -> None:
    send(olga, image())
    answer = send(olga, image(patient="T"))
    assert (answer.status_code, told(answer)) == (409, ([], [("1.2.3.1.1.1", 0x0111)]))
    found = olga(
        "GET", f"{STUDIES}/1.2.3/series/1.2.3.1.1/instances/1.2.3.1.1.1", headers={"Accept": "application/dicom"}
    )
    assert found.data == image()


def test_what_meets_another_study_under_its_label_waits_and_is_not_said_to_be_found(olga: Caller) -> None:
    send(olga, image())
    answer = send(olga, image(study="1.2.4"))
    assert (answer.status_code, told(answer)[0]) == (202, ["1.2.4.1.1.1"])
    assert answer.json is not None
    (item,) = answer.json["00081199"]["Value"]
    assert item["00081196"]["Value"] == [0xB000]
    assert "00081190" not in item
    assert [row["tag"] for row in olga.rows("/data/prearchive/projects/P")] == ["1.2.4"]


def test_a_project_that_archives_by_hand_lets_them_wait(olga: Caller) -> None:
    olga("PUT", "/data/projects/P/prearchive_code/0")
    assert send(olga, image()).status_code == 202
    assert olga.rows("/data/projects/P/experiments") == []
    assert len(olga.rows("/data/prearchive/projects/P")) == 1


def test_two_studies_in_one_request_become_two_sessions(olga: Caller) -> None:
    answer = send(olga, image(), image(study="1.2.4", patient="T"))
    assert (answer.status_code, len(told(answer)[0])) == (200, 2)
    assert [row["label"] for row in olga.rows("/data/projects/P/experiments")] == ["S", "T"]


@pytest.mark.parametrize(
    "kind", ["multipart/related; type=application/dicom; boundary=xyz", "Multipart/Related;boundary=xyz"]
)
def test_a_content_type_without_quotes_is_understood(olga: Caller, kind: str) -> None:
    body = b"--xyz\r\nContent-Type: application/dicom\r\n\r\n" + image() + b"\r\n--xyz--"
    assert olga("POST", STUDIES, body, content_type=kind).status_code == 200


@pytest.mark.parametrize(("login", "status"), [("mark", 200), ("cora", 403), ("nora", 404)])
def test_storing_takes_the_right_to_create(archive: Embedded, login: str, status: int) -> None:
    assert send(Caller(archive, login), image()).status_code == status


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", RELATED, 400),
        (b"--xyz--\r\n", RELATED, 400),
        (b"--xyz\r\n\r\nhalf", RELATED, 400),
        (b"--xyz\r\n\r\n", 'multipart/related; type="application/dicom"', 400),
        (b"{}", "application/dicom+json", 415),
        (b"--xyz\r\n\r\n[]\r\n--xyz--", "multipart/related; type=application/dicom+json; boundary=xyz", 415),
    ],
)
def test_a_body_that_is_not_what_it_says_is_refused(olga: Caller, body: bytes, kind: str, status: int) -> None:
    assert olga("POST", STUDIES, body, content_type=kind).status_code == status


def test_a_body_cut_off_stores_nothing(archive: Embedded, olga: Caller) -> None:
    body = b"--xyz\r\n\r\n" + image() + b"\r\n--xyz\r\n\r\n" + image(number=2)[:100]
    assert olga("POST", STUDIES, body, content_type=RELATED).status_code == 400
    assert olga.rows("/data/projects/P/experiments") == olga.rows("/data/prearchive/projects/P") == []
    assert [path for path in (archive.store.vault.root / "incoming").rglob("*") if path.is_file()] == []


def test_a_part_of_another_kind_stores_nothing(olga: Caller) -> None:
    assert send(olga, image(), kind="image/png").status_code == 415
    assert olga.rows("/data/projects/P/experiments") == []
