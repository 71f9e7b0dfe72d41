"""Whatever the order of sending, faults, restarts and workers: what was proved stays, nothing is double or lost."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.archives import traps
from tests.archives.central import adapter, archive_with_projects
from tests.archives.driving import Outcome, driven, stored
from tests.archives.strict_xnat import StrictXnat
from tests.archives.test_xnat_campaign import FAULTS
from tests.archives.traps import ANYTHING, Traps, served
from tests.contracts.sessions import FILES, Given
from uploader.domain.session import Address

_numbers = count(1)
SESSIONS = st.integers(0, 1)


class Central:
    """An archive that can be restarted: its folder stays, all that it had in memory goes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.embedded = archive_with_projects(root)
        self.strict = StrictXnat(self.embedded.app)

    def restart(self) -> None:
        self.embedded.close()
        self.embedded = archive_with_projects(self.root)
        self.strict = StrictXnat(self.embedded.app)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return self.strict(environ, start_response)

    def past_its_habits(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer: Iterable[bytes] = self.embedded.app(environ, start_response)
        return answer


@pytest.fixture(scope="module")
def world():
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        central = Central(folder / "central")
        xnat = Traps(central)
        url = stack.enter_context(served(xnat))
        behind = stack.enter_context(served(central.past_its_habits))
        yield central, xnat, url, behind, folder
    central.embedded.close()


class Sending(RuleBasedStateMachine):
    """Two sessions on their way to one archive."""

    world: Any = None

    def __init__(self) -> None:
        super().__init__()
        self.central, self.xnat, self.url, self.behind, self.folder = self.world
        subjects = [f"MODEL-{next(_numbers)}" for _ in range(2)]
        self.given = [Given(FILES, Address("DEMO", subject, f"{subject}_1")) for subject in subjects]
        self.proved: set[int] = set()
        self.archive = self.another_worker()

    def another_worker(self):
        return adapter(self.url, self.folder)

    @rule(which=SESSIONS)
    def send(self, which: int) -> None:
        self.note(which, driven(self.given[which], self.archive, attempts=1))

    @rule(which=SESSIONS, files=st.sets(st.sampled_from(sorted(FILES)), min_size=1, max_size=3))
    def send_a_part_and_die(self, which: int, files: set[str]) -> None:
        part = self.given[which].only(*sorted(files))
        if which not in self.proved:
            driven(part, self.archive, attempts=1)
        self.archive = self.another_worker()

    @rule(which=SESSIONS)
    def send_with_two_workers(self, which: int) -> None:
        with ThreadPoolExecutor(2) as workers:
            both = (self.archive, self.another_worker())
            for outcome in workers.map(lambda archive: driven(self.given[which], archive), both):
                self.note(which, outcome)

    @rule(fault=st.sampled_from(sorted(FAULTS)), after=st.integers(0, 30), times=st.sampled_from([1, 2, 40]))
    def something_will_go_wrong(self, fault: str, after: int, times: int) -> None:
        self.xnat.set(ANYTHING, traps.passing, times=after)
        self.xnat.set(ANYTHING, FAULTS[fault], times=times)

    @rule()
    def all_is_well_again(self) -> None:
        self.xnat.lift()

    @rule()
    def restart_the_archive(self) -> None:
        self.central.restart()

    @rule()
    def restart_the_gateway(self) -> None:
        self.archive = self.another_worker()

    @invariant()
    def nothing_is_there_but_what_was_given_and_what_was_proved_is_whole(self) -> None:
        for which, given in enumerate(self.given):
            there = stored(self.behind, given)
            assert there <= given.held
            assert which not in self.proved or there == given.held

    def note(self, which: int, outcome: Outcome) -> None:
        if outcome.receipt:
            assert outcome.receipt.digest == self.given[which].manifest.digest
            self.proved.add(which)

    def teardown(self) -> None:
        """When the last fault is over, everything arrives."""
        self.xnat.lift()
        for given in self.given:
            outcome = driven(given, self.archive)
            assert outcome.receipt, outcome.error
            assert stored(self.behind, given) == given.held


def test_whatever_happens_in_whatever_order_everything_arrives_once(world):
    Sending.world = world
    run_state_machine_as_test(
        Sending,
        settings=settings(
            max_examples=10,
            stateful_step_count=10,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
