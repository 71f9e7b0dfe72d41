"""A validator that runs shut in, as the line asks it; the runner is a function here."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.homes import new_home
from tests.sandbox.hostile import FOLDER, allow, demo_asks, session
from uploader.domain.errors import BadPlugin, BadProtocol, DiskFull, UnknownValidator, ValidatorAway
from uploader.domain.finding import Finding, Outcome, Ruling, Severity
from uploader.domain.trial import Check, Protocol
from uploader.gateway import open_home, validators_of
from uploader.ports import Case
from uploader.sandbox.broke import Away, Broke, Output, Unfit
from uploader.sandbox.manifest import read_manifest
from uploader.sandbox.plugin import Plugin
from uploader.stages.validate import validate

MANIFEST = replace(read_manifest(FOLDER / "validator.json"), pixels=False)
NOTHING = Output(b'{"findings":[]}', b"")
CT = {"Modality": "CT", "InstanceNumber": 1, "PatientName": "Mustermann^Erika"}


class Heard:
    """A runner that keeps what it was asked, and answers as it is told."""

    def __init__(self, output=NOTHING):
        self.output, self.request, self.folder = output, None, None

    def reach(self, folder):
        return "/somewhere"

    def __call__(self, manifest, request, folder, entries):
        self.request, self.folder = json.loads(request), folder
        if isinstance(self.output, Exception):
            raise self.output
        return self.output


def asked(tmp_path, session, runner, **changes):
    plugin = Plugin(replace(MANIFEST, **changes), runner, tmp_path / "diagnostics")
    params = {"does": "answer"}
    case = Case(session, {"trial": "T", "version": "v1", "checks": [{"validator": "hostile", "params": params}]})
    return list(plugin(case, params))


def test_it_is_told_what_its_manifest_asks_for_and_nothing_else_of_the_patient(tmp_path):
    runner = Heard()
    asked(tmp_path, {"a.dcm": CT}, runner)
    assert runner.request["headers"] == {"a.dcm": {"Modality": "CT", "InstanceNumber": 1}}
    assert runner.request["protocol"] == {"trial": "T", "version": "v1"}
    assert runner.request["pixels"] is None
    assert "Mustermann" not in json.dumps(runner.request)


def test_arrays_are_lists_and_what_is_no_number_is_null(tmp_path):
    runner = Heard()
    header = {"Modality": "CT", "ROIs": [{"ContourData": np.array([1.0, 2.5]), "Odd": float("nan")}]}
    asked(tmp_path, {"a.dcm": header}, runner, headers=None)
    assert runner.request["headers"]["a.dcm"]["ROIs"] == [{"ContourData": [1.0, 2.5], "Odd": None}]


def test_it_is_not_begun_for_a_session_without_its_modalities(tmp_path):
    runner = Heard()
    [ruling] = asked(tmp_path, {"a.dcm": CT}, runner, modalities=frozenset({"MR"}))
    assert (ruling.line, ruling.outcome) == ("/checks/0", Outcome.NOT_APPLICABLE)
    assert runner.request is None


def test_files_that_are_not_at_hand_are_a_refusal(tmp_path):
    [finding] = asked(tmp_path, {"a.dcm": CT}, Heard(), pixels=True)
    assert finding.code == "validator.broken"
    assert "the files that it asks for are not at hand" in finding.says


def test_files_are_readable_for_the_account_it_runs_as(tmp_path):
    case = session(tmp_path / "session")
    for path in case.folder.iterdir():
        path.chmod(0o600)
    case.folder.chmod(0o700)
    runner = Heard()
    list(Plugin(replace(MANIFEST, pixels=True), runner, tmp_path)(case, {"does": "answer"}))
    assert runner.folder == case.folder
    assert {path.stat().st_mode & 0o777 for path in case.folder.iterdir()} == {0o604}
    assert case.folder.stat().st_mode & 0o777 == 0o705


def test_what_it_complains_of_is_kept_when_it_answers_well_too(tmp_path):
    asked(tmp_path, {"a.dcm": CT}, Heard(Output(NOTHING.answer, b"beware")))
    [kept] = (tmp_path / "diagnostics").iterdir()
    assert kept.read_bytes() == b"beware"


def test_a_session_is_refused_when_it_breaks_and_nobody_can_let_that_pass(tmp_path):
    plugin = Plugin(MANIFEST, Heard(Broke("it ended with the code 3")), tmp_path)
    protocol = Protocol(
        "T", "v1", "d" * 64, "", "", ".*", "", "{subject}_{n}", (Check("hostile", {"does": "crash"}),), (), 1, "T"
    )
    verdict = validate(Case({"a.dcm": CT}), protocol, {"hostile": plugin})
    assert verdict.refused
    assert [each.code for each in verdict.findings] == ["validator.broken"]


@pytest.mark.parametrize(
    ("trouble", "error", "says"),
    [
        (Away("no engine; start it"), ValidatorAway, "the validator hostile could not be asked: no engine; start it"),
        (Unfit("it is another"), BadPlugin, "the validator hostile cannot be run: it is another; put it right"),
        (OSError(28, "No space left on device"), DiskFull, "make room"),
    ],
)
def test_a_session_is_neither_passed_nor_refused_while_it_cannot_be_asked(tmp_path, trouble, error, says):
    plugin = Plugin(MANIFEST, Heard(trouble), tmp_path)
    protocol = Protocol(
        "T", "v1", "d" * 64, "", "", ".*", "", "{subject}_{n}", (Check("hostile", {"does": "answer"}),), (), 1, "T"
    )
    with pytest.raises(error, match=says):
        validate(Case({"a.dcm": CT}), protocol, {"hostile": plugin})


def test_what_the_engine_said_is_in_diagnostics_and_nowhere_else(tmp_path):
    with pytest.raises(ValidatorAway) as told:
        asked(tmp_path, {"a.dcm": CT}, Heard(Away("it is not well", b"Mustermann")))
    [kept] = (tmp_path / "diagnostics").iterdir()
    assert kept.read_bytes() == b"Mustermann"
    assert kept.stem in str(told.value)
    assert "Mustermann" not in str(told.value)


@pytest.fixture
def home(tmp_path):
    return new_home(tmp_path / "home")


def test_a_protocol_may_ask_for_it_once_the_settings_name_it(home, tmp_path):
    demo_asks(home, {"does": "answer"})
    with pytest.raises(UnknownValidator, match="hostile"):
        open_home(home)
    allow(home)
    built = open_home(home)
    built.records.close()
    plugin = validators_of(built.settings)["hostile"]
    said = list(plugin(session(tmp_path / "session"), {"does": "answer"}))
    assert [(each.code, each.severity) for each in said if isinstance(each, Finding)] == [
        ("hostile.contained", Severity.NOTE)
    ]


def test_a_protocol_whose_params_it_does_not_take_stops_the_start(home):
    demo_asks(home, {"does": 5})
    allow(home)
    with pytest.raises(BadProtocol, match=r"/checks/[0-9]+/params/does"):
        open_home(home)


def test_a_ruling_is_not_made_up_for_a_check_that_no_protocol_has(tmp_path):
    said = list(Plugin(MANIFEST, Heard(), tmp_path)(Case({"a.dcm": CT}), {"does": "answer"}))
    assert [each for each in said if isinstance(each, Ruling)] == []
