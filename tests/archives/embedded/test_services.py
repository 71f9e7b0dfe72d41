from __future__ import annotations

import pytest

from tests.archives.embedded.door import FILES, SESSION, Caller, image, zipped
from uploader.archives.embedded import Embedded

ARCHIVED = "/archive/projects/P/subjects/S/experiments/E"
REFRESH = f"/data/services/refresh/catalog?resource={ARCHIVED}"
CACHE = "/data/user/cache/resources/in/files/a.zip"
DUMP = f"/data/services/dicomdump?src={ARCHIVED}/scans/3"


@pytest.fixture(autouse=True)
def stored(olga: Caller) -> None:
    olga.make_scan()
    olga("PUT", f"{FILES}/1.dcm", image())


@pytest.fixture(params=["mark", "cora", "nora"])
def other(request: pytest.FixtureRequest, archive: Embedded) -> Caller:
    return Caller(archive, request.param)


@pytest.mark.endpoint(34)
def test_refreshing_looks_at_every_file_anew(olga: Caller, archive: Embedded) -> None:
    before = olga.digests()
    with archive.store.database.write() as c:
        c.execute("UPDATE files SET md5 = 'forged'")
    assert olga("POST", f"{REFRESH}&options=checksum").status_code == 200
    assert olga.digests() == before


@pytest.mark.endpoint(34)
@pytest.mark.parametrize(("login", "status"), [("mark", 200), ("cora", 403), ("nora", 404)])
def test_refreshing_takes_the_right_to_edit(archive: Embedded, login: str, status: int) -> None:
    assert Caller(archive, login)("POST", REFRESH).status_code == status


@pytest.mark.endpoint(34)
@pytest.mark.parametrize("path", ["", "/", "/archive", "/etc/passwd", "/archive/projects/P/../Q", "/archive/scans/3/x"])
def test_refreshing_takes_a_path_of_the_archive(olga: Caller, path: str) -> None:
    assert olga("POST", f"/data/services/refresh/catalog?resource={path}").status_code in (400, 404)


@pytest.mark.endpoint(35)
def test_the_header_of_a_scan_is_told_without_its_file(olga: Caller) -> None:
    rows = {row["desc"]: row for row in olga.rows(DUMP)}
    assert rows["Modality"] == {"tag1": "(0008,0060)", "tag2": "", "vr": "CS", "value": "CT", "desc": "Modality"}
    (only,) = olga.rows(f"{DUMP}&field=00200010&field=StudyInstanceUID")
    assert only["value"] == "1.2.3"


@pytest.mark.endpoint(35)
def test_the_header_of_a_scan_is_told_to_those_who_may_read_it(archive: Embedded) -> None:
    assert Caller(archive, "cora")("GET", DUMP).status_code == 200
    assert Caller(archive, "nora")("GET", DUMP).status_code == 404


@pytest.mark.endpoint(35)
@pytest.mark.parametrize("src", ["", "/etc/passwd", f"{ARCHIVED}/scans/9", "/archive/projects/P"])
def test_there_is_no_header_where_there_is_no_scan(olga: Caller, src: str) -> None:
    assert olga("GET", f"/data/services/dicomdump?src={src}").status_code in (400, 404)


@pytest.mark.endpoint(36)
def test_a_file_waits_in_the_cache_and_is_imported_from_there(olga: Caller) -> None:
    assert olga("PUT", f"{CACHE}?inbody=true", zipped({"a": image(5)})).status_code == 200
    where = "import-handler=DICOM-zip&dest=/archive/projects/P/subjects/T/experiments/F&http-session-listener=up1"
    uri = olga("POST", f"/data/services/import?src=/user/cache/resources/in/files/a.zip&{where}").text.strip()
    assert uri == "/data/archive/projects/P/subjects/T/experiments/F"
    assert olga("GET", "/data/status/up1").json == {"msgs": [[{"status": "COMPLETED", "msg": uri}]]}
    assert olga("GET", "/xapi/event_tracking/up1").json == {"key": "up1", "succeeded": True, "finalMessage": uri}


@pytest.mark.endpoint(36)
def test_what_went_wrong_with_an_import_can_be_asked_for_again(olga: Caller) -> None:
    olga("PUT", CACHE, zipped({"a": b"no image"}))
    src = "src=/user/cache/resources/in/files/a.zip&project=P&http-session-listener=up2"
    assert olga("POST", f"/data/services/import?{src}").status_code == 400
    answer = olga("GET", "/data/status/up2").json
    assert answer is not None
    assert answer["msgs"][0][0]["status"] == "FAILED"


