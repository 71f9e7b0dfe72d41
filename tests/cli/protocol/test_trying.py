"""The examples beside a protocol are judged, and a session becomes an example."""

from __future__ import annotations

import json

import pytest

from uploader.phantom import write_session

CLEAN = "without a finding"


@pytest.fixture
def trial(folder, small, ask):
    """SMALL, for the synthetic session, and the session as its example ``right``."""
    del small["dvh_checks"], small["timepoints"], small["arms"]
    small["inputs"] += [
        {"key": "plan", "label": "Plan", "modality": "RTPLAN", "count": {"min": 1}},
        {"key": "dose", "label": "Dose", "modality": "RTDOSE", "count": {"min": 1}},
    ]
    small["inputs"][0]["geometry"]["cover"][0] |= {"superior_mm": 0, "inferior_mm": 0, "roi": "PTV*"}
    small["roi_relations"][0] |= {"a": "PTV*", "b": "BODY"}
    small["rois"] = [{"any_of": ["BODY", "External"], "need": "required"}, {"name": "PTV*", "need": "required"}]
    small["rois"] += [{"name": "*", "need": "optional"}]
    small["nomenclature"] = {"standard": "list-only"}
    (folder / "SMALL" / "v1.json").write_text(json.dumps(small))
    write_session(folder / "session", slices=5, size=32)
    words = ["test", "SMALL", "--protocols", folder, "--record", folder / "session", "--name", "right"]
    answer = ask(*words, "--says", "The phantom.")
    assert answer.exit_code == 0, answer.output
    return folder


def example(trial, name="right"):
    return json.loads((trial / "SMALL" / "examples" / f"{name}.json").read_text())


def write(trial, name, document):
    (trial / "SMALL" / "examples" / f"{name}.json").write_text(json.dumps(document))


def test_a_session_becomes_an_example_with_its_verdict(trial, ask):
    made = example(trial)
    assert (made["says"], made["protocol"], made["expected"]["worst"]) == ("The phantom.", "v1", "nothing")
    assert made["expected"]["not_passed"] == {}
    assert (
        ask("test", "SMALL", "--protocols", trial).stdout
        == f"SMALL/examples/right: as expected, {CLEAN}, judged by v1\n"
    )


def test_an_example_with_another_verdict_differs_and_it_is_told_where(trial, ask):
    made = example(trial)
    made["expected"] |= {"worst": "refusal", "findings": ["names.required refusal /rois/0"]}
    write(trial, "right", made)
    answer = ask("test", "SMALL", "--protocols", trial)
    assert answer.exit_code == 3
    assert "worst: expected refusal, is nothing" in answer.stdout
    assert "finding names.required refusal /rois/0: is missing" in answer.stdout


def test_an_example_can_be_another_one_with_changes(trial, ask):
    changes = [{"modality": "CT", "at": "/SliceThickness", "value": 2.5}, {"entry": "0001.dcm"}]
    write(trial, "lacking", {"says": "One image is missing.", "based_on": "right", "changes": changes})
    answer = ask("test", "SMALL", "--protocols", trial)
    assert "SMALL/examples/lacking: differs, refused, judged by v1" in answer.stdout
    assert '  expects nothing yet; the verdict is: {"worst": "refusal"' in answer.stdout
    assert "SMALL/examples/right: as expected" in answer.stdout


def test_what_an_example_does_not_expect_is_not_compared(trial, ask):
    write(
        trial,
        "lacking",
        {"says": "", "based_on": "right", "changes": [{"entry": "0001.dcm"}], "expected": {"worst": "refusal"}},
    )
    assert "SMALL/examples/lacking: as expected" in ask("test", "SMALL", "--protocols", trial).stdout


def test_an_example_is_never_written_over(trial, ask):
    words = ["test", "SMALL", "--protocols", trial, "--record", trial / "session", "--name", "right"]
    assert "already" in ask(*words).stderr


def test_a_trial_without_examples_says_how_to_make_one(folder, ask):
    assert "make one with --record" in ask("test", "SMALL", "--protocols", folder).stderr


@pytest.mark.parametrize("option", ["--arm", "--timepoint", "--site", "--name", "--says"])
def test_what_is_said_of_a_session_is_refused_where_none_is_recorded(trial, option, ask):
    answer = ask("test", "SMALL", "--protocols", trial, option, "A")
    assert answer.exit_code == 2
    assert f"{option} is about the session of --record" in answer.stderr


@pytest.fixture
def stricter(trial):
    """The trial with a v2 that takes no slice spacing of the phantom."""
    document = json.loads((trial / "SMALL" / "v1.json").read_text()) | {"version": "v2"}
    document["inputs"][0]["geometry"]["slice_spacing_mm"] = {"max": 0.1}
    (trial / "SMALL" / "v2.json").write_text(json.dumps(document))
    return trial


@pytest.mark.parametrize("reference", ["SMALL/v2", "{folder}/SMALL/v2.json"])
def test_the_version_that_is_named_judges_whatever_version_the_example_is_of(stricter, reference, ask):
    answer = ask("test", reference.format(folder=stricter), "--protocols", stricter)
    assert answer.exit_code == 3
    assert "SMALL/examples/right: differs, with a question, judged by v2" in answer.stdout
    assert "rule /inputs/0/geometry/slice_spacing_mm: expected pass, is fail" in answer.stdout


def test_of_a_trial_each_example_is_judged_by_its_version_and_it_is_said_which(stricter, ask):
    write(stricter, "newest", {key: value for key, value in example(stricter).items() if key != "protocol"})
    answer = ask("test", "SMALL", "--protocols", stricter).stdout
    assert f"SMALL/examples/right: as expected, {CLEAN}, judged by v1" in answer
    assert "SMALL/examples/newest: differs, with a question, judged by v2" in answer


def test_an_example_that_is_wrong_is_told_and_the_others_are_judged(trial, ask):
    write(trial, "a", {"says": "x", "based_on": "nope", "changes": []})
    write(trial, "b", {"says": "x", "based_on": "right", "changes": [], "protocol": "v9"})
    answer = ask("test", "SMALL", "--protocols", trial)
    assert answer.exit_code == 2
    assert "SMALL/examples/a.json: line 1, at /based_on: there is no example nope" in answer.stderr
    assert "SMALL/examples/b.json: at /protocol: there is no v9 of the trial" in answer.stderr
    assert "SMALL/examples/right: as expected" in answer.stdout
