"""The strict XNAT does what real ones do, so that a client who is safe here is safe there."""

from __future__ import annotations

import io
import re
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
import requests
from pydicom import dcmread

from tests.archives import traps
from tests.archives.central import LINE, OTHER, archive_with_projects
from tests.archives.embedded.door import image, tarred, zipped
from tests.archives.strict_xnat import StrictXnat, server
from tests.archives.strict_xnat.busy import SENDING
from tests.archives.strict_xnat.imports import SLOW_BYTES
from tests.archives.traps import Traps, served
from tests.patience import PATIENCE_SECONDS

SESSION = "/data/projects/DEMO/subjects/S/experiments/E"
FILES = f"{SESSION}/scans/3/resources/DICOM/files"
SEND = f"{FILES}/batch.tar?extract=true&inbody=true"
IMPORT = "/data/services/import?inbody=true&dest=/archive/projects/DEMO/subjects/S/experiments/E"


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    embedded = archive_with_projects(tmp_path_factory.mktemp("central"))
    yield embedded
    embedded.close()


@pytest.fixture
def xnat(archive):
    return StrictXnat(archive.app)


@pytest.fixture
def url(xnat):
    with served(xnat) as where:
        yield where
        asked(where, "DELETE", "/data/projects/DEMO/subjects/S?removeFiles=true")


def asked(url, method, path, data=None, account=LINE, **headers):
    login = (account.login, account.password)
    kind = {"Content-Type": "application/octet-stream"} if data is not None else {}
    return requests.request(method, url + path, data=data, auth=login, headers=kind | headers, timeout=PATIENCE_SECONDS)


@pytest.fixture
def scan(url):
    asked(url, "PUT", f"{SESSION}?xsiType=xnat:ctSessionData").raise_for_status()
    asked(url, "PUT", f"{SESSION}/scans/3?xsiType=xnat:ctScanData").raise_for_status()
    return url


def names(url):
    rows = asked(url, "GET", f"{SESSION}/scans/3/files?format=json").json()["ResultSet"]["Result"]
    return {row["Name"] for row in rows}


def imported(url):
    """The file of `image()` as the archive has it."""
    return asked(url, "GET", f"{SESSION}/scans/1/resources/DICOM/files/1.2.3.1.1.1.dcm").content


def test_names_that_are_taken_are_answered_with_200_and_the_rest_is_stored(scan):
    asked(scan, "PUT", SEND, tarred({"1": b"one"}))
    answer = asked(scan, "PUT", SEND, tarred({"1": b"other", "2": b"two"}))
    assert (answer.status_code, answer.json()) == (200, {"duplicates": ["1"]})
    assert answer.headers["Content-Type"].startswith("text/html")
    assert names(scan) == {"1", "2"}
    assert asked(scan, "GET", f"{FILES}/1").content == b"one"


def test_without_the_right_to_edit_a_file_is_answered_with_200_and_not_stored(archive, scan):
    archive.create_project("DEMO", members={OTHER.login: "collaborator"})
    answer = asked(scan, "PUT", SEND, tarred({"1": b"one"}), OTHER)
    assert (answer.status_code, answer.content) == (200, b"")
    assert names(scan) == set()


def test_the_tail_behind_an_experiment_of_a_project_is_ignored(scan):
    answer = asked(scan, "GET", "/data/projects/DEMO/experiments/E/scans?format=json").json()
    assert answer["items"][0]["data_fields"]["label"] == "E"


def test_the_subject_in_a_path_is_not_looked_at(scan):
    assert asked(scan, "GET", SESSION.replace("/S/", "/NOBODY/") + "?format=json").ok


def test_a_login_ends_in_the_middle(scan):
    ticket = asked(scan, "POST", "/data/JSESSION").text
    cookie = {"Cookie": f"JSESSIONID={ticket}"}
    statuses = [
        requests.get(f"{scan}/data/auth", headers=cookie, timeout=PATIENCE_SECONDS).status_code
        for _ in range(server.SESSION_REQUESTS + 1)
    ]
    assert statuses == [200] * server.SESSION_REQUESTS + [401]


def test_a_browser_gets_the_login_page_with_200(url):
    answer = requests.get(f"{url}/data/projects", headers={"User-Agent": "Mozilla/5.0"}, timeout=PATIENCE_SECONDS)
    assert (answer.status_code, answer.text[:9]) == (200, "<!DOCTYPE")


def test_cookies_that_are_sent_back_grow_until_every_request_is_refused(url):
    with requests.Session() as person:
        person.auth = (LINE.login, LINE.password)
        assert [person.get(f"{url}/data/auth", timeout=PATIENCE_SECONDS).status_code for _ in range(2)] == [200, 400]


