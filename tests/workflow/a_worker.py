"""The worker's command with mishaps: `python -m tests.workflow.a_worker HOME ROUTES DEAD_AFTER WHAT STEP`.

WHAT happens to the first process of this home that has done STEP, before anybody has written that down: it is
killed (``die``), stands still (``pause``), or its step raises what quotes a patient (``raise``); ``-``: nothing.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

from tests.workflow.one_run_steps import PREPARE, RECEIVE, RELEASE
from uploader import line, workflow
from uploader.cli import main
from uploader.records.database import Database

home, routes, dead_after, what, where = sys.argv[1:6]
root = Path(os.environ.get("STEPS_OF", home))


def first_of_all() -> bool:
    """Whether nobody was before; who it was stands in the file."""
    try:
        with (root / "mishap").open("x") as who:
            who.write(str(os.getpid()))
    except FileExistsError:
        return False
    return True


changing = threading.RLock()
"""Held amid each change of the records: who stands still then, lets all the others wait a minute for the server."""
alone = Database.alone


@contextmanager
def one_at_a_time(records):
    with changing, alone(records) as change:
        yield change


Database.alone = one_at_a_time


def watched(name):
    real = getattr(line, name)

    def step(gateway, submission, *args):
        if what == "raise" and where == name:
            raise ValueError("Invalid PatientName 'Mustermann^Erika'")
        result = real(gateway, submission, *args)
        with (root / "steps.txt").open("a") as log:
            log.write(f"{name} {submission} {os.getpid()}\n")
        if where == name and what in ("die", "pause") and first_of_all():
            with changing:
                os.kill(os.getpid(), signal.SIGKILL if what == "die" else signal.SIGSTOP)
        return result

    step.__name__ = name
    setattr(line, name, step)


for step in (*RECEIVE, *PREPARE, *RELEASE):
    watched(step)
workflow.DEAD_AFTER_SECONDS = float(dead_after)
sys.argv[1:] = ["worker", "--home", home, "--routes", routes]
main()
