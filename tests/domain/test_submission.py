"""Where a submission may go from where it stands."""

from __future__ import annotations

import pytest

from uploader.domain.errors import WrongState
from uploader.domain.submission import ALLOWED, State, check_move, new_id

NEVER_SKIPPED = [
    (State.RECEIVED, State.RELEASED),
    (State.RECEIVED, State.SIGNED),
    (State.AWAITING_SIGNOFF, State.RELEASED),
    (State.HELD, State.SIGNED),
    (State.RELEASED, State.QUEUED),
    (State.WITHDRAWN, State.QUEUED),
]


@pytest.mark.parametrize(("before", "after"), NEVER_SKIPPED)
def test_no_way_leads_around_the_person(before, after):
    with pytest.raises(WrongState):
        check_move(before, after)


def test_only_a_person_makes_it_signed():
    assert [s for s in State if State.SIGNED in ALLOWED[s]] == [State.AWAITING_SIGNOFF]


def test_every_state_is_in_the_table():
    assert set(ALLOWED) == set(State)


def test_ids_are_ours_and_fresh():
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all((len(i) == 8 and i.isalnum() and i.islower()) or i.isdigit() for i in ids)
