"""Whether the schema of the records is the one this program knows."""

from __future__ import annotations

from sqlalchemy import inspect, text

from uploader.records.database import Database

HEAD = "0005"
"""The newest revision in `migrations/`; a test compares."""


def migrate(database: Database) -> None:
    """Upgrade to the newest revision, all or nothing; two processes may do so at once.

    Records that are up to date are told by one look, without loading Alembic.
    Raises Misconfigured for a database that a newer program has already changed.
    """
    if _revisions(database) == {HEAD}:
        return
    from uploader.records.upgrade import upgrade

    upgrade(database)


def _revisions(database: Database) -> set[str]:
    with database.read() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return set()
        return set(connection.scalars(text("SELECT version_num FROM alembic_version")))
