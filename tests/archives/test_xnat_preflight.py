"""Before the first byte: a set-up that would rewrite files is refused, and what may not be asked is said."""

from __future__ import annotations

import json

import pytest

from tests.archives import traps
from tests.archives.central import LINE, OTHER, adapter, archive_with_projects, by_hand
from tests.archives.driving import driven
from tests.archives.embedded.door import image, zipped
from tests.archives.strict_xnat import StrictXnat
from tests.archives.traps import answer, served
from tests.contracts.sessions import Given
from uploader.domain.errors import LabelTaken, Misconfigured
from uploader.domain.session import Address
from uploader.rewriting import DicomEdit

SCRIPT = b'version "6.3"\n(0008,1030) := "rewritten"\n'
ADMIN = ("GET", "/xapi/anonymize/")


@pytest.fixture(scope="module")
def central(tmp_path_factory):
    embedded = archive_with_projects(tmp_path_factory.mktemp("central"), DicomEdit())
    yield embedded
    embedded.close()


@pytest.fixture
def archive(url, tmp_path):
    return adapter(url, tmp_path)


def says(xnat, path, value):
    xnat.set(("GET", f"{path}$"), answer(200, json.dumps(value), "application/json"))


def test_where_all_is_in_order_nothing_is_said(archive):
    assert archive.preflight("DEMO", "TRIAL") == []


def test_a_script_of_a_project_that_really_runs_is_refused_until_it_is_switched_off(archive, url):
    by_hand(url, "PUT", "/xapi/anonymize/projects/TRIAL", SCRIPT)
    by_hand(url, "PUT", "/xapi/anonymize/projects/TRIAL/enabled?enable=true")
    archive.preflight("DEMO")
    with pytest.raises(Misconfigured, match=r"central: the anonymisation script of project TRIAL .* disable it"):
        archive.preflight("DEMO", "TRIAL")
    by_hand(url, "PUT", "/xapi/anonymize/projects/TRIAL/enabled?enable=false")
    assert archive.preflight("DEMO", "TRIAL") == []


def test_what_a_script_that_was_enabled_later_rewrote_is_found_when_it_is_read_back(archive, url):
    """Uploads run no script; somebody who imports the same session does, and gets there first."""
    address = Address("TRIAL", "DEMO-001", "DEMO-001_9")
    ours = Given({"scans/3/DICOM/1.2.3.3.1.1.dcm": image(3)}, address)
    by_hand(url, "PUT", "/xapi/anonymize/projects/TRIAL", SCRIPT)
    by_hand(url, "PUT", "/xapi/anonymize/projects/TRIAL/enabled?enable=true")
    where = "/archive/projects/TRIAL/subjects/DEMO-001/experiments/DEMO-001_9"
    by_hand(url, "POST", f"/data/services/import?inbody=true&dest={where}", zipped({"1": image(3)}))
    by_hand(url, "PUT", "/xapi/anonymize/projects/TRIAL/enabled?enable=false")
    outcome = driven(ours, archive)
    assert isinstance(outcome.error, LabelTaken), outcome
    assert "nothing was overwritten" in str(outcome.error)


def test_a_script_that_was_enabled_later_does_not_touch_what_we_upload(archive, url):
    by_hand(url, "PUT", "/xapi/anonymize/projects/TRIAL", SCRIPT)
    by_hand(url, "PUT", "/xapi/anonymize/projects/TRIAL/enabled?enable=true")
    ours = Given({"scans/3/DICOM/0001.dcm": image(3)}, Address("TRIAL", "DEMO-002", "DEMO-002_9"))
    assert driven(ours, archive).receipt
    by_hand(url, "PUT", "/xapi/anonymize/projects/TRIAL/enabled?enable=false")


def test_an_xnat_that_nobody_has_configured_is_refused_because_of_its_site_s_script(central, tmp_path):
    with served(strict := StrictXnat(central.app)) as url:
        with pytest.raises(Misconfigured, match=r"script of the whole site .* disable it"):
            adapter(url, tmp_path).preflight("DEMO")
        strict.script.enabled = False
        assert adapter(url, tmp_path).preflight("DEMO") == []


@pytest.mark.parametrize("value", [True, "true", "True"])
def test_a_script_that_only_the_site_s_settings_tell_of_is_refused_too(xnat, archive, value):
    xnat.set(("GET", "/xapi/anonymize/site/enabled"), answer(403))
    says(xnat, "/xapi/siteConfig", {"enableSitewideAnonymizationScript": value})
    with pytest.raises(Misconfigured, match="whole site"):
        archive.preflight("DEMO")


@pytest.mark.parametrize("status", [403, 404])
def test_what_may_not_be_asked_is_said_with_the_account_and_the_place_to_look(xnat, archive, status):
    xnat.set(ADMIN, answer(status))
    site, project = archive.preflight("DEMO")
    for said, whose in ((site, "the whole site"), (project, "project DEMO")):
        assert whose in said
        assert "account 'uploader'" in said
        assert "Anonymization" in said


@pytest.mark.parametrize("body", ["maybe", "{}", "1"])
def test_an_answer_that_is_neither_yes_nor_no_is_not_taken_for_no(xnat, archive, body):
    xnat.set(("GET", "/xapi/anonymize/projects/DEMO/enabled"), answer(200, body, "application/json"))
    [said] = archive.preflight("DEMO")
    assert "project DEMO" in said


def test_a_receiver_that_would_anonymise_is_named(xnat, archive):
    quiet = {"aeTitle": "QUIET", "enabled": True, "anonymizationEnabled": False}
    off = {"aeTitle": "OFF", "enabled": False, "anonymizationEnabled": True}
    says(xnat, "/xapi/dicomscp", [quiet, off, {"aeTitle": "XNAT", "enabled": True, "anonymizationEnabled": True}])
    [said] = archive.preflight("DEMO")
    assert "receiver XNAT would anonymise" in said


def test_a_site_without_checksums_is_said_to_be_slow_to_prove(xnat, archive):
    says(xnat, "/xapi/siteConfig", {"checksums": False})
    [said] = archive.preflight("DEMO")
    assert "no checksums" in said


def test_settings_that_may_not_be_read_are_no_reason_to_stop(xnat, archive):
    xnat.set(("GET", "/xapi/(siteConfig|dicomscp)$"), answer(403))
    assert archive.preflight("DEMO") == []


def test_an_account_that_may_only_look_is_refused(central, url, tmp_path):
    central.create_project("FOREIGN", members={LINE.login: "collaborator", OTHER.login: "owner"})
    with pytest.raises(Misconfigured, match="may only look at project FOREIGN"):
        adapter(url, tmp_path).preflight("DEMO", "FOREIGN")


def test_a_login_page_is_no_permission(xnat, archive):
    xnat.set(ADMIN, traps.LOGIN_PAGE)
    with pytest.raises(Exception, match="web page"):
        archive.preflight("DEMO")
