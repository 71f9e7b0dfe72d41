"""A real PostgreSQL for tests: one server a test process, made anew, with a database for whoever asks."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import psycopg
import pytest

from tests.patience import PATIENCE_SECONDS

PASSWORD = "a password that is in no address"
"""Password of the role `guarded`; the roles `postgres` and `uploader` need none."""
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "shared_buffers": "16MB",
    "max_connections": "200",
    "autovacuum": "off",
    "max_wal_senders": "0",
    "wal_level": "minimal",
}
_ACCESS = "local all guarded scram-sha-256\nlocal all all trust\n"


def programs() -> Path | None:
    """The folder of `initdb` and `postgres`, of the newest version there is."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


class Postgres:
    """One server in a folder of its own, reached through a socket in it; started and stopped at will."""

    def __init__(self, bin_folder: Path) -> None:
        self._bin = bin_folder
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._as = _unprivileged(self.folder)
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Postgres:
        self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
        (self.folder / "data" / "pg_hba.conf").write_text(_ACCESS)
        self.start()
        self.sql("CREATE ROLE uploader LOGIN", f"CREATE ROLE guarded LOGIN PASSWORD '{PASSWORD}'")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def start(self) -> None:
        """Start, and wait until it answers. The server dies with this process, however that ends."""
        options = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
        command = [str(self._bin / "postgres"), "-D", self._data, "-k", str(self.folder), *options]
        tether = ["setpriv", "--pdeathsig", "INT"]
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen([*self._as, *tether, *command], stdout=log, stderr=log)
        until = time.monotonic() + PATIENCE_SECONDS
        while not self._answers():
            if self._server.poll() is not None or time.monotonic() > until:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.02)

    def stop(self) -> None:
        """Cut every connection and stop, as a restart of the machine would."""
        if self._server is not None:
            self._run("pg_ctl", "stop", "-D", self._data, "-m", "fast", "-w")
            self._server.wait()
            self._server = None

    def url(self, database: str, role: str = "uploader") -> str:
        return f"postgresql+psycopg://{role}@/{database}?host={self.folder}"

    def dsn(self, database: str, role: str = "postgres") -> str:
        """How psycopg itself and PostgreSQL's own programs are told where to go."""
        return f"host={self.folder} dbname={database} user={role}"

    def sql(self, *statements: str, database: str = "postgres") -> None:
        with psycopg.connect(self.dsn(database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def ask(self, query: str, database: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn(database)) as connection:
            return connection.execute(query.encode()).fetchall()

    def new_database(self, template: str = "template1", owner: str = "uploader") -> str:
        """Name of a fresh database, a copy of `template`."""
        name = f"t{secrets.token_hex(6)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {owner}")
        return name

    @staticmethod
    def name_in(url: str) -> str:
        """The database that `url` leads to."""
        return url.split("@/", 1)[1].split("?", maxsplit=1)[0]

    def dump(self, database: str) -> bytes:
        """Everything in the database, as text."""
        command = [str(self._bin / "pg_dump"), "--inserts", self.dsn(database)]
        return subprocess.run(command, check=True, capture_output=True).stdout

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.dsn("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run([*self._as, str(self._bin / program), *arguments], check=True, capture_output=True, cwd="/")


def _unprivileged(folder: Path) -> list[str]:
    """What to put before a command of PostgreSQL, which refuses to run as root; `folder` becomes its user's."""
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", "--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups"]


@contextmanager
def server() -> Iterator[Postgres]:
    """A running server; without PostgreSQL a reason to skip, and in CI a failure."""
    if (found := programs()) is None:
        reason = "PostgreSQL is not installed: apt-get install postgresql"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with Postgres(found) as running:
        yield running
