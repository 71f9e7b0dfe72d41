"""How the records are opened, and what is said when they cannot be."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import StatementError
from sqlalchemy.schema import CreateTable

from tests.records.made import ID, NOON, bring
from uploader.domain.errors import DiskFull, Misconfigured, Transient
from uploader.domain.submission import State
from uploader.records import SqlRecords, open_records, verify
from uploader.records.tables import metadata


def test_records_outlive_a_restart(url: str) -> None:
    records = open_records(url)
    bring(records, State.SIGNED)
    before = records.get(ID)
    records.close()
    again = open_records(url)
    assert again.get(ID) == before
    again.close()


def test_the_migrations_make_the_tables_the_program_uses(records: SqlRecords) -> None:
    with records.database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_records_of_a_newer_program_are_refused(records: SqlRecords, url: str) -> None:
    with records.database.alone() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Misconfigured, match="newer version"):
        open_records(url)


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 60_000)]
)
def test_every_connection_is_set_for_safety(records: SqlRecords, pragma: str, value: object) -> None:
    with records.database.read() as connection:
        assert connection.scalar(text(f"PRAGMA {pragma}")) == value


@pytest.mark.parametrize(
    "address", ["", "nonsense", "sqlite://", "sqlite:///:memory:", "mysql://host/db", "postgresql://host/db"]
)
def test_an_address_we_cannot_keep_records_at_is_refused(address: str) -> None:
    with pytest.raises(Misconfigured, match="database_url"):
        open_records(address)


def test_an_address_is_not_quoted_because_it_may_hold_a_password() -> None:
    with pytest.raises(Misconfigured) as caught:
        open_records("mysql://user:sesame@host/db")
    assert "sesame" not in str(caught.value)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="nowhere"):
        open_records(f"sqlite:///{tmp_path / 'nowhere' / 'records.sqlite'}")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "records.sqlite").write_text("not a database, not a database" * 40)
    with pytest.raises(Misconfigured, match="SQLITE_NOTADB"):
        open_records(f"sqlite:///{tmp_path / 'records.sqlite'}")


def test_a_full_disk_is_told_apart_and_changes_nothing(records: SqlRecords) -> None:
    bring(records, State.RECEIVED)
    before = verify(records.database)
    with records.database.read() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
    with pytest.raises(DiskFull):
        records.note("line", "filled", ID, {"codes": ["x"] * 100_000})
    assert verify(records.database) == before


def test_records_that_stay_busy_are_transient(records: SqlRecords, tmp_path: Path, url: str) -> None:
    other = sqlite3.connect(tmp_path / "records.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with records.database.read() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 10")
    with pytest.raises(Transient):
        records.create(ID, "pt-1", {}, State.ARRIVING)
    other.execute("ROLLBACK")
    other.close()


def test_a_time_without_a_zone_is_refused(records: SqlRecords) -> None:
    bring(records, State.QUEUED)
    with pytest.raises(StatementError, match="time zone"):
        records.rest(ID, 2, State.WAITING, due_at=NOON.replace(tzinfo=None))


def test_what_the_database_says_is_not_passed_on(records: SqlRecords) -> None:
    with pytest.raises(Misconfigured) as caught, records.database.alone() as connection:
        connection.execute(text("INSERT INTO labels VALUES ('T', 'L', 'DOE^JANE', 'nobody')"))
    assert "DOE" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_every_table_can_be_made_on_postgresql() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    for table in metadata.sorted_tables:
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=dialect))
