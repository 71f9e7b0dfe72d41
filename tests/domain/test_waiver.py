"""For how long a waiver holds."""

from __future__ import annotations

import pytest

from uploader.domain.renaming import ACTION as RENAMED
from uploader.domain.waiver import ACTION, Waiver, waivers

WAIVER = Waiver("anna", "2026-11-29T10:00:00", "reviewer", "rois.Larynx", "/rois/3", "scanner", "p", "d")
CHOSEN = {"actor": "anna", "at": "2026-11-29T09:00:00", "action": "chosen", "facts": {}}
WAIVED = {"actor": "anna", "at": WAIVER.at, "action": ACTION, "facts": WAIVER.facts}


def test_a_waiver_holds_for_these_bytes_under_this_protocol_alone():
    assert waivers([CHOSEN, WAIVED], "d", "p") == (WAIVER,)
    assert waivers([CHOSEN, WAIVED], "other", "p") == waivers([CHOSEN, WAIVED], "d", "other") == ()


@pytest.mark.parametrize("action", ["chosen", RENAMED])
def test_a_waiver_does_not_outlive_what_was_decided_when_it_was_made(action):
    assert waivers([CHOSEN, WAIVED, {**CHOSEN, "action": action}], "d", "p") == ()


def test_a_waiver_of_before_keeps_its_meaning_and_loses_the_sentence_that_was_typed():
    typed = {**WAIVED, "facts": {**WAIVER.facts, "reason": "Mrs Doe agreed"}}
    assert waivers([CHOSEN, typed], "d", "p") == (WAIVER,)
