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
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from uploader.domain.errors import Misconfigured
from uploader.records.faults import not_reached, translated

BUSY_SECONDS = 60
"""How long a writer waits for the writers before it."""

WRITER_LOCK = 0x5D1C0
"""Number of the advisory lock that writers hold on PostgreSQL."""

_SESSION = {
    "synchronous_commit": "on",
    "lock_timeout": f"{BUSY_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{BUSY_SECONDS}s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
"""Settings of every session on PostgreSQL: a commit is on the disk when it is answered, and a writer whose machine is
gone does not keep the others waiting."""
_CONNECTING = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    "options": " ".join(f"-c {name}={value}" for name, value in _SESSION.items()),
}
"""How psycopg connects: a cut network is noticed within half a minute."""

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


class Database:
    """Reading and changing. Foreign errors leave as ours, without the text that may quote values."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine, self.name = engine, name

    @property
    def shared(self) -> bool:
        """Whether processes on other machines may use it too."""
        return self._engine.dialect.name == "postgresql"

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
            if self.shared:
                connection.execute(select(func.pg_advisory_xact_lock(WRITER_LOCK)))
            yield connection

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise translated(error, self.name) from None


def connect(url: str, name: str = "the records", password_file: Path | None = None) -> Database:
    """The database at `url`: ``sqlite:///path`` or ``postgresql+psycopg://…``. The schema is left as it is.

    password_file: holds the password of the account in `url`
    Raises Misconfigured for any other address, for one with a password in it, for an SQLite file in a folder that is
    not there, and for a password file that cannot be read.
    """
    address = _address(url, name)
    if address.get_backend_name() == "sqlite":
        return Database(_sqlite(address, name), name)
    return Database(_postgresql(with_password(url, password_file, name)), name)


def is_shared(url: str) -> bool:
    """Whether several machines could keep records at `url`."""
    return url.startswith("postgresql+psycopg://")


def with_password(url: str, password_file: Path | None, name: str = "the records") -> str:
    """`url` with the password of its account, for a driver and for nobody's eyes. Raises Misconfigured."""
    address = _address(url, name)
    if address.password:
        raise Misconfigured(f"{name}: an address in the settings holds no password; name a file that does")
    if password_file is None:
        return url
    return address.set(password=_password(password_file, name)).render_as_string(hide_password=False)


def _password(path: Path, name: str) -> str:
    try:
        return path.read_text().rstrip("\r\n")
    except OSError:
        raise Misconfigured(f"{name}: the password file {path} cannot be read") from None


def server_at(url: str, password_file: Path | None, name: str) -> Engine:
    """Connections to the server at `url`, for the durable engine's own tables. Raises Misconfigured."""
    return _postgresql(with_password(url, password_file, name))


def _postgresql(url: str) -> Engine:
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, pool_size=10, connect_args=_CONNECTING)
    event.listen(engine, "handle_error", _tell_lost)
    return engine


def _tell_lost(context: ExceptionContext) -> None:
    """A server that cannot be reached, or whose name is unknown while it starts, is a lost connection: without this the
    durable engine would give up what is under way instead of waiting."""
    if not_reached(context.original_exception):
        context.is_disconnect = True


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
