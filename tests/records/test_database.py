"""How the records are opened, and what is said when they cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import StatementError

from tests.postgres import PASSWORD, Postgres
from tests.records.conftest import postgresql_only, sqlite_only
from tests.records.made import ID, NOON, bring
from tests.records.raw import Raw
from uploader.domain.errors import DiskFull, Misconfigured, Transient, UploaderError
from uploader.domain.submission import State
from uploader.records import SqlRecords, open_records, verify
from uploader.records.audit import changing
from uploader.records.database import WRITER_LOCK
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


@sqlite_only
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


@postgresql_only
@pytest.mark.parametrize(
    ("setting", "value"),
    [("synchronous_commit", "on"), ("lock_timeout", "1min"), ("idle_in_transaction_session_timeout", "1min")],
)
def test_every_session_is_set_for_safety(records: SqlRecords, setting: str, value: str) -> None:
    with records.database.read() as connection:
        assert connection.scalar(text(f"SHOW {setting}")) == value


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


@sqlite_only
def test_a_full_disk_is_told_apart_and_changes_nothing(records: SqlRecords) -> None:
    bring(records, State.RECEIVED)
    before = verify(records.database)
    with records.database.read() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
    with pytest.raises(DiskFull):
        records.note("line", "filled", ID, {"codes": ["x"] * 100_000})
    assert verify(records.database) == before


@postgresql_only
@pytest.mark.parametrize(
    ("condition", "ours"),
    [
        ("disk_full", DiskFull),
        ("serialization_failure", Transient),
        ("deadlock_detected", Transient),
        ("too_many_connections", Transient),
        ("insufficient_privilege", Misconfigured),
    ],
)
def test_what_a_server_may_answer_is_told_apart_and_changes_nothing(
    records: SqlRecords, condition: str, ours: type[UploaderError]
) -> None:
    bring(records, State.RECEIVED)
    before = verify(records.database)

    def answered() -> None:
        with changing(records.database) as change:
            change.note("line", "answered")
            change.connection.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'DOE' USING ERRCODE = '{condition}'; END $$"))

    with pytest.raises(ours, match=r"^(?!.*DOE)"):
        answered()
    assert verify(records.database) == before


@sqlite_only
def test_records_that_stay_busy_are_transient(records: SqlRecords, raw: Raw) -> None:
    raw.execute("BEGIN IMMEDIATE")
    with records.database.read() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 10")
    with pytest.raises(Transient):
        records.create(ID, "pt-1", {}, State.ARRIVING)
    raw.execute("ROLLBACK")


@postgresql_only
def test_a_writer_that_never_ends_makes_the_next_transient(records: SqlRecords, raw: Raw) -> None:
    raw.execute(f"SELECT pg_advisory_lock({WRITER_LOCK})")
    with records.database.read() as connection:
        connection.exec_driver_sql("SET lock_timeout = '10ms'")
        connection.commit()
    with pytest.raises(Transient):
        records.create(ID, "pt-1", {}, State.ARRIVING)


@postgresql_only
def test_a_connection_that_is_lost_is_transient_and_the_next_one_serves(records: SqlRecords, raw: Raw) -> None:
    bring(records, State.RECEIVED)

    def cut_off() -> None:
        with changing(records.database) as change:
            change.note("line", "lost")
            raw.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'")
            change.note("line", "lost")

    before = verify(records.database)
    with pytest.raises(Transient):
        cut_off()
    assert verify(records.database) == before


@postgresql_only
def test_a_server_that_is_away_is_transient(url: str, tmp_path: Path) -> None:
    with pytest.raises(Transient):
        open_records(url.split("?", maxsplit=1)[0] + f"?host={tmp_path}")


def test_a_server_whose_name_is_not_known_yet_is_transient() -> None:
    with pytest.raises(Transient):
        open_records("postgresql+psycopg://uploader@nowhere.invalid/uploader")


@postgresql_only
@pytest.mark.parametrize("wrong", ["another password", ""])
def test_a_password_that_is_not_accepted_stops_the_start(url: str, tmp_path: Path, wrong: str) -> None:
    (tmp_path / "password").write_text(wrong)
    with pytest.raises(Misconfigured, match="account"):
        open_records(url.replace("uploader@", "guarded@"), tmp_path / "password")


def test_the_password_comes_from_a_file(tmp_path: Path, postgres: Postgres) -> None:
    (tmp_path / "password").write_text(PASSWORD + "\n")
    guarded = postgres.url(postgres.new_database(owner="guarded"), "guarded")
    records = open_records(guarded, tmp_path / "password")
    bring(records, State.RELEASED)
    records.close()


def test_a_password_in_an_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="file") as caught:
        open_records("postgresql+psycopg://uploader:sesame@host/db", tmp_path / "password")
    assert "sesame" not in str(caught.value)


def test_a_password_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="nowhere"):
        open_records("postgresql+psycopg://uploader@host/db", tmp_path / "nowhere")


def test_a_time_without_a_zone_is_refused(records: SqlRecords) -> None:
    bring(records, State.QUEUED)
    with pytest.raises(StatementError, match="time zone"):
        records.rest(ID, 2, State.WAITING, due_at=NOON.replace(tzinfo=None))


def test_what_the_database_says_is_not_passed_on(records: SqlRecords) -> None:
    with pytest.raises(Misconfigured) as caught, records.database.alone() as connection:
        connection.execute(text("INSERT INTO labels VALUES ('T', 'L', 'DOE^JANE', 'nobody')"))
    assert "DOE" not in str(caught.value)
    assert caught.value.__cause__ is None
