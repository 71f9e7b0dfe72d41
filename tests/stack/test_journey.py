"""A session is sent by DICOM from outside and carried to released through the desk, in a stack of real containers."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.homes import demo
from tests.journeys.conftest import CHROMIUM, QUIET
from tests.stack.engine import PASSWORD, Stack

pytestmark = [pytest.mark.stack, pytest.mark.filterwarnings("ignore::ResourceWarning")]  # the browser driver's sockets

MINUTES = 60_000


@pytest.fixture(scope="module")
def page(stack):
    """A page in which ada is logged in. The certificate is the self-signed one of containers/certificate."""
    assert CHROMIUM, "chromium is not installed"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        names = "--host-resolver-rules=MAP *.uploader.test 127.0.0.1"
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, names])
        page = browser.new_context(ignore_https_errors=True).new_page()
        page.set_default_timeout(3 * MINUTES)
        page.goto(stack.desk)
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("heading", name="Submissions").wait_for()
        yield page
        browser.close()


def send(folder: Path, port: str, called: str) -> None:
    """Send all files of a folder by C-STORE, as a modality would."""
    assert shutil.which("storescu"), "dcmtk is not installed"
    command = ["storescu", "--aetitle", "STORESCU", "--call", called, "127.0.0.1", port, "+sd", "+r", str(folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def carry_to_released(stack: Stack, page, subject: str) -> dict:
    """The newest submission, from the choice of the trial to its receipt."""
    page.goto(stack.desk)
    row = page.locator("tbody tr", has_text="Choose trial and subject")
    row.first.wait_for()
    row.first.locator("a").first.click()
    page.get_by_label("Trial").select_option("DEMO-RT")
    page.get_by_label("Subject ID").fill(subject)
    page.get_by_role("button", name="Validate and anonymise").click()
    page.get_by_role("heading", name="Next: look, then sign").wait_for()
    page.get_by_label("Password of ada").fill(PASSWORD)
    page.get_by_role("button", name="Sign off and release").click()
    page.get_by_role("heading", name="Released").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="Receipt (JSON)").click()
    return json.loads(Path(download.value.path()).read_text())


def at_the_centre(stack: Stack, subject: str) -> list[str]:
    """Names of the files that the centre keeps of a subject's sessions."""
    found = stack.inside("central", "find", "archives/central/archive/SITE01", "-path", "*/SCANS/*", "-type", "f")
    return [line for line in found.split() if subject in line]


def test_a_session_sent_from_outside_is_carried_to_released(stack, page, tmp_path):
    session = demo(tmp_path / "session")
    send(session, stack.env["DICOM_PORT"], "UPLOADER")
    receipt = carry_to_released(stack, page, "DEMO-001")
    assert receipt["shared_into"] == "DEMO-RT"
    assert len(at_the_centre(stack, "DEMO-001")) == len(list(session.iterdir()))


def test_a_pacs_sends_a_session_that_is_released_too(stack, page, tmp_path):
    session = demo(tmp_path / "session", seed=2)
    send(session, stack.env["PACS_PORT"], "ORTHANC")
    local = ("curl", "--silent", "--fail", "http://127.0.0.1:8042")
    (study,) = json.loads(stack.inside("pacs", *local[:-1], f"{local[-1]}/studies"))
    stack.inside("pacs", *local[:-1], "--data", study, f"{local[-1]}/modalities/listener/store")
    carry_to_released(stack, page, "DEMO-002")
    assert len(at_the_centre(stack, "DEMO-002")) == len(list(session.iterdir()))


def test_a_sender_that_is_not_on_the_list_is_refused(stack, tmp_path):
    session = demo(tmp_path / "session", seed=3)
    command = ["storescu", "--aetitle", "STRANGER", "--call", "UPLOADER", "127.0.0.1", stack.env["DICOM_PORT"]]
    files = map(str, session.iterdir())
    refused = subprocess.run([*command, *files], check=False, capture_output=True, text=True, timeout=120)
    assert refused.returncode != 0
    assert "Calling AE Title Not Recognized" in refused.stdout + refused.stderr


@pytest.mark.parametrize("archive", ["IDENTIFIABLE_HOST", "ANONYMISED_HOST"])
def test_staff_reach_each_archive_under_a_name_of_its_own(stack, page, archive):
    answer = page.goto(f"https://{stack.env[archive]}:{stack.env['HTTPS_PORT']}/xapi/siteConfig/buildInfo")
    assert answer.ok
    assert answer.json()["version"]


def test_plain_http_leads_to_https(stack):
    command = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{redirect_url}"]
    resolve = ["--resolve", f"desk.uploader.test:{stack.env['HTTP_PORT']}:127.0.0.1"]
    url = f"http://desk.uploader.test:{stack.env['HTTP_PORT']}/login"
    told = subprocess.run([*command, *resolve, url], check=True, capture_output=True, text=True, timeout=30).stdout
    assert told == f"{stack.desk}/login"


def test_the_proxy_knows_no_other_name(stack):
    url = f"https://127.0.0.1:{stack.env['HTTPS_PORT']}/"
    told = subprocess.run(["curl", "--silent", "--insecure", url], check=False, capture_output=True, timeout=30)
    assert told.returncode == 35, "the handshake was not refused"
