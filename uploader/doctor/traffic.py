"""What else must answer, and what has been waiting too long."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from uploader.doctor.observation import Observation, note, well, wrong
from uploader.domain.submission import RECALL_ASKED, State, Submission
from uploader.gateway import Built
from uploader.supervisor import answers

QUIET = timedelta(seconds=30)
"""A worker beats every quarter of a second; one not heard of for so long has stopped, or its clock is wrong."""
LONG = timedelta(days=1)
"""After so long somebody should look what a submission waits for."""


def worker(built: Built, *, here: bool = False) -> Iterator[Observation]:
    """Any, or (here) one of this machine, which in a container is the container's own."""
    ours = f"{socket.gethostname()}-" if here else ""
    heard = built.records.workers.heard()
    now = datetime.now(UTC)
    alive = [name for name, at in heard.items() if name.startswith(ours) and now - at.astimezone(UTC) < QUIET]
    if alive:
        yield well("worker", f"{len(alive)} at work")
    else:
        yield wrong("worker", "none is at work, so nothing moves", "start it: uploader serve, or uploader worker")


def desk(built: Built) -> Iterator[Observation]:
    url = built.settings.desk.url
    if answers(url):
        yield well("desk", f"answers at {url}")
    else:
        yield wrong("desk", f"does not answer at {url}", "start it: uploader serve, or uploader desk")


def listener(built: Built) -> Iterator[Observation]:
    """Only where one is set."""
    about = getattr(built.settings, "listener", None)
    if about is None:
        return
    try:
        socket.create_connection((about.host, about.port), timeout=5).close()
    except OSError:
        says = f"nothing listens for DICOM at {about.host}:{about.port}"
        yield wrong("listener", says, "start it: uploader serve, or uploader listener")
    else:
        yield well("listener", f"listens for DICOM at {about.host}:{about.port} as {about.ae_title}")


def waiting(built: Built) -> Iterator[Observation]:
    """Submissions that somebody should look at."""
    long_ago = datetime.now(UTC) - LONG
    stuck = [s for s in built.records.all() if _waits(s) and s.changed.astimezone(UTC) < long_ago]
    for submission in stuck:
        since = f"since {submission.changed:%Y-%m-%d}"
        if submission.why == RECALL_ASKED:  # what it says is the person's reason, and stays at the desk
            says = f"submission {submission.id} is to be recalled {since}, and the centre has not been told"
            yield note("waiting", says, "see that the centre answers, and that a worker with the route release runs")
        else:
            says = f"submission {submission.id} is {submission.state} {since}: {submission.says}"
            yield note("waiting", says, f"look at it at the desk, then: uploader retry {submission.id}")
    if not stuck:
        yield well("waiting", "no submission has stood still for a day")


def _waits(about: Submission) -> bool:
    return about.state in (State.WAITING, State.HELD, State.QUEUED) or about.why == RECALL_ASKED
