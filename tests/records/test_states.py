"""Every move a submission may make, and every one it may not."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from tests.records.made import ID, NOON, ONE, TWO, Watch, bring, choose, run, session, sign, signature
from uploader.domain.errors import NotFound, WrongState
from uploader.domain.submission import ALLOWED, ROUTES, State
from uploader.records import SqlRecords, verify

MAY_QUEUE = {
    (State.ARRIVING, "receive"),
    (State.RECEIVED, "prepare"),
    (State.AWAITING_SIGNOFF, "prepare"),
    (State.SIGNED, "release"),
    (State.WAITING, "prepare"),
    (State.HELD, "prepare"),
    (State.REFUSED, "prepare"),
}
"""(state, route) for a submission as `bring` brings it: what waits, is held or refused was being prepared."""

CHOOSABLE = {State.RECEIVED, State.REFUSED, State.HELD, State.AWAITING_SIGNOFF}


@pytest.mark.parametrize(("state", "route"), list(product(State, ROUTES)))
def test_a_route_begins_only_where_the_line_says(records: SqlRecords, state: State, route: str) -> None:
    bring(records, state)
    if state is State.RECEIVED:
        choose(records)
    before = records.get(ID).attempt
    if (state, route) in MAY_QUEUE:
        assert records.queue(ID, route, "reviewer") == before + 1
        assert (records.get(ID).state, records.get(ID).route) == (State.QUEUED, route)
    else:
        with pytest.raises(WrongState):
            records.queue(ID, route, "reviewer")
        assert (records.get(ID).state, records.get(ID).attempt) == (state, before)


@pytest.mark.parametrize("end", [s for s in State if s is not State.RELEASED])
def test_a_prepared_submission_rests_only_where_the_line_says(records: SqlRecords, end: State) -> None:
    bring(records, State.QUEUED)
    attempt = records.get(ID).attempt
    if end in ALLOWED[State.QUEUED]:
        records.rest(ID, attempt, end)
        assert records.get(ID).state is end
    else:
        with pytest.raises(WrongState):
            records.rest(ID, attempt, end)
        assert records.get(ID).state is State.QUEUED


@pytest.mark.parametrize("state", [s for s in State if s is not State.QUEUED])
def test_a_submission_that_is_not_under_way_cannot_be_put_to_rest(records: SqlRecords, state: State) -> None:
    bring(records, state)
    records.rest(ID, records.get(ID).attempt, State.HELD, "defect")
    assert records.get(ID).state is state


@pytest.mark.parametrize("state", list(State))
def test_withdrawing_is_possible_until_release_and_not_while_under_way(records: SqlRecords, state: State) -> None:
    bring(records, state)
    if State.WITHDRAWN in ALLOWED[state]:
        records.withdraw(ID, "reviewer", "consent withdrawn")
        assert (records.get(ID).state, records.get(ID).says) == (State.WITHDRAWN, "consent withdrawn")
    else:
        with pytest.raises(WrongState):
            records.withdraw(ID, "reviewer", "consent withdrawn")


@pytest.mark.parametrize("state", list(State))
def test_the_trial_can_be_chosen_only_while_the_submission_is_with_a_person(records: SqlRecords, state: State) -> None:
    bring(records, state)
    if state in CHOOSABLE:
        choose(records, subject="DEMO-002")
        assert (records.get(ID).subject, records.get(ID).state) == ("DEMO-002", state)
    else:
        with pytest.raises(WrongState):
            choose(records, subject="DEMO-002")


@pytest.mark.parametrize("state", list(State))
def test_only_what_awaits_sign_off_can_be_signed(records: SqlRecords, state: State) -> None:
    bring(records, state)
    if state is State.AWAITING_SIGNOFF:
        sign(records)
        assert (records.get(ID).state, records.signoffs(ID)) == (State.SIGNED, [signature()])
    else:
        with pytest.raises(WrongState):
            sign(records)


@pytest.mark.parametrize("state", list(State))
def test_a_submission_begins_without_claiming_what_was_done_with_it(records: SqlRecords, state: State) -> None:
    if state in (State.ARRIVING, State.RECEIVED, State.HELD):
        records.create(ID, "pt-1", {"1": "CT"}, state, "waits for its images")
        assert (records.get(ID).state, records.get(ID).says) == (state, "waits for its images")
    else:
        with pytest.raises(WrongState):
            records.create(ID, "pt-1", {"1": "CT"}, state)


def test_creating_a_submission_twice_changes_nothing(records: SqlRecords) -> None:
    records.create(ID, "pt-1", {"1": "CT"}, State.ARRIVING)
    before, lines = records.get(ID), verify(records.database).lines
    records.create(ID, "pt-2", {"2": "MR"}, State.RECEIVED)
    assert (records.get(ID), verify(records.database).lines) == (before, lines)


def test_resting_twice_for_one_attempt_changes_nothing(records: SqlRecords) -> None:
    bring(records, State.HELD)
    before, lines = records.get(ID), verify(records.database).lines
    records.rest(ID, before.attempt, State.AWAITING_SIGNOFF)
    assert (records.get(ID), verify(records.database).lines) == (before, lines)


def test_a_superseded_attempt_cannot_put_its_successor_to_rest(records: SqlRecords) -> None:
    bring(records, State.HELD)
    old = records.get(ID).attempt
    records.queue(ID, "prepare", "reviewer")
    records.rest(ID, old, State.AWAITING_SIGNOFF)
    assert records.get(ID).state is State.QUEUED


def test_only_the_route_that_releases_ends_in_released(records: SqlRecords) -> None:
    bring(records, State.QUEUED)
    with pytest.raises(WrongState):
        records.rest(ID, records.get(ID).attempt, State.RELEASED)


def test_nothing_is_prepared_before_a_trial_is_chosen(records: SqlRecords) -> None:
    bring(records, State.RECEIVED)
    with pytest.raises(WrongState, match="choose a trial"):
        records.queue(ID, "prepare", "reviewer")


def test_a_release_that_was_held_can_be_tried_again(records: SqlRecords) -> None:
    bring(records, State.SIGNED)
    run(records, "release", State.HELD)
    assert run(records, "release", State.RELEASED) == records.get(ID).attempt


def test_nothing_is_released_whose_sign_off_was_forgotten(records: SqlRecords) -> None:
    bring(records, State.SIGNED)
    records.rest(ID, records.queue(ID, "release", "reviewer"), State.HELD, "not-signed")
    choose(records)
    with pytest.raises(WrongState, match="signed"):
        records.queue(ID, "release", "reviewer")


def test_what_was_held_on_its_way_to_the_centre_cannot_be_chosen_again(records: SqlRecords) -> None:
    bring(records, State.SIGNED)
    run(records, "release", State.HELD)
    with pytest.raises(WrongState, match="release"):
        choose(records, subject="DEMO-002")
    with pytest.raises(WrongState):
        records.queue(ID, "prepare", "reviewer")


def test_what_was_held_before_it_was_received_must_be_received_first(records: SqlRecords) -> None:
    bring(records, State.ARRIVING)
    run(records, "receive", State.HELD)
    with pytest.raises(WrongState, match="receive"):
        choose(records)
    assert run(records, "receive", State.RECEIVED) == 2


def test_choosing_and_setting_on_its_way_are_one_change(records: SqlRecords) -> None:
    bring(records, State.RECEIVED)
    records.choose(ID, "DEMO-RT", "v1", "digest", "DEMO-001", "DEMO-001_1", "anna", onward=True)
    with pytest.raises(WrongState):
        records.choose(ID, "DEMO-RT", "v1", "digest", "DEMO-002", "DEMO-002_1", "bert", onward=True)
    about = records.get(ID)
    assert (about.state, about.route, about.subject) == (State.QUEUED, "prepare", "DEMO-001")


def test_a_submission_is_signed_when_every_role_has(records: SqlRecords) -> None:
    bring(records, State.AWAITING_SIGNOFF)
    first, second = signature("ada", role="physicist"), signature("bob", role="clinician")
    assert sign(records, signoff=first, asked=TWO) == ("clinician",)
    assert (records.signoffs(ID), records.get(ID).state) == ([first], State.AWAITING_SIGNOFF)
    with pytest.raises(WrongState):
        records.queue(ID, "release", "ada")
    assert sign(records, signoff=second, asked=TWO) == ()
    assert ({each.person for each in records.signoffs(ID)}, records.get(ID).state) == ({"ada", "bob"}, State.SIGNED)
    told = [(line["actor"], line["facts"]) for line in records.history(ID) if line["action"] == "signed"]
    assert [(who, facts["role"], facts["missing"]) for who, facts in told] == [
        ("ada", "physicist", ["clinician"]),
        ("bob", "clinician", []),
    ]


def test_preparing_anew_undoes_the_signatures_there_are(records: SqlRecords) -> None:
    bring(records, State.AWAITING_SIGNOFF)
    sign(records, signoff=signature("ada", role="physicist"), asked=TWO)
    run(records, "prepare", State.AWAITING_SIGNOFF)
    assert records.signoffs(ID) == []


def test_what_was_looked_at_before_it_was_prepared_anew_is_not_signed(records: SqlRecords) -> None:
    """Though the bytes are the same: what is said of them may be something else."""
    bring(records, State.AWAITING_SIGNOFF)
    before = records.get(ID).attempt
    run(records, "prepare", State.AWAITING_SIGNOFF)
    with pytest.raises(WrongState, match="look at it again"):
        records.keep_signoff(ID, signature(), ONE, before)


@pytest.mark.parametrize("word", ["changed since", ""])
def test_a_signature_for_other_bytes_is_refused(records: SqlRecords, word: str) -> None:
    bring(records, State.AWAITING_SIGNOFF)
    with pytest.raises(WrongState):
        sign(records, signoff=signature(word=word))
    assert (records.signoffs(ID), records.get(ID).state) == ([], State.AWAITING_SIGNOFF)


def test_a_waiting_submission_is_due_when_its_time_has_come(records: SqlRecords, watch: Watch) -> None:
    bring(records, State.QUEUED)
    later = watch.now + timedelta(minutes=5)
    records.rest(ID, 2, State.WAITING, "archive-unavailable", "the archive did not answer", later)
    assert list(records.due(later - timedelta(seconds=1))) == []
    assert list(records.due(later)) == [(ID, "prepare", 3)]
    assert records.history(ID)[-1]["facts"] == {"attempt": 3, "before": "waiting", "route": "prepare"}


def test_asking_what_is_due_twice_counts_one_attempt(records: SqlRecords, watch: Watch) -> None:
    bring(records, State.WAITING)
    assert list(records.due(watch())) == list(records.due(watch()))


def test_what_was_queued_first_is_due_first(records: SqlRecords, watch: Watch) -> None:
    for name in ("zzz", "aaa", "mmm"):
        bring(records, State.QUEUED, name)
    assert [name for name, _, _ in records.due(watch())] == ["zzz", "aaa", "mmm"]


def test_only_what_is_due_for_the_asked_routes_is_told_and_begun(records: SqlRecords, watch: Watch) -> None:
    bring(records, State.QUEUED, "preparing")
    bring(records, State.WAITING, "waiting")
    bring(records, State.SIGNED, "signed")
    records.queue("signed", "release", "reviewer")
    later = watch()
    assert list(records.due(later, ("release",))) == [("signed", "release", 3)]
    assert records.get("waiting").state is State.WAITING
    assert {name for name, _, _ in records.due(later, ("receive", "prepare"))} == {"preparing", "waiting"}


def test_the_newest_submission_is_listed_first(records: SqlRecords) -> None:
    for name in ("aaa", "bbb"):
        records.create(name, "pt-1", {}, State.ARRIVING)
    assert [s.id for s in records.all()] == ["bbb", "aaa"]


def test_times_come_back_in_utc(records: SqlRecords) -> None:
    records.create(ID, "pt-1", {}, State.ARRIVING)
    assert records.get(ID).created == NOON + timedelta(seconds=1)
    assert records.get(ID).created.utcoffset() == timedelta(0)


def test_an_unknown_submission_is_not_found_and_not_quoted(records: SqlRecords) -> None:
    with pytest.raises(NotFound) as caught:
        records.get("DOE^JANE")
    assert "DOE" not in str(caught.value)


def test_nothing_is_kept_about_an_unknown_submission(records: SqlRecords) -> None:
    with pytest.raises(NotFound):
        records.keep_manifest("nobody", "anonymised", session())


def test_the_reason_of_a_withdrawal_stays_out_of_the_audit(records: SqlRecords) -> None:
    bring(records, State.RECEIVED)
    records.withdraw(ID, "reviewer", "Mrs Doe changed her mind")
    assert "Doe" not in str(records.history(ID))
