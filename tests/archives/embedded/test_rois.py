"""ROI collections, and xnatpy that finds them among a session's assessors."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import xnat

from tests.archives.embedded.door import PASSWORDS, SESSION, Caller, image
from tests.archives.embedded.images import structures
from uploader.archives.embedded import Embedded, find, sessions
from uploader.archives.embedded.accounts import HOUSE

COLLECTION = "/xapi/roi/projects/P/sessions/E/collections/contours"
RTSTRUCT = f"{COLLECTION}?type=RTSTRUCT"


@pytest.fixture(autouse=True)
def session(olga: Caller) -> None:
    olga.make_scan()


@pytest.mark.endpoint(44)
def test_a_collection_is_kept_given_back_and_removed(olga: Caller) -> None:
    contours = structures("1.2.3.1.1")
    assert olga("PUT", RTSTRUCT, contours).status_code == 201
    assert olga("GET", RTSTRUCT).data == contours
    assert olga("GET", COLLECTION).data == contours
    assert olga("DELETE", COLLECTION).status_code == 200
    assert olga("GET", COLLECTION).status_code == 404


def test_a_collection_that_comes_by_another_project_goes_with_a_session_that_is_renamed_meanwhile(
    archive: Embedded, olga: Caller
) -> None:
    assert olga("PUT", f"{SESSION}/projects/Q").status_code == 200
    with archive.store.database.read() as c:
        row = find.session(c, HOUSE, "read", "E", "P")
    with ThreadPoolExecutor(1) as pool:
        with archive.store.lock(f"session:{row['id']}"):
            answer = pool.submit(olga, "PUT", RTSTRUCT.replace("/P/", "/Q/"), structures("1.2.3.1.1"))
            while not olga.rows(f"{SESSION}/assessors"):
                time.sleep(0.01)
            sessions.rename(archive.store, row, "E2")
        assert answer.result().status_code == 201
    assert olga("GET", COLLECTION.replace("/E/", "/E2/")).data == structures("1.2.3.1.1")


@pytest.mark.endpoint(24)
@pytest.mark.endpoint(44)
def test_a_collection_is_an_assessor_that_says_what_it_was_drawn_on(olga: Caller) -> None:
    olga("PUT", RTSTRUCT, structures("1.2.3.1.1"))
    (row,) = olga.rows(f"{SESSION}/assessors?columns=ID,label,xsiType,collectionType,UID,references/seriesUID")
    assert row["ID"].startswith("RoiCollection_")
    assert (row["label"], row["xsiType"], row["collectionType"]) == ("contours", "icr:roiCollectionData", "RTSTRUCT")
    assert (row["UID"], row["references/seriesUID"]) == ("1.2.3.7.0.1", "1.2.3.1.1")


@pytest.mark.endpoint(44)
def test_a_collection_is_replaced_only_when_that_is_asked_for(olga: Caller) -> None:
    olga("PUT", RTSTRUCT, structures("1.2.3.1.1"))
    assert olga("PUT", RTSTRUCT, structures("1.2.3.2.1")).status_code == 409
    assert olga("GET", COLLECTION).data == structures("1.2.3.1.1")
    assert olga("PUT", f"{RTSTRUCT}&overwrite=true", structures("1.2.3.2.1")).status_code == 200
    assert olga("GET", COLLECTION).data == structures("1.2.3.2.1")
    assert len(olga.rows(f"{SESSION}/assessors")) == 1


@pytest.mark.endpoint(44)
@pytest.mark.parametrize(
    ("query", "body", "status"),
    [
        ("type=DOODLE", b"x", 400),
        ("type=RTSTRUCT", b"no DICOM", 422),
        ("type=RTSTRUCT", image(), 422),
        ("type=AIM&seriesuid=../../etc", b"<a/>", 400),
        ("type=RTSTRUCT", None, 400),
    ],
)
def test_what_is_not_what_it_says_is_refused_and_leaves_nothing(
    olga: Caller, query: str, body: bytes | None, status: int
) -> None:
    assert olga("PUT", f"{COLLECTION}?{query}", body).status_code == status
    assert olga.rows(f"{SESSION}/assessors") == []


@pytest.mark.endpoint(44)
def test_a_collection_of_another_type_is_not_found_and_not_replaced(olga: Caller) -> None:
    olga("PUT", f"{COLLECTION}?type=AIM&seriesuid=1.2.3.1.1", b"<annotation/>")
    assert olga("GET", RTSTRUCT).status_code == 404
    assert olga("PUT", f"{RTSTRUCT}&overwrite=true", structures("1.2.3.1.1")).status_code == 409
    assert olga("GET", COLLECTION).data == b"<annotation/>"


@pytest.mark.endpoint(44)
def test_a_label_of_an_assessor_that_is_no_collection_is_not_taken(olga: Caller) -> None:
    olga("PUT", f"{SESSION}/assessors/contours?xsiType=xnat:qcManualAssessorData")
    assert olga("PUT", f"{RTSTRUCT}&overwrite=true", structures("1.2.3.1.1")).status_code == 409
    assert olga("GET", COLLECTION).status_code == 404


@pytest.mark.endpoint(44)
@pytest.mark.parametrize(
    ("login", "write", "read", "rights"),
    [
        ("mark", 201, 404, {"create": True, "read": True, "edit": True, "delete": False}),
        ("cora", 403, 404, {"create": False, "read": True, "edit": False, "delete": False}),
        ("nora", 404, 404, None),
    ],
)
def test_collections_follow_the_rights_of_the_project(
    archive: Embedded, login: str, write: int, read: int, rights: dict[str, bool] | None
) -> None:
    caller = Caller(archive, login)
    assert caller("GET", COLLECTION).status_code == read
    assert caller("PUT", RTSTRUCT, structures("1.2.3.1.1")).status_code == write
    told = caller("GET", "/xapi/roi/projects/P/permissions/RoiCollection")
    assert told.json == rights if rights else told.status_code == 404


@pytest.mark.endpoint(44)
@pytest.mark.filterwarnings("ignore")  # xnatpy leaves sockets to the collector
def test_xnatpy_finds_a_collection_and_its_file(url: str, olga: Caller) -> None:
    olga("PUT", RTSTRUCT, structures("1.2.3.1.1"))
    with xnat.connect(url, user="olga", password=PASSWORDS["olga"], loglevel="ERROR") as client:
        found: Any = client.projects["P"].experiments["E"].assessors["contours"]
        assert type(found).__name__ == "IcrRoiCollectionData"
        assert found.collection_type == "RTSTRUCT"
        assert list(found.resources["RTSTRUCT"].files.data) == ["collection.dcm"]
