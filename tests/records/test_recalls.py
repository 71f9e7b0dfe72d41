"""What somebody wants taken back stays what it is until that is done."""

from __future__ import annotations

import pytest

from tests.records.made import ID, bring
from uploader.domain.errors import WrongState
from uploader.domain.submission import RECALL_ASKED, State
from uploader.records import SqlRecords

NOT_THERE = sorted(set(State) - {State.RELEASED, State.RECALLED})


@pytest.mark.parametrize("state", NOT_THERE)
def test_only_what_the_centre_has_can_be_asked_back(records: SqlRecords, state: State) -> None:
    bring(records, state)
    with pytest.raises(WrongState):
        records.ask_recall(ID, "reviewer", "consent withdrawn")
    assert list(records.recalls_asked()) == []


@pytest.mark.parametrize("state", [State.RELEASED, State.RECALLED])
def test_what_is_asked_back_is_listed_with_the_reason_and_stays_what_it_is(records: SqlRecords, state: State) -> None:
    bring(records, state)
    records.ask_recall(ID, "reviewer", "consent withdrawn")
    assert [(s.id, s.state, s.says) for s in records.recalls_asked()] == [(ID, state, "consent withdrawn")]


def test_what_is_done_is_asked_for_no_more(records: SqlRecords) -> None:
    bring(records, State.RELEASED)
    records.ask_recall(ID, "reviewer", "consent withdrawn")
    records.recall(ID, "reviewer", "consent withdrawn", "still-shared")
    assert list(records.recalls_asked()) == []
    assert (records.get(ID).state, records.get(ID).why) == (State.RECALLED, "still-shared")


def test_what_failed_waits_for_a_person_and_is_still_released(records: SqlRecords) -> None:
    bring(records, State.RELEASED)
    records.ask_recall(ID, "reviewer", "consent withdrawn")
    records.recall_failed(ID, "archive-refused", "the centre says no")
    assert list(records.recalls_asked()) == []
    assert (records.get(ID).state, records.get(ID).says) == (State.RELEASED, "the centre says no")


def test_a_failure_that_is_told_after_another_worker_was_done_changes_nothing(records: SqlRecords) -> None:
    bring(records, State.RELEASED)
    records.ask_recall(ID, "reviewer", "consent withdrawn")
    records.recall(ID, "reviewer", "consent withdrawn")
    before = records.get(ID)
    records.recall_failed(ID, "archive-refused", "the centre says no")
    assert records.get(ID) == before


def test_the_audit_tells_who_asked_and_not_why(records: SqlRecords) -> None:
    bring(records, State.RELEASED)
    records.ask_recall(ID, "reviewer", "Mrs Doe changed her mind")
    last = records.history(ID)[-1]
    assert (last["actor"], last["action"]) == ("reviewer", RECALL_ASKED)
    assert "Doe" not in str(last)
