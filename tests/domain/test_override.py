"""Why a finding was overruled: a code, never what somebody typed."""

from __future__ import annotations

import pytest

from uploader.domain.errors import Refused
from uploader.domain.override import ACTION, IN_WORDS, REASONS, Override, check_reason, overrides

MADE = Override("ada", "verify.residue", "(0018,1153)", "by-chance", "digest")


def line(facts):
    return {"actor": "ada", "action": ACTION, "facts": facts}


def test_a_code_is_told_and_a_sentence_of_before_there_were_codes_is_not():
    typed = {**MADE.facts, "reason": "Doe is the name of the sequence"}
    assert [each.reason for each in overrides([line(MADE.facts), line(typed)], "digest")] == ["by-chance", IN_WORDS]


@pytest.mark.parametrize("reason", ["", "Doe is the name of the sequence", IN_WORDS])
def test_words_and_what_stands_in_their_place_are_no_reason(reason):
    with pytest.raises(Refused, match="by-chance"):
        check_reason(reason)
    for code in REASONS:
        check_reason(code)
