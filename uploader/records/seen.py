"""Which instances were received before, so that an RTSTRUCT that arrives a week later need not wait for its CT.

A token is a keyed hash of a SOP Instance UID: without the key it says nothing. It is no record of a change and
has no audit line; a token too many only lets an RT object through to the validators earlier.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, insert, select

from uploader.records.database import Database
from uploader.records.tables import seen

_BATCH = 500
"""Parameters in one statement; SQLite takes a thousand."""


class Seen:
    """A set of tokens that is kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def remember(self, tokens: Collection[str]) -> None:
        """Add them. Doing it again changes nothing."""
        with self._database.alone() as connection:
            for batch in _batches(tokens):
                known = set(connection.scalars(select(seen.c.token).where(seen.c.token.in_(batch))))
                if fresh := [{"token": token} for token in batch if token not in known]:
                    connection.execute(insert(seen), fresh)

    def all(self, tokens: Collection[str]) -> bool:
        """Whether every one of them was seen."""
        with self._database.read() as connection:
            found = sum(
                connection.scalar(select(func.count()).where(seen.c.token.in_(batch))) or 0
                for batch in _batches(tokens)
            )
        return found == len(set(tokens))


def _batches(tokens: Collection[str]) -> list[list[str]]:
    ordered = sorted(set(tokens))
    return [ordered[at : at + _BATCH] for at in range(0, len(ordered), _BATCH)]
