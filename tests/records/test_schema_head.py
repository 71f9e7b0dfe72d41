"""The revision that is looked for is the newest there is."""

from __future__ import annotations

from alembic.config import Config
from alembic.script import ScriptDirectory

from uploader.records.schema import HEAD
from uploader.records.upgrade import MIGRATIONS


def test_the_head_that_the_records_look_for_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]
