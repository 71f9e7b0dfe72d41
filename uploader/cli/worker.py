"""The worker: watches the folder and carries submissions along the line."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import click

from uploader import workflow
from uploader.cli.common import home_option
from uploader.cli.lock import Duty, a_worker, watching_of
from uploader.domain.errors import Transient
from uploader.domain.submission import ROUTES
from uploader.gateway import Built, build_intake, build_line, engine_database, open_home, preflight
from uploader.logs import listen, say
from uploader.recall import recall_asked
from uploader.reception import Reception
from uploader.records import anchor
from uploader.supervisor import stop_signal, tethered

ANCHOR_SECONDS = 60
"""How often the head of the audit chain is written outside its database, with a check of what is new."""
WHOLE_SECONDS = 24 * 3600
"""How often the whole chain is checked before that."""
RECALL_SECONDS = 3
"""How often it is looked whether somebody wants something taken back at the centre."""
LEAVE_SECONDS = 8
"""How long a worker that is told to stop waits for what is under way; then it leaves it to the next one."""


def _routes(_context: click.Context, _option: click.Parameter, given: str) -> tuple[str, ...]:
    named = {name.strip() for name in given.split(",")}
    if not named <= set(ROUTES):
        raise click.BadParameter(f"routes are {', '.join(ROUTES)}")
    return tuple(name for name in ROUTES if name in named)


@click.command()
@click.option(
    "--routes",
    default=",".join(ROUTES),
    show_default=True,
    callback=_routes,
    help="Stretches of the line that it carries; it needs, and opens, only what these ask for.",
)
@home_option
def worker(routes: tuple[str, ...], home: Path) -> None:
    """Watch the folder and carry submissions along the line."""
    listen()
    stopping = stop_signal()
    built = open_home(home)
    with a_worker(built) as name:
        for sentence in () if tethered() else preflight(built.settings, routes):  # `serve` asks for all of them
            click.echo(sentence, err=True)
        engine = workflow.start(
            build_line(built, routes=routes),
            built.records.workers,
            worker=name,
            database=engine_database(built.settings),
            diagnostics=built.home.diagnostics,
            at_once=built.settings.at_once,
            routes=routes,
        )
        duties = [*_watching(built, routes), engine.adopt, *_recalling(built, engine), *_anchoring(built, engine)]
        while not stopping.wait(0.25):
            _do(duties)
        _leave(engine)


def _do(duties: list[Callable[[], object]]) -> None:
    """Each of them once; records that are away for a while stop nobody."""
    try:
        for duty in duties:
            duty()
    except Transient as error:
        say("waiting", code=error.code)
        time.sleep(1)


def _leave(engine: workflow.Worker) -> None:
    until = time.monotonic() + LEAVE_SECONDS
    while not engine.idle() and time.monotonic() < until:
        time.sleep(0.1)
    workflow.stop(engine)
    if not engine.idle():
        os._exit(0)  # or this process would go on with work that others may take up now


@dataclass(slots=True)
class _Aside:
    """Something done in a thread of its own, once at a time: what it waits for keeps nothing else waiting."""

    what: Callable[[], object]
    _thread: threading.Thread | None = field(default=None)

    def __call__(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=_do, args=([self.what],), daemon=True)
            self._thread.start()


@dataclass(slots=True)
class _Every:
    """Something to be done now and then."""

    seconds: float
    what: Callable[[], object]
    _done: float = field(default=0.0)

    def __call__(self) -> None:
        if not self._done or time.monotonic() - self._done >= self.seconds:
            self.what()
            self._done = time.monotonic()


def _watching(built: Built, routes: tuple[str, ...]) -> list[Callable[[], object]]:
    """One worker of a home watches the folder: the first whose routes begin there, and after it the next."""
    if ROUTES[0] not in routes:
        return []
    reception = Reception(built.records, build_intake(built), built.aliases())
    watching, recovered = Duty(watching_of(built.home)), _Once(reception.recover)

    def look() -> None:
        if watching.mine():
            recovered()
            reception.look()

    return [_Every(built.settings.folder.poll_seconds, look)]


@dataclass(slots=True)
class _Once:
    """Something to be done before all else, until it is done."""

    what: Callable[[], object]
    _done: bool = False

    def __call__(self) -> None:
        if not self._done:
            self.what()
            self._done = True


def _recalling(built: Built, engine: workflow.Worker) -> list[Callable[[], object]]:
    """Who carries sessions to the centre takes them back there too, when somebody at the desk asked for it."""
    if "release" not in engine.routes:
        return []
    return [_Every(RECALL_SECONDS, _Aside(partial(recall_asked, engine.gateway, built.home.diagnostics)))]


def _anchoring(built: Built, engine: workflow.Worker) -> list[Callable[[], object]]:
    """Where there is no folder for the anchor, another process of this gateway writes it."""
    if not built.home.anchor.parent.is_dir():
        return [_Every(ANCHOR_SECONDS, engine.purge)]
    whole = _Every(WHOLE_SECONDS, lambda: anchor(built.records.database, built.home.anchor))
    new = _Every(ANCHOR_SECONDS, lambda: anchor(built.records.database, built.home.anchor, whole=False))
    return [_Every(ANCHOR_SECONDS, engine.purge), whole, new]
