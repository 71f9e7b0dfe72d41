"""Gleaning and checking, here or in other processes, which may be those that the caller has already started.

What is looked for travels with each handful of files, in one piece that a process takes apart once.
"""

from __future__ import annotations

import pickle
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from uploader.domain.manifest import Entry
from uploader.stages.verify.check import Bench, Order, check, glean
from uploader.stages.verify.identity import Harvest
from uploader.stages.verify.look import Report, Sighting

A = TypeVar("A")
R = TypeVar("R")

WORTH_STARTING = 400
"""Files; for fewer, starting processes takes longer than the work."""
_WORTH_SENDING = 16
"""Files; for fewer, not even processes that run already are of use."""
_MOST_AT_ONCE = 64
"""Files handed to a process at a time."""


class Here:
    """Works in this process."""

    def __init__(self) -> None:
        self._bench = Bench()

    def glean(
        self, original: Callable[[str], Path], kept: frozenset[int], entries: Iterable[Entry]
    ) -> Iterator[tuple[Harvest, list[Sighting]]]:
        return map(partial(glean, self._bench, original, kept), entries)

    def check(self, order: Order, entries: Iterable[tuple[Entry | None, Entry]]) -> Iterator[Report]:
        return map(partial(check, self._bench, order), entries)


class Elsewhere:
    """Works in the processes of `pool`, `jobs` of them. They forget a session as soon as they work on another."""

    def __init__(self, pool: Executor, jobs: int, files: int) -> None:
        self._map = partial(pool.map, chunksize=max(1, min(_MOST_AT_ONCE, files // (4 * jobs))))
        self._token = secrets.token_hex(16)

    def glean(
        self, original: Callable[[str], Path], kept: frozenset[int], entries: Iterable[Entry]
    ) -> Iterator[tuple[Harvest, list[Sighting]]]:
        return self._map(partial(_glean, self._token, original, kept), entries)

    def check(self, order: Order, entries: Iterable[tuple[Entry | None, Entry]]) -> Iterator[Report]:
        return self._map(partial(_check, self._token, pickle.dumps(order)), entries)


@contextmanager
def workers(jobs: int, files: int, pool: Executor | None) -> Iterator[Here | Elsewhere]:
    """Where the work is done: here, in `pool`, or in `jobs` processes that are started for it."""
    if pool is not None and files >= _WORTH_SENDING:
        yield Elsewhere(pool, max(jobs, 1), files)
    elif pool is not None or jobs <= 1 or files < WORTH_STARTING:
        yield Here()
    else:
        with _started(jobs) as own:
            yield Elsewhere(own, jobs, files)


@contextmanager
def _started(jobs: int) -> Iterator[ProcessPoolExecutor]:
    context = get_context("forkserver")
    # what the main module imports would otherwise be imported again by each worker
    context.set_forkserver_preload([name for name in sys.modules if name.startswith("uploader.")])
    with ProcessPoolExecutor(jobs, context) as pool:
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)


_desk: dict[str, tuple[Bench, dict[bytes, Order]]] = {}
"""In a worker process: token of the session under way -> its bench, and what is asked of it."""


def _at(token: str) -> tuple[Bench, dict[bytes, Order]]:
    if token not in _desk:
        _desk.clear()
        _desk[token] = Bench(), {}
    return _desk[token]


def _glean(
    token: str, original: Callable[[str], Path], kept: frozenset[int], entry: Entry
) -> tuple[Harvest, list[Sighting]]:
    return glean(_at(token)[0], original, kept, entry)


def _check(token: str, packed: bytes, both: tuple[Entry | None, Entry]) -> Report:
    bench, orders = _at(token)
    if packed not in orders:
        orders[packed] = pickle.loads(packed)  # noqa: S301 - it comes from our own parent process
    return check(bench, orders[packed], both)
