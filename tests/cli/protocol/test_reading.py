"""What `uploader protocol` says to a trial designer."""

from __future__ import annotations

import json

import pytest

from tests.protocols.conftest import SHIPPED
from tests.sandbox.hostile import allow
from uploader.home import make

SHIFTED = {"method": "shift_per_subject"}


def test_a_protocol_that_is_right_is_called_so_with_the_number_of_its_rules(ask):
    answer = ask("check", "SPINE-PHANTOM/v1")
    assert (answer.exit_code, answer.stdout) == (0, "SPINE-PHANTOM/v1.json: right; 40 rules\n")


def test_all_that_is_wrong_is_told_with_file_line_and_place(folder, small, ask):
    small["inputs"][0]["geometry"]["slice_spacing_mm"] = {"min": 3, "max": 1}
    small["roi_relations"][0]["b"] = "Skin"
    text = json.dumps(small, indent=1)
    (folder / "SMALL" / "v1.json").write_text(text)
    answer = ask("check", folder / "SMALL" / "v1.json")
    row = next(n for n, line in enumerate(text.splitlines(), 1) if "slice_spacing_mm" in line)
    assert answer.exit_code == 2
    assert f"SMALL/v1.json: line {row}, at /inputs/0/geometry/slice_spacing_mm: min 3 is above max 1" in answer.stderr
    assert "at /roi_relations/0/b: no entry of rois names Skin" in answer.stderr


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"policy": "made_up"}, "at /policy: not in the folder of privacy policies"),
        ({"scripts": ["trial/made_up.das"]}, "at /scripts: not in the folder of DicomEdit scripts"),
        (
            {"privacy": {"base_profile": "PS3.15-E-Basic", "dates": {"method": "remove"}}},
            "at /privacy/dates/method: is remove, and the policy trial has retain-longitudinal-modified-dates",
        ),
        (
            {"privacy": {"base_profile": "PS3.15-E-Basic", "dates": SHIFTED, "keep": ["KVP", "StationName"]}},
            "at /privacy/keep/1: the script trial/trial.das removes it",
        ),
        (
            {"privacy": {"base_profile": "PS3.15-E-Basic", "dates": SHIFTED, "private_allow": ["(0019,xx0C) ACME"]}},
            "at /privacy/private_allow/0: the script trial/trial.das removes it",
        ),
        ({"status": "ready"}, "at /status: expected one of: draft, active, suspended, closed"),
    ],
)
def test_what_the_protocol_leans_on_is_looked_for_too(folder, small, change, words, ask):
    (folder / "SMALL" / "v1.json").write_text(json.dumps(small | change))
    assert words in ask("check", "SMALL", "--protocols", folder).stderr


def test_what_fits_no_schema_contradicts_itself_and_leans_on_nothing_is_told_at_once(folder, small, ask):
    small["inputs"][0]["geometry"] |= {"slice_spacing": 3, "slice_spacing_mm": {"min": 3, "max": 1}}
    small["inputs"][1]["modality"] = 5
    small["roi_relations"][0]["b"] = "Skin"
    small["cross_checks"][0] = {"id": "chain", "inputs": ["structures", "ct"]}
    small["cross_checks"].append({"kind": "same_attribute", "inputs": ["ct"]})
    small["subject_id"]["automatic"] = "X-{digits:3}"
    small |= {"policy": "made_up", "scripts": ["trial/made_up.das"], "trial": "OTHER"}
    (folder / "SMALL" / "v1.json").write_text(json.dumps(small))
    says = ask("check", "SMALL", "--protocols", folder).stderr
    for words in (
        "at /inputs/0/geometry: nothing is known of 'slice_spacing'",
        "at /inputs/0/geometry/slice_spacing_mm: min 3 is above max 1",
        "at /inputs/1/modality: expected",
        "at /cross_checks/0: lacks 'kind'",
        "at /cross_checks/2: same_attribute needs attr",
        "at /roi_relations/0/b: no entry of rois names Skin",
        "at /subject_id/automatic: makes no ID that matches",
        "at /trial: is not the name of the folder",
        "at /scripts: not in the folder of DicomEdit scripts",
        "at /policy: not in the folder of privacy policies",
    ):
        assert words in says, says


