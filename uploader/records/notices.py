"""What the worker wants people to know about the watched folder: the desk and the worker meet only in the records.

A notice is replaced, not added to, and names nobody; it is no record of a change and has no audit line.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, insert, select

from uploader.records.database import Database
from uploader.records.tables import notices


class Notices:
    """Kind -> sentences, e.g. ``waiting`` -> "an RTSTRUCT waits for 60 images it refers to"."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def post(self, kind: str, sentences: Sequence[str]) -> None:
        """Say this, and no longer what was said before."""
        if list(sentences) == self.read(kind):
            return
        with self._database.alone() as connection:
            connection.execute(delete(notices).where(notices.c.kind == kind))
            connection.execute(insert(notices).values(kind=kind, sentences=list(sentences)))

    def read(self, kind: str) -> list[str]:
        with self._database.read() as connection:
            return list(connection.scalar(select(notices.c.sentences).where(notices.c.kind == kind)) or [])
