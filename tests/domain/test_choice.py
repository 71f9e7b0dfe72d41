"""Arm, time point and site are those of the protocol, or nobody's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.trials import ARMS, SITES, VISITS
from uploader.domain.choice import checked, open_choices
from uploader.domain.errors import Refused
from uploader.domain.trial import Protocol

PROTOCOL = Protocol(
    trial="T",
    version="v1",
    digest="0" * 64,
    title="",
    sponsor="",
    subject_pattern="S-[0-9]",
    subject_example="S-1",
    session_label="{subject}_{timepoint}_{n}",
    checks=(),
    scripts=(),
    max_shift_days=1,
    project="T",
    content={"arms": ARMS, "timepoints": VISITS, "sites": SITES},
)
ONE_ARM = replace(PROTOCOL, content={"arms": ARMS[:1]})
CODES = {"arm": "B", "timepoint": "W12", "site": "S02"}


def test_codes_of_the_protocol_are_taken():
    assert checked(PROTOCOL, CODES) == CODES


@pytest.mark.parametrize("wrong", [{"arm": "C"}, {"arm": ""}, {"timepoint": "Standard"}, {"site": "S01 "}])
def test_a_code_that_the_protocol_does_not_list_is_refused_with_those_it_does(wrong):
    with pytest.raises(Refused, match=r"\((Standard|Baseline|General)\)"):
        checked(PROTOCOL, {**CODES, **wrong})


def test_a_trial_without_arms_has_none_to_choose():
    with pytest.raises(Refused, match="no such arm"):
        checked(replace(PROTOCOL, content={}), {"arm": "A"})
    assert checked(replace(PROTOCOL, content={}), {"arm": ""}) == {}


def test_of_which_there_is_one_only_nobody_is_asked():
    assert (checked(ONE_ARM, {}), open_choices(ONE_ARM)) == ({"arm": "A"}, {})


def test_the_hospitals_own_site_is_known():
    assert set(open_choices(PROTOCOL, "S01")) == {"arm", "timepoint"}
    assert checked(PROTOCOL, {"arm": "A", "timepoint": "BL"}, "S01")["site"] == "S01"
    assert set(open_choices(PROTOCOL, "SITE01")) == {"arm", "timepoint", "site"}


def test_session_labels_name_the_visit_where_the_template_does():
    assert PROTOCOL.label("S-1", 2, "W12") == "S-1_W12_2"
    PROTOCOL.check_label("S-1", "S-1_W12_2", "W12")
    with pytest.raises(Refused, match="does not fit"):
        PROTOCOL.check_label("S-1", "S-1_BL_2", "W12")
    with pytest.raises(Refused, match="time point"):
        PROTOCOL.label("S-1", 1)
