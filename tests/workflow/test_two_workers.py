"""Several workers on one queue, as real processes on a real PostgreSQL: nothing is taken twice, nothing is left."""

from __future__ import annotations

import signal
import subprocess

import pytest

from tests.homes import PASSWORD, arrive, bring_to_signature, carry, change_settings, demo
from tests.patience import PATIENCE_SECONDS
from tests.workflow.conftest import Shared
from tests.workflow.one_run_steps import PREPARE, RELEASE
from uploader.domain.session import Address
from uploader.gateway import archive_of, build_review
from uploader.phantom.person import invented
from uploader.records import verify
from uploader.workflow import LOST


def on_the_way(shared: Shared, step: str, folder) -> str:
    """Two submissions whose next stretch of work leads through `step`; returns where they are to end."""
    built, review = shared.built, build_review(shared.built)
    for seed in (1, 2):
        session = demo(folder / str(seed), seed)
        if step in RELEASE:
            submission = bring_to_signature(built, session, subject=f"DEMO-00{seed}")
            review.sign(submission, "ada", PASSWORD, review.show(submission).seen)
            review.release(submission, "ada")
            continue
        submission = arrive(built, session)
        if step in PREPARE:
            assert carry(built, submission) == "received"
            review.choose(submission, "DEMO-RT", f"DEMO-00{seed}", "ada")
    return "released" if step in RELEASE else "awaiting-signoff" if step in PREPARE else "received"


def at_the_centre(shared: Shared, seed: int) -> set[str]:
    """What of the session the centre holds."""
    address = Address("SITE01", f"DEMO-00{seed}", f"DEMO-00{seed}_1")
    return {h.name for h in archive_of(shared.built.settings, "central").held(address) if h.name.startswith("scans/")}


def proves_all_is_well(shared: Shared) -> None:
    """The audit has no fork, and no route was asked for twice."""
    records = shared.built.records
    assert verify(records.database).broken_at is None
    for about in records.all():
        asked = [line["facts"]["route"] for line in records.history(about.id) if line["action"] == "queued"]
        assert len(asked) == len(set(asked))


@pytest.mark.parametrize("step", ["keep_identifiable", "verify_session", "send_to_central"])
def test_of_two_workers_one_is_killed_and_the_other_finishes(shared: Shared, tmp_path, step: str) -> None:
    goal = on_the_way(shared, step, tmp_path / "in")
    for _ in "ab":
        shared.worker(dead_after=3, what="die", step=step)
    shared.rest_in(goal)
    shared.until(lambda: [worker.poll() for worker in shared.processes].count(-signal.SIGKILL) == 1)
    proves_all_is_well(shared)
    for seed, about in enumerate(reversed(shared.built.records.all()), 1):
        expected = {entry.name for entry in shared.built.records.manifest(about.id, "identifiable")}
        assert at_the_centre(shared, seed) == (expected if goal == "released" else set())


def test_twenty_submissions_and_two_workers_and_each_is_carried_once(shared: Shared, tmp_path) -> None:
    workers = {shared.worker().pid for _ in "ab"}
    shared.heard(2)
    arrived = set()
    for seed in range(PATIENCE_SECONDS):
        arrived.add(arrive(shared.built, demo(tmp_path / str(seed), seed)))
        if len(arrived) >= 20 and busy(shared) == workers:
            break
    shared.rest_in("received")
    carried = [submission for step, submission, _ in shared.steps() if step == "keep_identifiable"]
    assert sorted(carried) == sorted(arrived)
    assert busy(shared) == workers
    proves_all_is_well(shared)


def busy(shared: Shared) -> set[int]:
    """The processes that have done a step."""
    return {int(process) for *_, process in shared.steps()}


def test_a_worker_taken_for_dead_ends_when_it_wakes_and_touches_nothing_more(shared: Shared, tmp_path) -> None:
    on_the_way(shared, "anonymise_session", tmp_path / "in")
    change_settings(shared.built.home.root, "at_once = 2", "at_once = 1")  # so that no other step of its is under way
    for _ in "ab":
        shared.worker(dead_after=3, what="pause", step="anonymise_session")
    shared.rest_in("awaiting-signoff")
    (sleeping,) = (worker for worker in shared.processes if str(worker.pid) == _paused(shared))
    before = shared.steps()
    sleeping.send_signal(signal.SIGCONT)
    assert sleeping.wait(PATIENCE_SECONDS) == LOST
    assert shared.steps() == before
    assert shared.states() == {"awaiting-signoff"}
    proves_all_is_well(shared)


def _paused(shared: Shared) -> str:
    """The process that stands still."""
    return (shared.built.home.root / "mishap").read_text()


def test_a_server_that_goes_away_in_the_middle_and_comes_back_costs_nothing(shared: Shared, tmp_path) -> None:
    goal = on_the_way(shared, "send_to_central", tmp_path / "in")
    both = [shared.worker() for _ in "ab"]
    shared.heard(2)
    shared.until(lambda: bool(shared.steps()))
    shared.postgres.stop()
    with pytest.raises(subprocess.TimeoutExpired):
        both[0].wait(3)
    shared.postgres.start()
    shared.rest_in(goal)
    assert [worker.poll() for worker in both] == [None, None]
    assert verify(shared.built.records.database).broken_at is None
    assert all(at_the_centre(shared, seed) for seed in (1, 2))


def test_the_engine_keeps_no_foreign_word_on_a_server(shared: Shared, tmp_path) -> None:
    on_the_way(shared, "anonymise_session", tmp_path / "in")
    shared.worker(what="raise", step="anonymise_session")
    shared.rest_in("held")
    assert shared.outputs()
    assert all(output is None or len(output) < 100 for output in shared.outputs())
    said = shared.end()
    kept = shared.postgres.dump(shared.database)
    who = invented(1)
    assert b"dbos.operation_outputs" in kept
    for word in ("Mustermann", who.family, who.given, who.patient_id, who.accession):
        assert word.encode() not in kept
        assert word not in said
    assert any("Mustermann" in path.read_text() for path in shared.built.home.diagnostics.iterdir())
