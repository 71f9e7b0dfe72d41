"""Sessions of a trial that has time points and arms."""

from __future__ import annotations

import json

import pytest

from tests.engine.making import anonymise, digests
from tests.homes import change_settings
from tests.trials import ARMS, VISITS
from uploader.domain.errors import Refused
from uploader.home import make


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with the trial VISITS, whose session labels name the time point."""
    root = tmp_path_factory.mktemp("visits") / "home"
    make(root, {})
    said = json.loads((root / "trial_protocols" / "DEMO-RT" / "v1.json").read_text())
    said |= {"trial": "VISITS", "arms": ARMS, "timepoints": VISITS, "session_label": "{subject}_{timepoint}_{n}"}
    (root / "trial_protocols" / "VISITS").mkdir()
    (root / "trial_protocols" / "VISITS" / "v1.json").write_text(json.dumps(said))
    change_settings(root, 'trials = ["DEMO-RT"', 'trials = ["VISITS", "DEMO-RT"')
    return root


def test_a_session_is_called_by_its_time_point_which_the_report_names(home, session, tmp_path):
    report = anonymise(home, session, tmp_path / "OUT", "DEMO-001", trial="VISITS", codes={"timepoint": "W12"})
    assert [s["session"] for s in report["sessions"]] == ["DEMO-001_W12_1"]
    assert report["protocol"]["timepoint"] == "W12"
    assert "arm" not in report["protocol"]


@pytest.mark.parametrize("codes", [{}, {"timepoint": "W13"}, {"timepoint": "W12", "arm": "C"}])
def test_nothing_is_begun_without_the_time_point_or_with_a_code_of_nobodys(home, session, tmp_path, codes):
    with pytest.raises(Refused):
        anonymise(home, session, tmp_path / "OUT", "DEMO-001", trial="VISITS", codes=codes)
    assert not (tmp_path / "OUT").exists()


def test_a_session_does_not_come_out_a_second_time_as_one_of_another_visit(home, session, tmp_path):
    def run(visit):
        chosen = {"timepoint": visit, "arm": "A"}
        return anonymise(home, session, tmp_path / "OUT", "DEMO-001", trial="VISITS", codes=chosen)["sessions"][0]

    assert run("W12")["state"] == "new"
    written = digests(tmp_path / "OUT")
    again = run("BL")
    assert (again["state"], [held["code"] for held in again["held"]]) == ("held", ["label-taken"])
    assert digests(tmp_path / "OUT") == written
