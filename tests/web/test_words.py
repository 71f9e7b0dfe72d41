"""What states and actions are called."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from uploader.domain.submission import RECALL_ASKED, State
from uploader.web.submissions import YOURS
from uploader.web.words import NEXT, WORDS, done, fact, standing, tone


@pytest.fixture
def about(built, to_look_at):
    return built.records.get(to_look_at)


def test_every_state_has_words_and_each_that_waits_for_a_person_says_for_what():
    assert set(WORDS) == set(State)
    assert set(NEXT) >= YOURS


@pytest.mark.parametrize(
    ("state", "why", "shown"),
    [
        (State.RELEASED, "", ("Released", "released")),
        (State.RELEASED, RECALL_ASKED, ("Being recalled", "queued")),
        (State.RELEASED, "bad-settings", ("Released", "held")),
        (State.RECALLED, "recalled", ("Recalled", "recalled")),
        (State.RECALLED, "still-shared", ("Recalled", "held")),
        (State.HELD, "not-signed", ("Held: somebody must look", "held")),
    ],
)
def test_what_is_wrong_with_a_recall_is_seen_by_its_colour(about, state, why, shown):
    it = replace(about, state=state, why=why)
    assert (standing(it), tone(it)) == shown


def test_the_history_is_told_in_words(ada, built, to_look_at):
    told = re.findall(r"<td>([^<]+) <span", ada.get(f"/submissions/{to_look_at}").text.split('id="history"')[1])
    assert len(told) == len(built.records.history(to_look_at))
    assert [each for each in told if "-" in each] == []
    assert done("some-new-thing") == "some new thing"
    assert [fact("why", "still-shared"), fact("state", "refused"), fact("files", 1), fact("arm", "B")] == [
        "the central team must end its share",
        "Refused by the protocol",
        "1 file",
        "arm B",
    ]
