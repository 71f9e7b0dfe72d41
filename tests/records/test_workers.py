"""A worker that falls silent is found dead, and one that beats is not."""

from __future__ import annotations

from tests.records.made import Watch
from uploader.records import SqlRecords, verify


def test_a_silent_worker_is_dead_and_a_beating_one_is_not(records: SqlRecords, watch: Watch) -> None:
    records.workers.beat("silent")
    watch.turn(seconds=60)
    records.workers.beat("alive")
    assert records.workers.dead(30) == ["silent"]


def test_a_worker_that_beats_again_is_alive(records: SqlRecords, watch: Watch) -> None:
    records.workers.beat("one")
    watch.turn(seconds=60)
    records.workers.beat("one")
    assert records.workers.dead(30) == []


def test_a_forgotten_worker_is_not_found_dead_again(records: SqlRecords, watch: Watch) -> None:
    records.workers.beat("one")
    watch.turn(seconds=60)
    records.workers.forget("one")
    assert records.workers.dead(30) == []


def test_heartbeats_do_not_fill_the_audit(records: SqlRecords) -> None:
    for _ in range(3):
        records.workers.beat("one")
    assert verify(records.database).lines == 0