@pytest.mark.endpoint(36)
def test_nobody_sees_the_cache_of_another(olga: Caller, other: Caller) -> None:
    olga("PUT", CACHE, b"private")
    olga("POST", f"/data/services/import?project=P&http-session-listener=up3&src={CACHE}")
    assert other("GET", CACHE).status_code == 404
    assert other.rows("/data/user/cache/resources") == []
    assert other("DELETE", CACHE).status_code == 404
    assert other("GET", "/data/status/up3").status_code == 404
    assert olga("GET", CACHE).data == b"private"


@pytest.mark.endpoint(36)
def test_the_cache_is_listed_and_emptied(olga: Caller) -> None:
    olga("PUT", CACHE, b"1")
    assert [row["Name"] for row in olga.rows("/data/user/cache/resources")] == ["in"]
    assert [row["Name"] for row in olga.rows("/data/user/cache/resources/in/files")] == ["a.zip"]
    assert olga("DELETE", CACHE).status_code == 200
    assert olga("DELETE", "/data/user/cache/resources/in").status_code == 200
    assert olga.rows("/data/user/cache/resources") == []


@pytest.mark.endpoint(36)
@pytest.mark.parametrize("path", ["../../archive.db", "a/../../b", "%2e%2e/x", "x%00y"])
def test_no_path_leads_out_of_the_cache(olga: Caller, path: str) -> None:
    assert olga("PUT", f"/data/user/cache/resources/in/files/{path}", b"x").status_code in (400, 404)
    assert olga("POST", f"/data/services/import?project=P&src=/user/cache/resources/in/files/{path}").status_code in (
        400,
        404,
    )


@pytest.mark.endpoint(39)
def test_an_orchestrator_notes_what_it_runs_on_a_session(olga: Caller) -> None:
    about = "wrk:workflowData/id=CEN_E00001&wrk:workflowData/ExternalID=P&wrk:workflowData/status="
    key = olga("PUT", f"/data/workflows?{about}Running").text
    olga("PUT", f"/data/workflows/{key}?wrk:workflowData/status=Complete&wrk:workflowData/ExternalID=Q")
    answer = olga("GET", f"/data/workflows/{key}").json
    assert answer is not None
    fields = answer["items"][0]["data_fields"]
    assert (fields["status"], fields["ExternalID"], fields["id"]) == ("Complete", "P", "CEN_E00001")


@pytest.mark.endpoint(39)
@pytest.mark.parametrize(("login", "read", "write"), [("cora", 200, 403), ("nora", 404, 404)])
def test_workflows_are_their_projects(olga: Caller, archive: Embedded, login: str, read: int, write: int) -> None:
    key, caller = olga("PUT", "/data/workflows?wrk:workflowData/ExternalID=P").text, Caller(archive, login)
    assert caller("GET", f"/data/workflows/{key}").status_code == read
    assert caller("PUT", f"/data/workflows/{key}?status=x").status_code == write
    assert caller("PUT", "/data/workflows?wrk:workflowData/ExternalID=P").status_code == write
    assert olga("PUT", "/data/workflows?wrk:workflowData/status=x").status_code == 400


@pytest.mark.endpoint(46)
def test_there_are_no_plugins(olga: Caller) -> None:
    assert olga("GET", "/xapi/plugins").json == {}


@pytest.mark.endpoint(22)
def test_reconstructions_are_kept_as_facts_of_a_session(olga: Caller, archive: Embedded) -> None:
    url = f"{SESSION}/reconstructions/R1"
    assert olga("PUT", f"{url}?xnat:reconstructedImageData/type=mpr").text == "R1"
    assert [row["ID"] for row in olga.rows(f"{SESSION}/reconstructions")] == ["R1"]
    assert Caller(archive, "cora")("PUT", url).status_code == 403
    assert Caller(archive, "mark")("DELETE", url).status_code == 403
    assert olga("PUT", f"{SESSION}/reconstructions/R2?xsiType=xnat:ctScanData").status_code == 400
    assert olga("DELETE", url).status_code == 200
    assert olga("GET", url).status_code == 404
