"""Records in a database of their own, on SQLite and on PostgreSQL, a clock that a test may turn, and whoever goes
past the program."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.postgres import Postgres
from tests.records.made import Watch, files_of
from tests.records.raw import Raw
from uploader.records.database import connect
from uploader.records.schema import migrate
from uploader.records.submissions import SqlRecords, open_records

sqlite_only = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
postgresql_only = pytest.mark.parametrize("url", ["postgresql"], indirect=True)


@pytest.fixture(scope="session")
def template(postgres: Postgres) -> str:
    """A database on PostgreSQL that has the tables already: copying it is quicker than migrating."""
    name = postgres.new_database()
    open_records(postgres.url(name)).close()
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of a database, made but empty on SQLite, and with its tables on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'records.sqlite'}"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.url(postgres.new_database(request.getfixturevalue("template")))


@pytest.fixture
def empty_url(url: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of a database without any table."""
    if url.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'empty.sqlite'}"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.url(postgres.new_database())


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def records(url: str, watch: Watch) -> Iterator[SqlRecords]:
    database = connect(url)
    migrate(database)
    records = SqlRecords(database, watch)
    yield records
    records.close()


@pytest.fixture
def raw(records: SqlRecords, url: str) -> Iterator[Raw]:
    """The same database in the hands of someone with every right."""
    with Raw(url) as connection:
        yield connection


@pytest.fixture
def copied(url: str, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Copies the database, which nobody may have open, and returns the copy's address."""

    def copy() -> str:
        if url.startswith("sqlite"):
            shutil.copy(tmp_path / "records.sqlite", tmp_path / "copy.sqlite")
            return f"sqlite:///{tmp_path / 'copy.sqlite'}"
        postgres: Postgres = request.getfixturevalue("postgres")
        return postgres.url(postgres.new_database(Postgres.name_in(url)))

    return copy


@pytest.fixture
def kept(url: str, request: pytest.FixtureRequest) -> Callable[[], bytes]:
    """Reads every byte that the database keeps."""

    def read() -> bytes:
        if url.startswith("sqlite"):
            return b"".join(path.read_bytes() for path in files_of(url))
        postgres: Postgres = request.getfixturevalue("postgres")
        return postgres.dump(Postgres.name_in(url))

    return read