def test_what_cannot_be_held_against_the_policy_is_told_and_the_rest_too(folder, small, ask):
    small["privacy"] = {"base_profile": "PS3.15-E-Basic", "private_allow": ["nonsense"], "dates": {"method": "remove"}}
    (folder / "SMALL" / "v1.json").write_text(json.dumps(small))
    says = ask("check", "SMALL", "--protocols", folder).stderr
    assert "at /privacy/private_allow/0: is not right" in says
    assert "at /privacy/dates/method: is remove" in says


def test_a_place_is_told_once_and_faults_come_in_the_order_of_lines(folder, small, ask):
    small |= {"valid_from": "soon", "policy": "made_up"}
    (folder / "SMALL" / "v1.json").write_text(json.dumps(small, indent=1))
    rows = ask("check", "SMALL", "--protocols", folder).stderr.splitlines()
    assert [row.split(" at ")[1].split(":")[0] for row in rows] == ["/policy", "/valid_from"]


def test_a_file_that_is_no_json_is_told_with_its_line(folder, ask):
    (folder / "SMALL" / "v1.json").write_text('{\n"trial": }')
    assert "SMALL/v1.json: line 2: is not JSON" in ask("check", "SMALL", "--protocols", folder).stderr


def test_a_trial_that_is_not_there_is_told_with_those_that_are(folder, ask):
    assert "there are: SMALL" in ask("explain", "OTHER", "--protocols", folder).stderr


def test_the_page_has_each_rule_with_its_severity_line_and_name(folder, ask):
    page = ask("explain", "SMALL", "--protocols", folder).stdout
    text = (folder / "SMALL" / "v1.json").read_text()
    row = next(n for n, line in enumerate(text.splitlines(), 1) if "slice_spacing_mm" in line)
    assert f"- Slice spacing is at most 3 mm.\n  [question; line {row}, ct.geometry.slice_spacing_mm]" in page
    assert "Arms: A: Standard; B: Escalated" in page


@pytest.mark.parametrize("trial", ["EXAMPLE-HN-RT", "EXAMPLE-LUNG-SABR", "EXAMPLE-PET-MR", "DEMO-RT/v1"])
def test_the_page_of_a_shipped_protocol_has_all_of_its_rules(trial, schema, ask):
    from uploader.protocols import load

    path = SHIPPED / (trial + ".json" if "/" in trial else f"{trial}/v1.json")
    page = ask("explain", trial).stdout
    assert page.count("\n  [") == len(load(path, schema).rules)


def test_what_the_protocol_says_cannot_break_the_page(folder, small, ask):
    small["title"] = "<script>alert(1)</script> | *x*"
    (folder / "SMALL" / "v1.json").write_text(json.dumps(small))
    html = ask("explain", "SMALL", "--html", "--protocols", folder).stdout
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert (
        r"\<script\>alert(1)\</script\> \| \*x\*" in ask("explain", "SMALL", "--markdown", "--protocols", folder).stdout
    )


def test_a_page_can_be_written_to_a_file(folder, tmp_path, ask):
    target = tmp_path / "page.html"
    assert ask("explain", "SMALL", "--html", "--out", target, "--protocols", folder).stdout == ""
    assert target.read_text().startswith("<!doctype html>")


@pytest.fixture
def home(tmp_path_factory, small):
    """A home that allows the hostile validator, with the protocol SMALL v1."""
    root = tmp_path_factory.mktemp("checked") / "home"
    make(root, {})
    allow(root)
    (root / "trial_protocols" / "SMALL").mkdir()
    return root


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        ([{"validator": "hostile", "params": {"does": "answer"}}], ": right; "),
        ([{"validator": "hostile", "params": {"does": 3}}], "at /checks/0/params/does: "),
        ([{"validator": "unheard-of"}], "at /checks/0: needs the validator unheard-of, which is not installed or not "),
    ],
)
def test_validators_that_the_home_allows_are_known_with_what_they_take(home, small, ask, checks, words):
    (home / "trial_protocols" / "SMALL" / "v1.json").write_text(json.dumps({**small, "checks": checks}))
    assert words in ask("check", "SMALL", "--home", home).output


def test_what_no_home_allows_is_not_known_without_one(folder, small, ask):
    small["checks"] = [{"validator": "hostile", "params": {"does": "answer"}}]
    (folder / "SMALL" / "v1.json").write_text(json.dumps(small))
    assert "at /checks/0: needs the validator hostile" in ask("check", "SMALL", "--protocols", folder).stderr
