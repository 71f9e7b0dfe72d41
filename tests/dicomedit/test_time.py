"""No script keeps the line busy for ever."""

from __future__ import annotations

import time

import pytest
from pydicom.dataset import Dataset

from uploader.dicomedit import parse
from uploader.dicomedit import regex as patterns
from uploader.domain.errors import ScriptFailed


@pytest.mark.parametrize(
    "statement",
    [
        '(0010,4000) ~ "(a|aa)+b" ? -(0010,0010)',
        '(0010,0020) := ismatch[(0010,4000), "(a|aa)+b"]',
        '(0010,0020) := match[(0010,4000), "(a|aa)+$", 0]',
        '(0010,4000) ~ "(.*?,){11}P|(.+.+)+c|(x+x+)+y|(a|aa)+d" ? -(0010,0010)',
    ],
)
def test_a_pattern_that_would_take_for_ever_fails_the_script_in_time(
    statement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patterns, "LONGEST_SECONDS", 0.2)
    dataset = Dataset()
    dataset.PatientComments = "a" * 4000 + "!"
    begun = time.process_time()
    with pytest.raises(ScriptFailed, match="takes more than") as caught:
        parse(f'version "6.6"\n{statement}').apply(dataset)
    assert time.process_time() - begun < 5
    assert "aaaa" not in str(caught.value)
