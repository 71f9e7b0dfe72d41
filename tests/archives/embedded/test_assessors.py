"""Assessors of a session, and showing them in a second project."""

from __future__ import annotations

import pytest

from tests.archives.embedded.door import SESSION, Caller, reopened
from uploader.archives.embedded import Embedded

pytestmark = pytest.mark.endpoint(24)

ASSESSOR = f"{SESSION}/assessors/A"
NEW = f"{ASSESSOR}?xsiType=xnat:qcManualAssessorData"


@pytest.fixture(autouse=True)
def session(olga: Caller) -> None:
    olga.make_scan()


def test_an_assessor_is_made_found_and_listed(olga: Caller) -> None:
    made = olga("PUT", f"{NEW}&xnat:qcManualAssessorData/rater=cora")
    assert (made.status_code, olga("PUT", NEW).status_code) == (201, 200)
    (row,) = olga.rows(f"{SESSION}/assessors")
    assert (row["ID"], row["label"], row["session_label"]) == (made.text, "A", "E")
    item = olga("GET", f"{ASSESSOR}?format=json").json
    assert item is not None
    assert item["items"][0]["meta"]["xsi:type"] == "xnat:qcManualAssessorData"
    assert item["items"][0]["data_fields"]["rater"] == "cora"


def test_an_assessor_is_an_experiment_by_its_id(olga: Caller) -> None:
    key = olga("PUT", NEW).text
    item = olga("GET", f"/data/experiments/{key}?format=json").json
    assert item is not None
    assert item["items"][0]["data_fields"]["label"] == "A"


@pytest.mark.parametrize("base", [ASSESSOR, "/data/experiments/{key}"])
def test_an_assessor_keeps_files(archive: Embedded, olga: Caller, base: str) -> None:
    base = base.format(key=olga("PUT", NEW).text)
    assert olga("PUT", f"{base}/resources/NOTES/files/a.txt", b"seen").status_code == 200
    assert olga("GET", f"{ASSESSOR}/resources/NOTES/files/a.txt").data == b"seen"
    assert (archive.store.vault.root / "archive/P/arc001/E/ASSESSORS/A/NOTES/a.txt").read_bytes() == b"seen"


@pytest.mark.parametrize(("query", "status"), [("", 417), ("?xsiType=xnat:ctSessionData", 400)])
def test_an_assessor_must_have_a_type_that_is_kept(olga: Caller, query: str, status: int) -> None:
    assert olga("PUT", ASSESSOR + query).status_code == status


def test_an_assessor_keeps_its_type(olga: Caller) -> None:
    olga("PUT", NEW)
    assert olga("PUT", f"{ASSESSOR}?xsiType=icr:roiCollectionData").status_code == 409


def test_a_label_in_use_is_not_given_to_an_assessor(olga: Caller) -> None:
    assert olga("PUT", f"{SESSION}/assessors/E?xsiType=xnat:qcManualAssessorData").status_code == 409


def test_an_assessor_does_not_come_along_with_its_session_but_is_shared_by_itself(
    archive: Embedded, olga: Caller
) -> None:
    key = olga("PUT", NEW).text
    archive.create_project("R", members={"nora": "owner", "olga": "owner"})
    olga("PUT", f"{SESSION}/projects/R")
    nora, there = Caller(archive, "nora"), "/data/projects/R/experiments/E/assessors"
    assert nora.rows(there) == []
    assert nora("GET", f"/data/experiments/{key}").status_code == 404
    assert olga("PUT", f"{ASSESSOR}/projects/R?label=A2").status_code == 200
    assert [(row["ID"], row["label"]) for row in nora.rows(there)] == [(key, "A2")]
    assert [row["ID"] for row in nora.rows("/data/experiments/CEN_E00001/assessors")] == [key]
    assert nora("PUT", f"{there}/A2?note=x").status_code == 403


def test_an_assessor_is_shared_by_its_bare_id_too(olga: Caller) -> None:
    key = olga("PUT", NEW).text
    olga("PUT", f"{SESSION}/projects/Q")
    where = f"/data/experiments/{key}/projects"
    assert olga("PUT", f"{where}/Q").status_code == 201
    again = olga("PUT", f"{where}/Q")
    assert (again.status_code, "Already assigned to project:Q" in again.text) == (409, True)
    assert [row["ID"] for row in olga.rows(where)] == ["P", "Q"]
    assert olga("DELETE", f"{where}/Q").status_code == 200
    assert [row["ID"] for row in olga.rows(where)] == ["P"]


def test_who_may_only_read_makes_and_removes_no_assessor(archive: Embedded, olga: Caller) -> None:
    cora, mark, nora = (Caller(archive, login) for login in ("cora", "mark", "nora"))
    assert (cora("PUT", NEW).status_code, nora("PUT", NEW).status_code) == (403, 404)
    olga("PUT", NEW)
    assert (cora("GET", ASSESSOR).status_code, nora("GET", ASSESSOR).status_code) == (200, 404)
    assert (cora("DELETE", ASSESSOR).status_code, mark("DELETE", ASSESSOR).status_code) == (403, 403)


def test_a_removed_assessor_leaves_nothing(archive: Embedded, olga: Caller) -> None:
    olga("PUT", NEW)
    olga("PUT", f"{ASSESSOR}/resources/NOTES/files/a.txt", b"seen")
    assert olga("DELETE", ASSESSOR).status_code == 200
    assert olga("GET", ASSESSOR).status_code == 404
    assert not (archive.store.vault.root / "archive/P/arc001/E/ASSESSORS/A").exists()
    olga("PUT", NEW)
    assert olga.rows(f"{ASSESSOR}/resources") == []


def test_a_removed_session_takes_its_assessors_along(archive: Embedded, olga: Caller) -> None:
    key = olga("PUT", NEW).text
    olga("PUT", f"{ASSESSOR}/resources/NOTES/files/a.txt", b"seen")
    olga("PUT", f"{ASSESSOR}/projects/Q")
    olga("DELETE", SESSION)
    assert olga("GET", f"/data/experiments/{key}").status_code == 404
    with archive.store.database.read() as c:
        left = [c.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("assessors", "shares", "files")]
    assert left == [0, 0, 0]


def test_an_assessor_follows_its_session_to_a_new_label_and_through_a_restart(archive: Embedded, olga: Caller) -> None:
    olga("PUT", NEW)
    olga("PUT", f"{ASSESSOR}/resources/NOTES/files/a.txt", b"seen")
    olga("PUT", f"{SESSION}?label=E2")
    again = reopened(archive.store.vault.root)
    try:
        moved = "/data/projects/P/experiments/E2/assessors/A/resources/NOTES/files/a.txt"
        assert Caller(again)("GET", moved).data == b"seen"
    finally:
        again.close()
