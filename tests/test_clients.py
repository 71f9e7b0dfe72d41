"""A released session through the eyes of the trial's staff: the two XNAT clients that they use, unmodified.

The real phantom, 190 CT slices and an RTSTRUCT, is carried from its folder to the trial by `uploader run`.
"""

from __future__ import annotations

import hashlib
import json

import pytest
import pyxnat
import xnat

from tests.cli.calling import call
from tests.homes import archives_of, change_settings, new_home
from tests.phantoms import spine_phantom
from uploader.domain.session import Address
from uploader.gateway import archive_of, open_home

TRIAL, SUBJECT, SESSION = "SPINE-PHANTOM", "SPINE-001", "SPINE-001_1"

pytestmark = pytest.mark.filterwarnings("ignore")  # the clients' own


@pytest.fixture(scope="module")
def centre(samples, tmp_path_factory):
    """The central archive after the run: (its address, login, receipt, the settings)."""
    root = tmp_path_factory.mktemp("spine")
    folder = spine_phantom(samples, root / "phantom")
    home = new_home(root / "home")
    change_settings(home, "jobs = 1", "jobs = 2")
    built = open_home(home)
    with archives_of(built):
        answer = call(home, "run", folder, "--trial", TRIAL, "--subject", SUBJECT, "--sign-as", "ada", "--attest")
        assert answer.returncode == 0, answer.stdout + answer.stderr
        login = built.settings.central.user, built.settings.central.password_file.read_text()
        yield built.settings, login, json.loads(answer.stdout)
    built.records.close()


def test_the_central_listing_equals_the_manifest_of_the_receipt(centre):
    settings, _, receipt = centre
    held = archive_of(settings, "central").held(Address(*receipt["central"].values()))
    manifest = sorted((f["name"], f["size"], f["md5"]) for f in receipt["files"])
    assert sorted((h.name, h.size, h.md5) for h in held) == manifest
    assert len(manifest) == 191
    assert receipt["shared_into"] == TRIAL


def test_xnatpy_sees_the_session_in_the_trials_project_and_downloads_what_was_signed(centre, tmp_path):
    settings, (user, password), receipt = centre
    with xnat.connect(settings.central.url, user=user, password=password) as connection:
        session = connection.projects[TRIAL].subjects[SUBJECT].experiments[SESSION]
        assert sum(len(scan.resources["DICOM"].files) for scan in session.scans.values()) == len(receipt["files"])
        structures = next(s for s in session.scans.values() if len(s.resources["DICOM"].files) == 1)
        structures.download_dir(str(tmp_path))
    (downloaded,) = tmp_path.rglob("*.dcm")
    digests = {f["sha256"] for f in receipt["files"]}
    assert hashlib.sha256(downloaded.read_bytes()).hexdigest() in digests


def test_pyxnat_sees_the_session_in_the_trials_project(centre):
    settings, (user, password), receipt = centre
    interface = pyxnat.Interface(server=settings.central.url, user=user, password=password)
    session = interface.select.project(TRIAL).subject(SUBJECT).experiment(SESSION)
    assert session.exists()
    files = [f for scan in session.scans() for f in scan.resource("DICOM").files()]
    assert sorted(f.attributes()["Name"] for f in files) == sorted(
        f["name"].rpartition("/")[2] for f in receipt["files"]
    )
    assert TRIAL in session.shares().get()
    interface.disconnect()
