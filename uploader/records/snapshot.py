"""A SQLite file as it is at one moment, while others write to it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from uploader.domain.errors import Misconfigured


def snapshot(source: Path, target: Path) -> None:
    """Copy the database `source` to the new file `target`, whole and durable.

    Raises Misconfigured for a damaged one.
    """
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as old,
            closing(sqlite3.connect(target)) as new,
        ):
            old.backup(new)  # of the moment it begins; writers are not held up
            (verdict,) = new.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        raise Misconfigured(f"the database {source} cannot be copied ({error.sqlite_errorname})") from None
    if verdict != "ok":
        raise Misconfigured(f"the database {source} is damaged; restore the last good copy")
    with target.open("rb") as data:
        os.fsync(data.fileno())
