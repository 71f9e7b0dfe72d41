"""The line, made durable. The only module that knows DBOS.

DBOS writes workflow arguments, step results and errors into its database. So a workflow takes a submission id,
a step returns a small plain value, and an error is kept as its code: nothing that identifies a patient can be
stored there. The records decide what is due; DBOS only saves repeated work. Hence

* steps are at-least-once, and every step of the line bears repeating;
* the name of a workflow says submission, route and attempt, and starting one twice starts it once: of several workers
  one takes up each attempt;
* a workflow left by another version of the line, or by a worker of other routes, is begun again from the records, not
  resumed;
* a worker that stops beating loses its work to the others (the engine itself does not hand it over);
* nothing waits inside the engine, so no gate can block a queue.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

from dbos import DBOS, DBOSConfig, Serializer, SetWorkflowID

from uploader import line
from uploader.diagnostics import contained
from uploader.domain.errors import Transient, UploaderError
from uploader.domain.submission import ROUTES, State
from uploader.given import Gateway
from uploader.heartbeat import Heart, Workers
from uploader.logs import say

VERSION = "line-2"
"""Name of the order of steps. Change it when a route in `line` changes.

DBOS resumes only workflows of its own version; what an older version left unfinished is still due in the
records, so `adopt` begins it again, and every step bears repeating."""

MOST_RECOVERIES = 3
"""How often a workflow that takes its worker down with it is tried again before a person must look."""
DEAD_AFTER_SECONDS = 30
"""A worker that has not been heard of for this long is dead, and its work is taken over."""
REST_AGAIN_SECONDS = 1.0
"""How soon it is tried again to write down where a submission came to rest."""
ORPHAN_AFTER_SECONDS = 10.0
"""How long what is ours may be under way without running here: it may be waiting for a thread."""
LOST = 75
"""Exit code of a worker whose work was taken over while it was alive: it is to be started again."""
KEPT = timedelta(days=7)
"""How long the engine remembers what has ended."""
_UNFINISHED = frozenset({"PENDING", "ENQUEUED", "DELAYED"})


class PlainJson(Serializer):
    """JSON for plain values, codes for errors, a refusal for anything else."""

    def serialize(self, data: Any) -> str:
        if isinstance(data, UploaderError):
            data = {"error": data.code, "says": str(data)}
        elif isinstance(data, BaseException):
            data = {"error": "defect", "says": type(data).__name__}
        return json.dumps(data, default=_refuse)

    def deserialize(self, serialized_data: str) -> Any:
        data = json.loads(serialized_data)
        if isinstance(data, dict) and data.keys() == {"error", "says"}:
            return UploaderError.revive(data["error"], data["says"])
        return data

    def name(self) -> str:
        return "uploader-plain-json"


def _refuse(value: object) -> object:
    raise TypeError(f"a step may not return a {type(value).__name__}")


@dataclass(frozen=True, slots=True)
class Worker:
    """What the worker process calls several times a second."""

    id: str
    gateway: Gateway
    routes: Sequence[str]
    workers: Workers
    at_once: int
    _heart: Heart
    _carry: Callable[[str, str, int], str]
    _running: set[str]
    _lock: threading.Lock
    _orphans: dict[str, float]

    def adopt(self) -> list[str]:
        """Take over from the dead, and set every due submission of our routes moving, once."""
        self._take_over()
        begun = []
        for submission, route, attempt in self.gateway.records.due(self.gateway.now(), self.routes):
            if len(self._running) >= self.at_once:
                break
            if submission not in self._running and (name := self._begin(submission, route, attempt)):
                begun.append(name)
        return begun

    def _begin(self, submission: str, route: str, attempt: int) -> str | None:
        """Start the attempt unless it is under way somewhere; hold it when it keeps failing in the engine."""
        for generation in range(MOST_RECOVERIES):
            name = f"{submission}.{route}.{attempt}.{VERSION}.{generation}"
            status = DBOS.get_workflow_status(name)
            if status is not None and status.status in _UNFINISHED:
                self._look_after(name, status.executor_id == self.id)
                return None
            if status is None:
                return name if self._start(name, route, submission, attempt) else None
        says = "the engine could not finish this attempt; look into the diagnostics folder"
        self.gateway.records.rest(submission, attempt, State.HELD, "defect", says)
        return None

    def _start(self, name: str, route: str, submission: str, attempt: int) -> bool:
        """Whether it runs here: another worker may have started it between our look and our start."""
        with self._lock:
            self._running.add(submission)
        with SetWorkflowID(name):
            DBOS.start_workflow(self._carry, route, submission, attempt)
        status = DBOS.get_workflow_status(name)
        ours = status is not None and status.executor_id == self.id
        if not ours:
            with self._lock:
                self._running.discard(submission)
        return ours

    def _look_after(self, name: str, ours: bool) -> None:
        """Set moving again what the engine has down as ours and unfinished although nothing here runs it: its thread
        ended when even that could not be written."""
        since = self._orphans.setdefault(name, time.monotonic())
        if not ours:
            self._orphans.pop(name)
        elif time.monotonic() - since >= ORPHAN_AFTER_SECONDS:
            self._orphans.pop(name)
            DBOS.resume_workflow(name)
            say("resumed")

    def _take_over(self) -> None:
        """Begin anew what a dead worker had under way on our routes: its checkpointed steps are not repeated.

        Several may do so at once: the engine hands over only what is still the dead one's.
        """
        for worker in self._heart.dead():
            taken = len(DBOS._recover_pending_workflows([worker]))
            left = DBOS.list_workflows(status=["PENDING"], executor_id=worker)
            of_others = [w for w in left if w.workflow_id.split(".")[1] not in self.routes]
            for workflow in left:
                if workflow not in of_others and workflow.app_version != _version(self.routes):
                    DBOS.cancel_workflow(workflow.workflow_id)
            if not of_others:
                self.workers.forget(worker)
            if len(left) > len(of_others) or taken:
                say("took-over")

    def purge(self) -> int:
        """Forget workflows that ended more than a week ago: the engine does not by itself, and the records keep
        the truth. Returns how many."""
        oldest = int((self.gateway.now() - KEPT).timestamp() * 1000)
        ended = DBOS.list_workflows(status=["SUCCESS", "ERROR", "CANCELLED"])
        old = [w.workflow_id for w in ended if (w.created_at or 0) < oldest]
        if old:
            DBOS.delete_workflows(old)
        return len(old)

    def leave(self) -> None:
        """Beat no longer; one that leaves nothing behind is not looked after."""
        self._heart.stop()
        with suppress(Transient):  # the records may be away; then the others find out by themselves
            if self.idle():
                self.workers.forget(self.id)

    def idle(self) -> bool:
        """Whether nothing is under way in this process."""
        return not self._running


def _version(routes: Sequence[str]) -> str:
    """What the engine takes for the version of the program: it hands work over only between workers of the same one,
    and one with other routes could not go on with it."""
    return VERSION if tuple(routes) == ROUTES else f"{VERSION}.{'+'.join(routes)}"


def start(
    gateway: Gateway,
    workers: Workers,
    *,
    worker: str,
    database: Any,
    diagnostics: Path,
    at_once: int,
    routes: Sequence[str] = ROUTES,
) -> Worker:
    """Launch DBOS as `worker`, a name no other living process has; recovery of its own work begins at once.

    database: address of a file, or connections to a server (an `sqlalchemy.Engine`), which may be away for a while
    routes: those that this worker carries, in the order of the line; `gateway` has what they need
    """
    DBOS(
        config=DBOSConfig(
            name="uploader",
            system_database_url=database if isinstance(database, str) else None,
            system_database_engine=None if isinstance(database, str) else database,
            application_version=_version(routes),
            executor_id=worker,
            serializer=PlainJson(),
            enable_otlp=False,
            log_level="CRITICAL",
        )
    )
    running: set[str] = set()
    lock = threading.Lock()

    def step(function: Callable[..., Any], *args: Any) -> Any:
        work = _until_written if function is line.rest else contained
        return DBOS.run_step({"name": function.__name__}, work, diagnostics, function, *args)

    @DBOS.workflow(name="carry", max_recovery_attempts=MOST_RECOVERIES)
    def carry(route: str, submission: str, attempt: int) -> str:
        with lock:
            running.add(submission)
        try:
            return line.carry(route, gateway, submission, attempt, step)
        finally:
            with lock:
                running.discard(submission)

    DBOS.launch()
    heart = Heart(workers, worker, DEAD_AFTER_SECONDS, _lost)
    heart.start()
    return Worker(worker, gateway, routes, workers, at_once, heart, carry, running, lock, {})


def _until_written(diagnostics: Path, function: Callable[..., Any], *args: Any) -> Any:
    """Run the step that writes down where a submission came to rest, until the records take it: it is the one place
    where trouble with the records themselves can be kept."""
    while True:
        try:
            return contained(diagnostics, function, *args)
        except Transient as error:
            say("records-away", code=error.code)
            time.sleep(REST_AGAIN_SECONDS)


def _lost() -> NoReturn:
    """Another worker has our work: this process ends at once, before it does any of it a second time."""
    say("taken-for-dead")
    os._exit(LOST)


def stop(worker: Worker) -> None:
    """Leave the engine. What is under way is taken up at the next start, or by the other workers."""
    worker.leave()
    DBOS.destroy()
