"""The line, made durable. The only module that knows DBOS.

DBOS writes workflow arguments, step results and errors into its database. So a workflow takes a submission id,
a step returns a small plain value, and an error is kept as its code: nothing that identifies a patient can be
stored there. The records decide what is due; DBOS only saves repeated work. Hence

* steps are at-least-once, and every step of the line bears repeating;
* a workflow left by another version of the line is begun again from the records, not resumed;
* a worker that stops beating loses its work to the others (the engine itself does not hand it over);
* nothing waits inside the engine, so no gate can block a queue.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from dbos import DBOS, DBOSConfig, Serializer, SetWorkflowID

from uploader import line
from uploader.diagnostics import contained
from uploader.domain.errors import UploaderError
from uploader.domain.submission import State
from uploader.logs import say

VERSION = "line-1"
"""Name of the order of steps. Change it when a route in `line` changes.

DBOS resumes only workflows of its own version; what an older version left unfinished is still due in the
records, so `adopt` begins it again, and every step bears repeating."""

MOST_RECOVERIES = 3
"""How often a workflow that takes its worker down with it is tried again before a person must look."""
DEAD_AFTER_SECONDS = 30
"""A worker that has not been heard of for this long is dead, and its work is taken over."""
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


class Workers(Protocol):
    """The heartbeats of the workers that share the records."""

    def beat(self, worker: str) -> None: ...
    def dead(self, older_than_seconds: float) -> list[str]: ...
    def forget(self, worker: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Worker:
    """What the worker process calls every second."""

    id: str
    gateway: line.Gateway
    workers: Workers
    at_once: int
    _carry: Callable[[str, str, int], str]
    _running: set[str]
    _lock: threading.Lock

    def adopt(self) -> list[str]:
        """Beat, take over from the dead, and set every due submission moving, once."""
        self.workers.beat(self.id)
        self._take_over()
        begun = []
        for submission, route, attempt in self.gateway.records.due(self.gateway.now()):
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
                return None
            if status is None:
                with self._lock:
                    self._running.add(submission)
                with SetWorkflowID(name):
                    DBOS.start_workflow(self._carry, route, submission, attempt)
                return name
        says = "the engine could not finish this attempt; look into the diagnostics folder"
        self.gateway.records.rest(submission, attempt, State.HELD, "defect", says)
        return None

    def _take_over(self) -> None:
        """Begin anew here what a dead worker had under way: its checkpointed steps are not repeated."""
        for worker in self.workers.dead(DEAD_AFTER_SECONDS):
            if worker == self.id:
                continue
            left = DBOS.list_workflows(status=["PENDING"], executor_id=worker)
            for workflow in left:
                if workflow.app_version == VERSION:
                    DBOS.resume_workflow(workflow.workflow_id)
                else:
                    DBOS.cancel_workflow(workflow.workflow_id)
            self.workers.forget(worker)
            say("took over", attempt=len(left))

    def purge(self) -> int:
        """Forget workflows that ended more than a week ago: the engine does not by itself, and the records keep
        the truth. Returns how many."""
        oldest = int((self.gateway.now() - KEPT).timestamp() * 1000)
        ended = DBOS.list_workflows(status=["SUCCESS", "ERROR", "CANCELLED"])
        old = [w.workflow_id for w in ended if (w.created_at or 0) < oldest]
        if old:
            DBOS.delete_workflows(old)
        return len(old)

    def idle(self) -> bool:
        """Whether nothing is under way in this process."""
        return not self._running


def start(
    gateway: line.Gateway, workers: Workers, *, worker: str, database_url: str, diagnostics: Path, at_once: int
) -> Worker:
    """Launch DBOS as `worker`, a name no other living process has; recovery of its own work begins at once."""
    DBOS(
        config=DBOSConfig(
            name="uploader",
            system_database_url=database_url,
            application_version=VERSION,
            executor_id=worker,
            serializer=PlainJson(),
            enable_otlp=False,
            log_level="CRITICAL",
        )
    )
    running: set[str] = set()
    lock = threading.Lock()

    def step(function: Callable[..., Any], *args: Any) -> Any:
        return DBOS.run_step({"name": function.__name__}, contained, diagnostics, function, *args)

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
    return Worker(worker, gateway, workers, at_once, carry, running, lock)


def stop() -> None:
    """Leave the engine. What is under way is taken up at the next start."""
    DBOS.destroy()
