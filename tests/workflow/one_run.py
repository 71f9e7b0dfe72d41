"""One worker process, for tests: `python -m tests.workflow.one_run ROOT DIE_AFTER|- RAISE_IN|- VERSION WORKER
DEAD_AFTER`.

It carries everything that is due until nothing moves, prints the states, and leaves. DIE_AFTER kills the process,
as power would, when that step of the line has done its work and before anybody has written that down.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from tests.patience import PATIENCE_SECONDS
from tests.workflow.one_run_steps import PREPARE, RECEIVE, RELEASE
from uploader import line, workflow
from uploader.domain.submission import State
from uploader.gateway import build_line, open_home

root, die_after, raise_in, version, worker, dead_after = Path(sys.argv[1]), *sys.argv[2:7]
STEPS = (*RECEIVE, *PREPARE, *RELEASE)


def mishap(name):
    real = getattr(line, name)

    def step(gateway, submission, *args):
        if raise_in == name:
            raise ValueError("Invalid PatientName 'Mustermann^Erika'")
        result = real(gateway, submission, *args)
        with (root / "steps.txt").open("a") as f:
            f.write(name + "\n")
        if die_after == name:
            os._exit(9)
        return result

    step.__name__ = name
    setattr(line, name, step)


for name in STEPS:
    mishap(name)
workflow.VERSION = version
workflow.DEAD_AFTER_SECONDS = float(dead_after)

built = open_home(root)
engine = workflow.start(
    build_line(built),
    built.records.workers,
    worker=worker,
    database=built.home.engine_url,
    diagnostics=built.home.diagnostics,
    at_once=2,
)
until = time.monotonic() + PATIENCE_SECONDS
while time.monotonic() < until:
    engine.adopt()
    states = [s.state for s in built.records.all()]
    if engine.idle() and not {State.QUEUED, State.WAITING} & set(states):
        break
    time.sleep(0.1)
engine.purge()
workflow.stop(engine)
print(" ".join(str(s) for s in states))
