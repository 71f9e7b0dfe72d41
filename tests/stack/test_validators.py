"""The validators that come in `containers/validators`, as images, run by the line and as XNAT would run them."""

from __future__ import annotations

import json

import pytest

from tests.sandbox.hostile import SITE, session
from tests.sandbox.test_shipped import IMAGE, PARAMS, SHIPPED
from tests.stack.engine import run
from tests.stack.test_hostile import base, image_id  # noqa: F401 - a fixture
from uploader.config import PluginSettings
from uploader.domain.finding import Finding, Outcome, Ruling
from uploader.ports import Case
from uploader.sandbox import plugins

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def built(base):  # noqa: F811
    """Name -> tag of its image."""
    tags = {name: f"uploader-test/{name}:1.0" for name in ("iod", "sequences")}
    for name, tag in tags.items():
        file = SHIPPED / name / "Dockerfile"
        run("docker", "build", "--quiet", "--build-arg", f"BASE_IMAGE={base}", "--file", file, "--tag", tag, SHIPPED)
    return tags


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return session(tmp_path_factory.mktemp("session"))


def judged(name, built, case, params, diagnostics):
    given = PluginSettings(manifest=SHIPPED / name / "validator.json", image=built[name], digest=image_id(built[name]))
    return list(plugins([given], SITE, diagnostics, ())[name](case, params))


def launched(name, built, folder, out, **inputs):
    """What XNAT would keep: the command's own line, through a shell, with its inputs put in."""
    command = json.loads((SHIPPED / name / "command.json").read_text())
    line, [output] = command["command-line"], command["outputs"]
    for word, value in inputs.items():
        line = line.replace(f"#{word}#", value)
    folder.chmod(0o755)
    out.chmod(0o777)  # as XNAT makes it, for images that are not root's
    mounts = ["--volume", f"{folder}:/input:ro", "--volume", f"{out}:/output"]
    run("docker", "run", "--rm", "--network", "none", *mounts, "--entrypoint", "", built[name], "sh", "-c", line)
    return json.loads((out / output["path"]).read_text())


def test_the_line_and_xnat_find_the_same_against_the_standard(built, case, tmp_path):
    found = [each for each in judged("iod", built, case, {}, tmp_path) if isinstance(each, Finding)]
    from_xnat = launched("iod", built, case.folder, tmp_path)["findings"]
    assert {each.code for each in found} == {"iod.missing"}
    assert not any("evidence" in each for each in from_xnat)
    assert sorted(each.where for each in found) == sorted(f"{f['where']} {f['tag'].upper()}" for f in from_xnat)


def test_mr_sequences_are_judged_in_a_container_without_files(built, tmp_path):
    said = judged("sequences", built, Case({"a.dcm": IMAGE, "b.dcm": {**IMAGE, "FlipAngle": 12.0}}), PARAMS, tmp_path)
    assert sorted(each.code for each in said if isinstance(each, Finding)) == [
        "sequences.changing",
        "sequences.out-of-range",
    ]
    assert Outcome.FAILED in {each.outcome for each in said if isinstance(each, Ruling)}


def test_xnat_reads_the_settings_of_mr_scans_from_the_files(built, case, tmp_path):
    ct = {"sequences": [{"like": {}, "expected": {"SliceThickness": [1, 2]}}]}
    assert launched("sequences", built, case.folder, tmp_path, params=json.dumps(ct))["findings"] == []
    as_mr = tmp_path / "mr"
    as_mr.mkdir()
    for n in (1, 2):
        (as_mr / f"{n}.dcm").write_bytes((case.folder / f"CT000{n}.dcm").read_bytes())
    change = "dcmodify --no-backup --modify Modality=MR --insert FlipAngle=30 /input/*.dcm"
    run(
        "docker",
        "run",
        "--rm",
        "--user",
        "0",
        "--volume",
        f"{as_mr}:/input",
        "--entrypoint",
        "",
        built["iod"],
        "sh",
        "-c",
        change,
    )
    wanted = json.dumps({"sequences": [{"like": {}, "expected": {"FlipAngle": [8, 9]}}]})
    [found] = launched("sequences", built, as_mr, tmp_path, params=wanted)["findings"]
    assert (found["where"], found["found"]) == ("1.dcm", 30)


def test_xnat_lets_the_uploader_judge_a_session_for_a_trial(stack, case, tmp_path):
    built = {"trial": stack.env.get("UPLOADER_IMAGE", "secure-dicom-uploader:local")}
    verdict = launched("trial", built, case.folder, tmp_path, trial="DEMO-RT")
    assert verdict["protocol"].startswith("DEMO-RT v")
    assert "evidence" not in json.dumps(verdict)
