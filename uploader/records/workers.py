"""The heartbeats of the workers that share the records: who is alive, and whose work may be taken over.

A heartbeat is no record: it has no audit line, and nothing is lost with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from uploader.records.database import Clock, Database, utc_now
from uploader.records.tables import workers


class Workers:
    """Who was seen when. `worker`: a name that no two living processes share."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database, self._clock = database, clock

    def beat(self, worker: str) -> bool:
        """I am alive; whether I was known before this beat."""
        seen = update(workers).where(workers.c.id == worker).values(seen_at=self._clock())
        with self._database.alone() as connection:
            known = connection.execute(seen).rowcount > 0
            if not known:
                connection.execute(insert(workers).values(id=worker, seen_at=self._clock()))
        return known

    def heard(self) -> Mapping[str, datetime]:
        """Worker -> its last beat, by the clock of its own machine: to be compared with itself only."""
        with self._database.read() as connection:
            return {row.id: row.seen_at for row in connection.execute(select(workers))}

    def forget(self, worker: str) -> None:
        """Its work was taken over, or it ended well."""
        with self._database.alone() as connection:
            connection.execute(delete(workers).where(workers.c.id == worker))
