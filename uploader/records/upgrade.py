"""Brings the schema of the records to the version this program knows, with Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from uploader.domain.errors import Misconfigured
from uploader.records.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(database: Database) -> None:
    """Upgrade to the newest revision, all or nothing; two processes may do so at once.

    Raises Misconfigured for a database that a newer program has already changed.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    with database.alone() as connection:
        present = set(MigrationContext.configure(connection).get_current_heads())
        if present - known:
            raise Misconfigured(
                f"{database.name}: made by a newer version of this program; install that version, or restore a backup"
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
