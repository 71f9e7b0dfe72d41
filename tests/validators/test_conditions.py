"""A rule is judged only where its condition holds, and the ruling says why it is not."""

from __future__ import annotations

import pytest

from uploader.domain.finding import Outcome
from uploader.ports import Case
from uploader.validators.conditions import applies, excused

ASKED = {"inputs": [{"key": "ct", "modality": "CT"}, {"key": "mr", "modality": "MR"}]}
CT = {"Modality": "CT", "SeriesInstanceUID": "1.2", "Manufacturer": "SIEMENS"}
CASE = Case({"1.dcm": CT}, ASKED, {"arm": "A"})


@pytest.mark.parametrize(
    ("said", "outcome", "words"),
    [
        ({}, None, ""),
        ({"when": "arm == 'A'"}, None, ""),
        ({"when": "manufacturer ~ 'siemens'"}, None, ""),
        ({"when": "present(ct) and not present(mr)"}, None, ""),
        ({"when": "arm == 'B'"}, Outcome.NOT_APPLICABLE, "it is asked only if arm is B"),
        ({"when": "timepoint == 'W12'"}, Outcome.NOT_EVALUABLE, "which is not known"),
        ({"when": "model ~ 'skyra'"}, Outcome.NOT_EVALUABLE, "model matches skyra"),
    ],
)
def test_a_rule_whose_condition_does_not_hold_is_excused(said, outcome, words):
    ruling = excused(CASE, "/rois/0", said, [CT])
    assert (ruling and ruling.outcome, words in (ruling.says if ruling else "")) == (outcome, True)


def test_without_a_condition_a_rule_applies_whatever_is_known():
    assert applies(Case({}), {}) is True
