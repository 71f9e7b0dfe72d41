import json

import pytest

from tests.cli.calling import call
from tests.homes import demo
from uploader.home import shipped


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


@pytest.fixture
def drafted(tmp_path):
    """A folder with a draft of the demonstration's trial that wants thinner slices."""
    draft = json.loads((shipped("trial_protocols") / "DEMO-RT" / "v1.json").read_text()) | {"status": "draft"}
    draft["inputs"][0]["geometry"]["slice_spacing_mm"] = {"max": 2}
    (tmp_path / "DEMO-RT").mkdir()
    (tmp_path / "DEMO-RT" / "v1.json").write_text(json.dumps(draft))
    return tmp_path


def test_a_draft_judges_and_what_to_mend_and_the_name_to_waive_are_told(session, drafted):
    out = drafted / "verdict.json"
    answer = call(None, "validate", session, "DEMO-RT", "--out", out, "--protocols", drafted)
    assert answer.returncode == 3, answer.stderr
    assert "is a draft" in answer.stdout
    (finding,) = json.loads(out.read_text())["findings"]
    assert finding["rule"] == "ct.geometry.slice_spacing_mm"
    told = answer.stdout.splitlines()
    place = next(n for n, line in enumerate(told) if "geometry.spacing" in line)
    assert [line.strip() for line in told[place + 1 : place + 4]] == [
        f"found {finding['found']}, expected at most 2 mm",
        "rule ct.geometry.slice_spacing_mm, line /inputs/0/geometry/slice_spacing_mm",
        finding["remedy"],
    ]


def test_of_a_trial_with_an_active_version_a_later_draft_does_not_judge(session, drafted):
    first = drafted / "DEMO-RT" / "v1.json"
    (drafted / "DEMO-RT" / "v2.json").write_text(first.read_text().replace('"v1"', '"v2"'))
    first.write_text((shipped("trial_protocols") / "DEMO-RT" / "v1.json").read_text())
    answer = call(None, "validate", session, "DEMO-RT", "--protocols", drafted)
    assert (answer.returncode, answer.stdout.partition(":")[0]) == (0, "DEMO-RT v1"), answer.stdout + answer.stderr


def test_a_file_that_says_it_is_dicom_and_cannot_be_read_is_not_passed_over(tmp_path):
    folder = demo(tmp_path / "session")
    first = next(folder.glob("CT*.dcm"))
    first.write_bytes(first.read_bytes()[:200])
    answer = call(None, "validate", folder, "DEMO-RT")
    assert answer.returncode == 2
    assert first.name in answer.stderr


def test_what_the_gateway_renames_by_itself_is_judged_by_the_name_that_it_gets(session, tmp_path):
    text = (shipped("trial_protocols") / "DEMO-RT" / "v1.json").read_text().replace("SpinalCord", "Myelon")
    shown = json.loads(text)
    said = shown["nomenclature"]
    said["synonyms"]["Myelon"] = ["SpinalCord"]
    (tmp_path / "DEMO-RT").mkdir()
    told = {}
    for confirm in ("batch", "none_for_exact_synonyms"):
        said["rename"]["confirm"] = confirm
        (tmp_path / "DEMO-RT" / "v1.json").write_text(json.dumps(shown))
        told[confirm] = call(None, "validate", session, "DEMO-RT", "--protocols", tmp_path)
    assert (told["batch"].returncode, "names.missing" in told["batch"].stdout) == (3, True), told["batch"]
    given = told["none_for_exact_synonyms"]
    assert (given.returncode, "names.missing" in given.stdout) == (0, False), given
    assert "judged as Myelon, for the gateway gives it that name by itself" in given.stdout
