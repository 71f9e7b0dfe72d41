"""Who is logged in. Kept in this process and nowhere else, so that logging out ends what a copied cookie could do."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

LONGEST_SECONDS = 8 * 3600
"""A login ends after a working day, however busy it was."""


@dataclass(slots=True)
class _Login:
    person: str
    since: float
    seen: float


class Logins:
    """Tokens and whose they are.

    idle_seconds: a login ends when its person did nothing for this long; a page that looks again by itself is nobody
    """

    def __init__(self, idle_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._idle, self._clock = idle_seconds, clock
        self._open: dict[str, _Login] = {}
        self._lock = Lock()

    def open(self, person: str) -> str:
        """A new token: 256 random bits."""
        token, now = secrets.token_urlsafe(32), self._clock()
        with self._lock:
            self._open = {t: o for t, o in self._open.items() if self._lasts(o, now)}
            self._open[token] = _Login(person, now, now)
        return token

    def person(self, token: str, *, active: bool = True) -> str:
        """Whose token it is; empty when it is nobody's, or no longer.

        active: whether the person did something, which starts the idle time anew
        """
        now = self._clock()
        with self._lock:
            login = self._open.get(token)
            if login is None or not self._lasts(login, now):
                return ""
            if active:
                login.seen = now
            return login.person

    def close(self, token: str) -> None:
        with self._lock:
            self._open.pop(token, None)

    def _lasts(self, login: _Login, now: float) -> bool:
        return now - login.seen < self._idle and now - login.since < LONGEST_SECONDS
