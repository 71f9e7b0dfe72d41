"""What became of imports whose clients may ask for it again. Held in memory; a restart forgets it."""

from __future__ import annotations

import threading

MOST = 1000
"""Outcomes that are held; the oldest go first."""
LONGEST = 200
"""Characters of a listener's name that count."""


class Outcomes:
    """The last outcomes, each its account's own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], str] = {}

    def keep(self, login: str, listener: str, outcome: str) -> None:
        """Hold this outcome: where the upload went, or what was wrong with it."""
        key = (login, listener[:LONGEST])
        with self._lock:
            self._known.pop(key, None)
            self._known[key] = outcome
            while len(self._known) > MOST:
                del self._known[next(iter(self._known))]

    def get(self, login: str, listener: str) -> str | None:
        """The outcome, or None."""
        return self._known.get((login, listener[:LONGEST]))
