"""A home whose records lie on a real PostgreSQL, and its workers as real processes."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.forked import Program
from tests.homes import PASSWORD, archives_of, change_settings, new_home
from tests.patience import PATIENCE_SECONDS
from tests.postgres import Postgres
from uploader.domain.submission import ROUTES
from uploader.gateway import Built, open_home
from uploader.workflow import LOST


@dataclass
class Shared:
    """A gateway on a server."""

    built: Built
    postgres: Postgres
    database: str
    processes: list[Program] = field(default_factory=list)
    """All that were ever started."""
    replaced: list[Program] = field(default_factory=list)

    def worker(
        self,
        routes: tuple[str, ...] = ROUTES,
        *,
        home: Path | None = None,
        dead_after: float = 30,
        what: str = "-",
        step: str = "-",
    ) -> Program:
        """Start one; what happens to it after which step is told in `a_worker`."""
        root = str(home or self.built.home.root)
        words = (root, ",".join(routes), str(dead_after), what, step)
        self.processes.append(Program("tests.workflow.a_worker", *words))
        return self.processes[-1]

    def heard(self, count: int) -> None:
        """Wait until so many workers are there."""
        self.until(lambda: len(self.built.records.workers.heard()) >= count)

    def states(self) -> set[str]:
        return {str(about.state) for about in self.built.records.all()}

    def rest_in(self, state: str) -> None:
        """Wait until every submission is in `state`."""
        self.until(lambda: self.states() == {state})

    def steps(self) -> list[list[str]]:
        """(step, submission, process) of every step that was done."""
        path = self.built.home.root / "steps.txt"
        return [line.split() for line in path.read_text().splitlines()] if path.exists() else []

    def until(self, what: Callable[[], bool]) -> None:
        """Wait for it. Who on a slow machine is taken for dead is started again meanwhile, as `serve` does."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not what():
            assert time.monotonic() < end, [(a.state, a.why, a.says) for a in self.built.records.all()]
            self._start_the_lost()
            time.sleep(0.05)

    def _start_the_lost(self) -> None:
        for lost in [p for p in self.processes if p.poll() == LOST and p not in self.replaced]:
            self.replaced.append(lost)
            self.processes.append(Program(*lost.arguments))

    def outputs(self) -> list[str | None]:
        """What the engine keeps of steps."""
        return [row[0] for row in self.postgres.ask("SELECT output FROM dbos.operation_outputs", self.database)]

    def end(self) -> str:
        """Stop every worker; returns all they said."""
        for process in self.processes:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        said, self.processes = "".join(process.said()[1] for process in self.processes), []
        return said


@pytest.fixture
def shared(tmp_path: Path, postgres: Postgres) -> Iterator[Shared]:
    database = postgres.new_database()
    root = new_home(tmp_path / "home")
    change_settings(root, 'site = "SITE01"', f'database_url = "{postgres.url(database)}"\nsite = "SITE01"')
    built = open_home(root)
    built.records.accounts.add("ada", PASSWORD, frozenset({"reviewer"}))
    with ExitStack() as stack:
        stack.callback(built.records.close)
        stack.enter_context(archives_of(built))
        gateway = Shared(built, postgres, database)
        stack.callback(gateway.end)
        yield gateway
