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


@pytest.mark.parametrize("codes", [{}, {"timepoint": "W13"}, {"timepoint": "W12", "arm": "C"}])
def test_nothing_is_begun_without_the_time_point_or_with_a_code_of_nobodys(home, session, tmp_path, codes):
    with pytest.raises(Refused):
        anonymise(home, session, tmp_path / "OUT", "DEMO-001", trial="VISITS", codes=codes)
    assert not (tmp_path / "OUT").exists()


def test_a_session_is_called_by_its_time_point_and_does_not_come_out_again_as_one_of_another(home, session, tmp_path):
    def run(**chosen):
        return anonymise(home, session, tmp_path / "OUT", "DEMO-001", trial="VISITS", codes=chosen)

    report = run(timepoint="W12")
    assert [(s["session"], s["state"]) for s in report["sessions"]] == [("DEMO-001_W12_1", "new")]
    assert (report["protocol"]["timepoint"], "arm" in report["protocol"]) == ("W12", False)
    written = digests(tmp_path / "OUT")
    (again,) = run(timepoint="BL", arm="A")["sessions"]
    assert (again["state"], [held["code"] for held in again["held"]]) == ("held", ["label-taken"])
    assert digests(tmp_path / "OUT") == written
