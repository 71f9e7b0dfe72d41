"""The same files do not go to one trial twice unless the first of them was taken back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.records.made import ID, bring, choose, session
from uploader.domain.errors import Refused
from uploader.domain.submission import State
from uploader.records import SqlRecords

UNDER_WAY = (State.QUEUED, State.WAITING, State.REFUSED, State.HELD, State.AWAITING_SIGNOFF, State.SIGNED)


def arrives(records: SqlRecords, submission: str, state: State = State.RECEIVED) -> None:
    """A submission of always the same files."""
    bring(records, state, submission)
    records.keep_manifest(submission, "identifiable", session("arrived"))


@pytest.mark.parametrize("state", UNDER_WAY)
def test_files_that_are_on_their_way_to_a_trial_are_not_given_to_it_again(records: SqlRecords, state: State) -> None:
    arrives(records, "first", state)
    arrives(records, ID)
    before = records.get(ID)
    with pytest.raises(Refused, match=rf"submission first already, which is in DEMO-RT \({state}\) as L-first"):
        choose(records, ID)
    assert records.get(ID) == before


def test_files_that_were_released_to_a_trial_are_not_given_to_it_again(records: SqlRecords) -> None:
    arrives(records, "first", State.RELEASED)
    arrives(records, ID)
    with pytest.raises(Refused, match="released to DEMO-RT as L-first; recall it before they go to DEMO-RT again"):
        choose(records, ID)
    assert [each.id for each in records.same_files(ID)] == ["first"]


@pytest.mark.parametrize("state", [State.WITHDRAWN, State.RECALLED])
def test_what_was_taken_back_may_go_again(records: SqlRecords, state: State) -> None:
    arrives(records, "first", state)
    arrives(records, ID)
    choose(records, ID)
    assert (records.get(ID).trial, records.same_files(ID)) == ("DEMO-RT", [])


def test_another_trial_may_have_the_same_files(records: SqlRecords) -> None:
    arrives(records, "first", State.RELEASED)
    arrives(records, ID)
    records.choose(ID, "OTHER", "v1", "digest", "O-1", "O-1_1", "ada")
    assert records.get(ID).trial == "OTHER"


def test_of_two_submissions_chosen_at_once_one_is(records: SqlRecords) -> None:
    for submission in "ab":
        arrives(records, submission)
    with ThreadPoolExecutor() as pool:
        asked = [pool.submit(choose, records, each, label=each) for each in "ab"]
        refused = [isinstance(each.exception(), Refused) for each in asked]
    assert (sorted(refused), sorted(records.get(each).trial for each in "ab")) == ([False, True], ["", "DEMO-RT"])
