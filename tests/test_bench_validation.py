"""The session and the protocol that validation is measured with, at a small scale."""

from __future__ import annotations

import json
from importlib.metadata import entry_points

import pytest

from bench.largeset import ROIS, write_large
from bench.validating import PROTOCOLS
from bench.validation import asked
from uploader.cases import case_of, headers_below
from uploader.domain.finding import Verdict
from uploader.protocols import SCHEMA, load
from uploader.stages.validate import validate


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    folder = tmp_path_factory.mktemp("large")
    path = folder / "BENCH-RT" / "v1.json"
    path.parent.mkdir()
    path.write_text(json.dumps(asked()))
    protocol = load(path, json.loads((PROTOCOLS / SCHEMA).read_text()))
    write_large(folder / "session", slices=12, contours=12 + 4 * (len(ROIS) - 1), size=16)
    session = folder / "session"
    headers = headers_below(session, sorted(file.name for file in session.iterdir()))
    validators = {each.name: each.load() for each in entry_points(group="uploader.validators")}
    return validate(case_of(session, headers, protocol.content), protocol, validators)


def test_every_rule_is_judged(verdict: Verdict) -> None:
    assert {ruling.outcome.value for ruling in verdict.rulings} == {"pass", "fail"}
    assert len(verdict.rulings) > 300


def test_nothing_is_wrong_with_it_but_that_some_structures_reach_its_ends(verdict: Verdict) -> None:
    assert {finding.code for finding in verdict.findings} == {"structures.cut"}
