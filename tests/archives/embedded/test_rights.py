from __future__ import annotations

import pytest

from tests.archives.embedded.door import FILES, SESSION, Caller
from uploader.archives.embedded import Embedded

TABLE = {
    #                                       admin olga mark cora nora
    ("GET", "/data/projects/P"): (200, 200, 200, 200, 404),
    ("GET", SESSION): (200, 200, 200, 200, 404),
    ("GET", "/data/experiments/CEN_E00001"): (200, 200, 200, 200, 404),
    ("GET", f"{SESSION}/scans"): (200, 200, 200, 200, 404),
    ("GET", FILES): (200, 200, 200, 200, 404),
    ("GET", f"{FILES}/1"): (200, 200, 200, 200, 404),
    ("PUT", "/data/projects/P/subjects/NEW"): (201, 201, 201, 403, 404),
    ("PUT", "/data/projects/P/subjects/S/experiments/N?xsiType=xnat:ctSessionData"): (201, 201, 201, 403, 404),
    ("PUT", f"{SESSION}?note=seen"): (200, 200, 200, 403, 404),
    ("PUT", f"{SESSION}/scans/9?xsiType=xnat:ctScanData"): (200, 200, 200, 403, 404),
    ("PUT", f"{FILES}/new"): (200, 200, 200, 403, 404),
    ("PUT", f"{SESSION}/projects/Q?label=OF-LOGIN"): (200, 200, 200, 403, 404),
    ("DELETE", f"{FILES}/1"): (200, 200, 403, 403, 404),
    ("DELETE", f"{SESSION}/scans/3"): (200, 200, 403, 403, 404),
    ("DELETE", SESSION): (200, 200, 403, 403, 404),
    ("DELETE", "/data/projects/P"): (200, 200, 403, 403, 404),
    ("PUT", "/data/projects/P/users/Members/nora"): (200, 200, 403, 403, 404),
    ("GET", "/data/prearchive/projects/P"): (200, 200, 200, 200, 404),
    ("PUT", "/xapi/anonymize/projects/P"): (200, 200, 403, 403, 404),
    ("PUT", "/xapi/anonymize/site"): (200, 403, 403, 403, 403),
    ("GET", "/xapi/users"): (200, 403, 403, 403, 403),
}
LOGINS = ("admin", "olga", "mark", "cora", "nora")


@pytest.mark.parametrize(("asked", "expected"), TABLE.items(), ids=lambda v: "-".join(map(str, v)))
def test_each_role_may_do_what_xnat_lets_it_and_no_more(
    archive: Embedded, asked: tuple[str, str], expected: tuple[int, ...]
) -> None:
    found = []
    for login in LOGINS:
        project = f"P{login}"
        archive.create_project(project, members={"olga": "owner", "mark": "member", "cora": "collaborator"})
        owner = Caller(archive)
        owner("PUT", f"/data/projects/{project}/subjects/S/experiments/E?xsiType=xnat:ctSessionData")
        here = "/projects/" + project
        key = owner.rows(f"/data/projects/{project}/experiments")[0]["ID"]
        owner("PUT", f"{SESSION}/scans/3?xsiType=xnat:ctScanData".replace("/projects/P", here))
        owner("PUT", f"{FILES}/1".replace("/projects/P", here), b"1")
        url = asked[1].replace("/projects/P", here).replace("CEN_E00001", key).replace("LOGIN", login)
        body = b"x" if asked[1] == f"{FILES}/new" else None
        found.append(Caller(archive, login)(asked[0], url, body).status_code)
    assert tuple(found) == expected


def test_a_listing_shows_nothing_of_projects_one_may_not_read(archive: Embedded, olga: Caller) -> None:
    olga.make_scan()
    nora = Caller(archive, "nora")
    assert nora.rows("/data/projects") == []
    assert nora.rows("/data/experiments") == []
    assert nora.rows("/data/subjects") == []
    assert nora.rows("/data/prearchive/projects") == []


@pytest.mark.endpoint(12)
def test_who_makes_a_project_owns_it(archive: Embedded) -> None:
    nora = Caller(archive, "nora")
    assert nora("PUT", "/data/projects/HERS").status_code == 200
    assert nora("DELETE", "/data/projects/HERS").status_code == 200


@pytest.mark.endpoint(12)
def test_the_id_of_a_deleted_project_is_not_free_again(olga: Caller) -> None:
    assert olga("DELETE", "/data/projects/P?removeFiles=true").status_code == 200
    assert olga("PUT", "/data/projects/P").status_code == 403
    assert olga("GET", "/data/projects/P").status_code == 404


@pytest.mark.endpoint(14)
def test_a_member_who_is_dismissed_sees_the_project_no_longer(archive: Embedded, olga: Caller) -> None:
    assert olga("DELETE", "/data/projects/P/users/Members/mark").status_code == 200
    assert Caller(archive, "mark")("GET", "/data/projects/P").status_code == 404
