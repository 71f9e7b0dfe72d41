"""Guessing a password is slow, and after some guesses of no use."""

from __future__ import annotations

import threading
import time

FAILURES_LOCK = 20
"""So many wrong passwords, one after another, for one account from one peer lock it for that peer, as in XNAT."""
LOCKED_SECONDS = 15 * 60
"""Since the last wrong one."""
LONGEST_DELAY = 1.0
"""Seconds before a wrong password is answered; it begins with 0.05 and doubles."""
REMEMBERED = 10_000
"""Pairs of account and peer; those that failed longest ago are forgotten first."""

Key = tuple[str, str]


class Throttle:
    """Counts failures by account and peer: who guesses an account from elsewhere does not lock its owner out."""

    def __init__(self) -> None:
        self._failures: dict[Key, tuple[int, float]] = {}
        self._lock = threading.Lock()

    def locked(self, login: str, peer: str) -> bool:
        """Whether not even the right password is looked at."""
        with self._lock:
            return self._count((login, peer)) >= FAILURES_LOCK

    def failed(self, login: str, peer: str) -> float:
        """Count one more; returns the seconds after which it is to be told."""
        key = (login, peer)
        with self._lock:
            count = min(self._count(key) + 1, FAILURES_LOCK)
            self._failures.pop(key, None)  # to stand last again
            self._failures[key] = (count, time.monotonic())
            while len(self._failures) > REMEMBERED:
                del self._failures[next(iter(self._failures))]
        return float(min(0.05 * 2 ** (count - 1), LONGEST_DELAY))

    def forget(self, login: str, peer: str) -> None:
        """The password was right."""
        with self._lock:
            self._failures.pop((login, peer), None)

    def _count(self, key: Key) -> int:
        count, last = self._failures.get(key, (0, 0.0))
        return count if time.monotonic() - last < LOCKED_SECONDS else 0
