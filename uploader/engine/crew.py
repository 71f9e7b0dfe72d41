"""The sessions of a run, one after another or by several processes at once.

Processes are forked when everything is planned: what identifies patients is inherited, and never sent. Numbers go to
them, and only what is plain comes back.
"""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from uploader.domain.errors import UploaderError
from uploader.engine.plan import Job
from uploader.engine.work import Bench, Judged, Made, make, prove

CHUNK = 64
"""Files that a process makes at a time."""
_LARGE = 400
"""Files of a session from which its verification is worth several processes."""
_WATCH_SECONDS = 0.5

Done = tuple[int, Made, Judged]
"""Which session, what was made of its files, and what the verifier says."""


class _Task(NamedTuple):
    """Files of session `job` from `begin` to `end` to make; or with `made`, the session to prove."""

    job: int
    begin: int = 0
    end: int = 0
    made: Made | None = None


def carried(bench: Bench, jobs: Sequence[Job], workers: int, progress: Callable[[int], None]) -> Iterator[Done]:
    """Every session, made and judged, in the order in which they are done.

    progress: told after each handful how many files more are made
    """
    if workers < 2 or sum(len(job.names) for job in jobs) < 2 * CHUNK:
        yield from _alone(bench, jobs, progress)
        return
    _inherited[:] = [(bench, jobs)]
    with warnings.catch_warnings():
        # Python 3.12 warns of threads that a fork leaves behind; numpy's, which it counts, are asleep and never used
        warnings.simplefilter("ignore", DeprecationWarning)
        pool = ProcessPoolExecutor(workers, get_context("fork"), _tether, (os.getpid(),))
        with pool:
            try:
                yield from _Crew(pool, bench, jobs, workers, progress).run()
            finally:
                pool.shutdown(cancel_futures=True)
                _inherited.clear()


def _alone(bench: Bench, jobs: Sequence[Job], progress: Callable[[int], None]) -> Iterator[Done]:
    for number, job in enumerate(jobs):
        made, names = Made(), job.names
        for begin in range(0, len(names), CHUNK):
            made.add(make(bench, job, names[begin : begin + CHUNK]))
            progress(len(names[begin : begin + CHUNK]))
        yield number, made, prove(bench, job, made)


class _Crew:
    """Hands out tasks, proofs first, so that few sessions are half done at any time."""

    def __init__(
        self,
        pool: ProcessPoolExecutor,
        bench: Bench,
        jobs: Sequence[Job],
        workers: int,
        progress: Callable[[int], None],
    ) -> None:
        self._pool, self._bench, self._jobs, self._workers = pool, bench, jobs, workers
        self._progress = progress
        self._to_make = _portions(jobs)
        self._to_prove: deque[_Task] = deque()
        self._made = [Made() for _ in jobs]
        self._out: dict[Future[Made | Judged | tuple[str, str]], _Task] = {}

    def run(self) -> Iterator[Done]:
        while self._hand_out():
            for future in wait(self._out, return_when=FIRST_COMPLETED).done:
                task, result = self._out.pop(future), future.result()
                if isinstance(result, tuple):
                    raise UploaderError.revive(*result)
                if isinstance(result, Judged):
                    yield task.job, self._taken(task.job), result
                elif self._whole(task, result):
                    yield from self._proof(task.job)

    def _hand_out(self) -> bool:
        """Whether anything is under way."""
        while len(self._out) < 2 * self._workers:
            task = self._to_prove.popleft() if self._to_prove else next(self._to_make, None)
            if task is None:
                break
            self._out[self._pool.submit(_carry_out, task)] = task
        return bool(self._out)

    def _whole(self, task: _Task, made: Made) -> bool:
        """Add what was made; whether that was the last of the session."""
        mine = self._made[task.job]
        mine.add(made)
        self._progress(task.end - task.begin)
        return len(mine.after) + len(mine.held) == len(self._jobs[task.job].names)

    def _taken(self, job: int) -> Made:
        """What was made of the session, which is not kept any longer."""
        made, self._made[job] = self._made[job], Made()
        return made

    def _proof(self, job: int) -> Iterator[Done]:
        """A large session is proved by all processes together, others by one."""
        made = self._made[job]
        if len(made.after) >= _LARGE:
            told = replace(self._jobs[job], original=_Inherited(job))
            yield job, self._taken(job), prove(self._bench, told, made, self._pool)
        else:
            self._to_prove.append(_Task(job, made=made))


_inherited: list[tuple[Bench, Sequence[Job]]] = []
"""In a forked process: what its tasks are about."""


@dataclass(frozen=True, slots=True)
class _Inherited:
    """`Job.original` of a session, for all processes of the crew: its number travels, not its paths."""

    job: int

    def __call__(self, name: str) -> Path:
        return _inherited[0][1][self.job].original(name)


def _tether(parent: int) -> None:
    """In a process: leave Ctrl-C to the parent, and end when it is gone, however it went."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_WATCH_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _portions(jobs: Sequence[Job]) -> Iterator[_Task]:
    for number, job in enumerate(jobs):
        for begin in range(0, len(job.names), CHUNK):
            yield _Task(number, begin, min(begin + CHUNK, len(job.names)))


def _carry_out(task: _Task) -> Made | Judged | tuple[str, str]:
    """What came out, or code and message of our error: exceptions of ours do not all survive pickling."""
    ((bench, jobs),) = _inherited
    job = jobs[task.job]
    try:
        if task.made is not None:
            return prove(bench, job, task.made)
        return make(bench, job, job.names[task.begin : task.end])
    except UploaderError as error:
        return error.code, str(error)