def test_the_site_s_script_is_on_and_rewrites_what_is_imported(url):
    assert asked(url, "GET", "/xapi/anonymize/site/enabled").json() is True
    asked(url, "POST", IMPORT, zipped({"1": image()})).raise_for_status()
    stored = dcmread(io.BytesIO(imported(url)))
    assert (stored.StudyDescription, stored.PatientName, stored.PatientID) == ("DEMO", "S", "E")


def test_with_the_script_switched_off_what_is_imported_stays_as_it_is(url, xnat):
    xnat.script.enabled = False
    asked(url, "POST", IMPORT, zipped({"1": image()})).raise_for_status()
    assert imported(url) == image()


def test_only_an_administrator_switches_the_script_off(url):
    assert asked(url, "PUT", "/xapi/anonymize/site/enabled?enable=false").status_code == 403
    assert asked(url, "GET", "/xapi/anonymize/site/enabled").json() is True


def test_overwrite_none_merges(url):
    asked(url, "POST", IMPORT, zipped({"1": image(1)})).raise_for_status()
    assert asked(url, "POST", f"{IMPORT}&overwrite=none", zipped({"2": image(2)})).ok
    rows = asked(url, "GET", f"{SESSION}/scans?format=json").json()["ResultSet"]["Result"]
    assert {row["ID"] for row in rows} == {"1", "2"}


def test_a_session_that_exists_is_a_400_to_an_import(url):
    asked(url, "POST", IMPORT, zipped({"1": image(1)})).raise_for_status()
    assert asked(url, "POST", IMPORT, zipped({"2": image(2)})).status_code == 400


def test_what_a_filter_rejects_is_answered_with_200_and_an_empty_list(url):
    answer = asked(url, "POST", f"{IMPORT}&import-handler=gradual-DICOM", image(modality="SR"))
    assert (answer.status_code, answer.content) == (200, b"")
    assert asked(url, "GET", SESSION).status_code == 404


def test_direct_archive_falls_back_to_the_prearchive(url):
    answer = asked(url, "POST", f"{IMPORT}&project=DEMO&Direct-Archive=true", zipped({"1": image()}))
    where = answer.text.strip()
    assert answer.ok
    assert "/prearchive/" in where
    assert asked(url, "DELETE", re.sub(r"^.*?/data", "/data", where)).ok


def test_a_large_session_takes_longer_than_the_archive_waits_for_itself_and_is_archived_all_the_same(url):
    large = zipped({"1": image(), "note": bytes(SLOW_BYTES)})
    answer = asked(url, "POST", f"{IMPORT}&Ignore-Unparsable=true", large)
    assert answer.status_code == 500
    assert asked(url, "GET", SESSION).ok


def test_who_comes_second_to_a_session_is_told_off(archive):
    slow, begun, over = Traps(archive.app), Event(), Event()
    slow.set(("PUT", r"\.tar$"), traps.waits(begun, over), times=1)
    with served(StrictXnat(slow)) as url, ThreadPoolExecutor(1) as threads:
        asked(url, "PUT", f"{SESSION}?xsiType=xnat:ctSessionData").raise_for_status()
        asked(url, "PUT", f"{SESSION}/scans/3?xsiType=xnat:ctScanData").raise_for_status()
        first = threads.submit(asked, url, "PUT", SEND, tarred({"1": b"x"}))
        assert begun.wait(PATIENCE_SECONDS)
        second = asked(url, "PUT", SEND, tarred({"2": b"x"}))
        over.set()
        assert (first.result().status_code, second.status_code) == (200, 400)
        assert SENDING in second.text
        asked(url, "DELETE", "/data/projects/DEMO/subjects/S?removeFiles=true")


def test_a_site_without_checksums_lists_none(archive):
    with served(StrictXnat(archive.app, checksums=False)) as url:
        asked(url, "PUT", f"{SESSION}?xsiType=xnat:ctSessionData").raise_for_status()
        asked(url, "PUT", f"{SESSION}/scans/3?xsiType=xnat:ctScanData").raise_for_status()
        asked(url, "PUT", SEND, tarred({"1": b"one"}))
        rows = asked(url, "GET", f"{FILES}?format=json").json()["ResultSet"]["Result"]
        assert {row["digest"] for row in rows} == {""}
        assert asked(url, "GET", "/xapi/siteConfig").json()["checksums"] is False
        asked(url, "DELETE", "/data/projects/DEMO/subjects/S?removeFiles=true")


def test_the_switch_turns_every_habit_off(archive):
    with served(StrictXnat(archive.app, strict_xnat=False)) as url:
        assert asked(url, "GET", "/xapi/anonymize/site/enabled").json() is False
        assert "ACTIVITY" not in asked(url, "GET", "/data/auth").cookies
