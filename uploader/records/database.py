"""One database, the same for threads and processes: how it is opened, read, and changed one at a time.

Writers come one after the other, by ``BEGIN IMMEDIATE`` on SQLite and by an advisory lock on PostgreSQL: what a
writer has read is still true when it writes, and the audit chain has no forks. Readers never wait for writers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from uploader.domain.errors import DiskFull, Misconfigured, Transient, UploaderError

BUSY_SECONDS = 60
"""How long a writer waits for the writers before it."""

WRITER_LOCK = 0x5D1C0
"""Number of the advisory lock that writers hold on PostgreSQL."""

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


class Database:
    """Reading and changing. Foreign errors leave as ours, without the text that may quote values."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine, self.name = engine, name

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Reading; on SQLite everything as it was at the first read."""
        with self._translated(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """The only writer; all of it is kept when the block ends well, and nothing when it raises."""
        with (
            self._translated(),
            self._engine.connect().execution_options(opening="IMMEDIATE") as connection,
            connection.begin(),
        ):
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(WRITER_LOCK)))
            yield connection

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise _ours(error, self.name) from None


def connect(url: str, name: str = "the records") -> Database:
    """The database at `url`: ``sqlite:///path`` or ``postgresql+psycopg://…``. The schema is left as it is.

    Raises Misconfigured for any other address, and for an SQLite file in a folder that is not there.
    """
    address = _address(url, name)
    if address.get_backend_name() == "sqlite":
        return Database(_sqlite(address, name), name)
    return Database(create_engine(address, hide_parameters=True, pool_pre_ping=True), name)


def _address(url: str, name: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        raise Misconfigured(f"{name}: database_url is not an address") from None
    if address.get_backend_name() == "sqlite" and address.database not in (None, "", ":memory:"):
        return address
    if address.drivername == "postgresql+psycopg":
        return address
    raise Misconfigured(f"{name}: database_url must begin with sqlite:///path or postgresql+psycopg://")


def _sqlite(address: URL, name: str) -> Engine:
    folder = Path(str(address.database)).parent
    if not folder.is_dir():
        raise Misconfigured(f"{name}: there is no folder {folder}")
    engine = create_engine(address, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(dbapi: Any, _: object) -> None:
    dbapi.isolation_level = None  # we say BEGIN ourselves; the driver would say it late and DEFERRED
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
        dbapi.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('opening', 'DEFERRED')}")


def _ours(error: DBAPIError, name: str) -> UploaderError:
    code = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None) or "no code"
    if code in ("SQLITE_FULL", "53100"):
        return DiskFull(f"{name}: no room left on the disk; nothing was changed")
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) or error.connection_invalidated:
        return Transient(f"{name}: busy or not reachable; nothing was changed, try again")
    return Misconfigured(f"{name}: the database refused ({code}); check the file, its rights and the disk")
