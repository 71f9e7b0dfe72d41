"""What is remembered of a subject's earlier sessions is there for the next one, and identifies nobody."""

from __future__ import annotations

import json

import pytest
from pydicom import dcmread

from tests.homes import demo
from tests.trials import VISITS, judged
from uploader.domain.finding import Outcome, Severity
from uploader.domain.rule import Rule
from uploader.validators import mr

LINE = "/inputs/0/mr/same_across_visits/0"
COMPARED = [{"attr": "KVP"}, {"attr": "ManufacturerModelName"}]
CONTENT = {
    "timepoints": VISITS,
    "inputs": [
        {"key": "ct", "label": "CT", "modality": "CT", "count": {"min": 1}, "mr": {"same_across_visits": COMPARED}}
    ],
}
RULES = tuple(Rule(f"{LINE[:-1]}{n}", "mr", Severity.REFUSAL, "CT: the same") for n in range(2))


@pytest.fixture
def home(built):
    return judged(built, RULES, {"mr": mr.check}, **CONTENT)


def with_kvp(folder, kvp):
    for path in demo(folder).iterdir():
        if (dataset := dcmread(path)).Modality == "CT":
            dataset.KVP = kvp
            dataset.save_as(path)
    return folder


def visit(home, folder, timepoint):
    submission = home.arrived(folder, codes={"timepoint": timepoint})
    return submission, home.carry(submission)


def test_a_later_visit_is_held_against_the_first(home, tmp_path):
    first, state = visit(home, with_kvp(tmp_path / "one", 120), "BL")
    assert state == "awaiting-signoff"
    assert {r.outcome for r in home.built.records.verdict(first, "protocol").rulings} == {Outcome.NOT_APPLICABLE}
    second, state = visit(home, with_kvp(tmp_path / "two", 100), "W12")
    assert state == "refused"
    ruled = {r.line: r.outcome for r in home.built.records.verdict(second, "protocol").rulings}
    assert ruled == {RULES[0].line: Outcome.FAILED, RULES[1].line: Outcome.PASSED}


def test_numbers_are_remembered_and_texts_by_their_digest_only(home, tmp_path):
    first, _ = visit(home, with_kvp(tmp_path / "one", 120), "BL")
    kept = home.built.records.acquired(first)
    model = dcmread(next((tmp_path / "one").glob("CT*"))).ManufacturerModelName
    assert kept["ct"]["KVP"] == [120]
    assert model not in json.dumps(kept)


def test_the_validators_know_at_which_visits_there_were_sessions(home, tmp_path):
    seen = []

    def looking(case, params):
        seen.append(case.visits)
        return mr.check(case, params)

    looked = judged(home.built, RULES, {"mr": looking}, **CONTENT)
    visit(looked, with_kvp(tmp_path / "one", 120), "BL")
    visit(looked, with_kvp(tmp_path / "two", 120), "W12")
    assert seen == [[], [], ["BL"], ["BL"]]
