"""The heartbeats of the workers that share the records: who is alive, and whose work may be taken over.

A heartbeat is no record: it has no audit line, and nothing is lost with it.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, insert, select, update

from uploader.records.database import Clock, Database, utc_now
from uploader.records.tables import workers


class Workers:
    """Who was seen when. `worker`: a name that no two living processes share."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database, self._clock = database, clock

    def beat(self, worker: str) -> None:
        """I am alive."""
        seen = update(workers).where(workers.c.id == worker).values(seen_at=self._clock())
        with self._database.alone() as connection:
            if connection.execute(seen).rowcount == 0:
                connection.execute(insert(workers).values(id=worker, seen_at=self._clock()))

    def dead(self, older_than_seconds: float) -> list[str]:
        """Workers whose last beat is longer ago than this, by name."""
        latest = self._clock() - timedelta(seconds=older_than_seconds)
        query = select(workers.c.id).where(workers.c.seen_at < latest).order_by(workers.c.id)
        with self._database.read() as connection:
            return list(connection.scalars(query))

    def forget(self, worker: str) -> None:
        """Its work was taken over, or it ended well."""
        with self._database.alone() as connection:
            connection.execute(delete(workers).where(workers.c.id == worker))
