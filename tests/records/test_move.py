"""Records move to a server whole, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.postgres import Postgres
from tests.records.made import ID, bring
from tests.records.raw import Raw
from uploader.domain.errors import Held, Misconfigured, Refused, WrongPassword
from uploader.domain.submission import State
from uploader.records import SqlRecords, open_records, verify
from uploader.records.database import Database, connect
from uploader.records.move import move

PASSWORD = "correct horse battery staple"


@pytest.fixture
def old(tmp_path: Path) -> Iterator[SqlRecords]:
    """Records in a file, with submissions in every state, an account, and all else that records hold."""
    records = open_records(f"sqlite:///{tmp_path / 'records.sqlite'}")
    for state in (s for s in State if s is not State.RECALLED):
        bring(records, state, f"s-{state}")
    records.accounts.add("ada", PASSWORD, {"reviewer"})
    with pytest.raises(WrongPassword):
        records.accounts.check("ada", "wrong")
    records.seen.remember([f"{n:032x}" for n in range(1201)])
    records.notices.post("waiting", ["an RTSTRUCT waits"])
    records.workers.beat("one")
    yield records
    records.close()


@pytest.fixture
def new(postgres: Postgres) -> Iterator[Database]:
    """An empty database on a server."""
    database = connect(postgres.url(postgres.new_database()), "the target")
    yield database
    database.close()


def test_everything_is_there_afterwards_and_the_chain_is_the_same(old: SqlRecords, new: Database) -> None:
    before = verify(old.database)
    counts = move(old.database, new)
    moved = SqlRecords(new)
    assert verify(new) == before
    assert counts["audit"] == before.lines
    assert list(moved.all()) == list(old.all())
    for about in old.all():
        assert list(moved.history(about.id)) == list(old.history(about.id))
        assert moved.signoffs(about.id) == old.signoffs(about.id)
    assert moved.accounts.check("ada", PASSWORD) == {"reviewer"}
    assert moved.seen.all([f"{n:032x}" for n in range(1201)])
    assert moved.workers.heard() == {}


def test_moved_records_go_on_where_they_stood(old: SqlRecords, new: Database) -> None:
    move(old.database, new)
    moved = SqlRecords(new)
    assert moved.queue("s-signed", "release", "reviewer") == 3
    with pytest.raises(WrongPassword):
        moved.accounts.check("ada", "wrong")
    assert verify(new).broken_at is None


def test_the_old_records_take_no_change_any_more(old: SqlRecords, new: Database) -> None:
    move(old.database, new)
    with pytest.raises(Misconfigured, match="moved"):
        old.queue("s-signed", "release", "reviewer")
    assert old.get("s-signed").state is State.SIGNED


def test_a_target_that_is_not_empty_is_left_alone(old: SqlRecords, new: Database) -> None:
    move(old.database, new)
    before = verify(new)
    with pytest.raises(Refused, match="holds records already"):
        move(old.database, new)
    assert verify(new) == before


def test_a_move_that_fails_leaves_the_target_empty_and_the_old_records_in_use(
    old: SqlRecords, new: Database, tmp_path: Path
) -> None:
    with Raw(f"sqlite:///{tmp_path / 'records.sqlite'}") as raw:
        raw.execute("DROP TRIGGER audit_no_update")
        raw.execute("UPDATE submissions SET alias = ? WHERE id = 's-held'", ("x" * 100,))  # more than a server takes
    with pytest.raises(Misconfigured):
        move(old.database, new)
    with new.read() as connection:
        assert connection.scalar(text("SELECT count(*) FROM audit")) == 0
    old.note("reviewer", "looked-at-identifiable", ID, {})


def test_a_chain_that_is_broken_is_not_passed_off_as_whole(old: SqlRecords, new: Database, tmp_path: Path) -> None:
    with Raw(f"sqlite:///{tmp_path / 'records.sqlite'}") as raw:
        raw.execute("DROP TRIGGER audit_no_update")
        raw.execute("UPDATE audit SET line = replace(line, 'reviewer', 'somebody') WHERE seq = 9")
    with pytest.raises(Held):
        move(old.database, new)
    with new.read() as connection:
        assert connection.scalar(text("SELECT count(*) FROM audit")) == 0


def test_records_are_not_moved_into_a_file(old: SqlRecords, tmp_path: Path) -> None:
    other = connect(f"sqlite:///{tmp_path / 'other.sqlite'}")
    with pytest.raises(Refused, match="server"):
        move(old.database, other)
    other.close()
