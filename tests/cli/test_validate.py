import json

import pytest

from tests.cli.calling import call
from tests.homes import demo


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    folder = demo(tmp_path_factory.mktemp("session"))
    (folder / "catalog.xml").write_text("<CAT/>")
    return folder


def test_a_folder_is_judged_without_a_gateway_and_nothing_of_the_patient_is_written(session, tmp_path):
    out = tmp_path / "verdict.json"
    answer = call(None, "validate", session, "DEMO-RT", "--out", out)
    verdict = json.loads(out.read_text())
    assert (answer.returncode, verdict["refused"]) == (0, False), answer.stdout
    assert "1 other(s) passed over" in answer.stdout
    assert verdict["protocol"].startswith("DEMO-RT v")
    assert all("evidence" not in finding for finding in verdict["findings"])


def test_a_session_that_is_not_for_the_trial_is_refused(session):
    answer = call(None, "validate", session, "SPINE-PHANTOM")
    assert answer.returncode == 3
    assert "refused" in answer.stdout


def test_a_file_that_says_it_is_dicom_and_cannot_be_read_is_not_passed_over(tmp_path):
    folder = demo(tmp_path / "session")
    first = next(folder.glob("CT*.dcm"))
    first.write_bytes(first.read_bytes()[:200])
    answer = call(None, "validate", folder, "DEMO-RT")
    assert answer.returncode == 2
    assert first.name in answer.stderr
