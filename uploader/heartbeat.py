"""Who is alive among the workers that share the records, and whether this one still counts as alive.

No clock of another machine is believed: a worker is dead when its beat has not changed for long enough while this one
was watching. Time in which this one could not watch, because the records were away or it was paused, does not count;
else the first to come back would declare all the others dead.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from uploader.domain.errors import UploaderError
from uploader.logs import say


class Workers(Protocol):
    """The heartbeats of the workers that share the records."""

    def beat(self, worker: str) -> bool:
        """I am alive; whether I was known before this beat."""

    def heard(self) -> Mapping[str, object]:
        """Worker -> something that changes with each of its beats."""

    def forget(self, worker: str) -> None: ...


class Silence:
    """How long each of the others has been silent."""

    def __init__(self, most_a_look_seconds: float) -> None:
        """`most_a_look_seconds`: how much silence one look may add, however long ago the look before was."""
        self._most = most_a_look_seconds
        self._looked = 0.0
        self._last: dict[str, tuple[object, float]] = {}

    def look(self, heard: Mapping[str, object], now: float) -> None:
        """`now`: seconds of a clock that never goes back."""
        passed = min(now - self._looked, self._most) if self._last else 0.0
        last, self._looked, self._last = self._last, now, {}
        for name, beat in heard.items():
            before, silent = last.get(name, (beat, 0.0))
            self._last[name] = (beat, silent + passed if before == beat and name in last else 0.0)

    def longer_than(self, seconds: float) -> list[str]:
        return sorted(name for name, (_, silent) in self._last.items() if silent >= seconds)


class Heart:
    """Beats in a thread of its own, so that a worker with its hands full is not taken for dead."""

    def __init__(self, workers: Workers, worker: str, dead_after_seconds: float, lost: Callable[[], None]) -> None:
        """`lost` is called when this worker was alive but slow, and another one has taken over its work."""
        self._workers, self._worker, self._lost = workers, worker, lost
        self._dead_after = dead_after_seconds
        self._silence = Silence(dead_after_seconds / 10)
        self._dead: list[str] = []
        self._known = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Raises what the records raise at the first beat."""
        self._beat()
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def dead(self) -> list[str]:
        """The others whose work may be taken over."""
        return self._dead

    def _go_on(self) -> None:
        while not self._stopping.wait(self._dead_after / 30):
            try:
                self._beat()
            except UploaderError as error:
                say("beat-failed", code=error.code)

    def _beat(self) -> None:
        if not self._workers.beat(self._worker) and self._known:
            self._lost()
        self._known = True
        heard = dict(self._workers.heard())
        heard.pop(self._worker, None)
        self._silence.look(heard, time.monotonic())
        self._dead = self._silence.longer_than(self._dead_after)
