"""A beat is heard by all who share the records, and whoever was forgotten hears of it."""

from __future__ import annotations

from tests.records.made import Watch
from uploader.records import SqlRecords, verify


def test_a_beat_is_heard_and_the_next_one_is_another(records: SqlRecords, watch: Watch) -> None:
    records.workers.beat("one")
    records.workers.beat("two")
    before = records.workers.heard()
    watch.turn(seconds=60)
    records.workers.beat("one")
    after = records.workers.heard()
    assert sorted(after) == ["one", "two"]
    assert after["one"] > before["one"]
    assert after["two"] == before["two"]


def test_a_worker_is_told_whether_it_was_known(records: SqlRecords) -> None:
    assert [records.workers.beat("one") for _ in range(3)] == [False, True, True]
    records.workers.forget("one")
    assert records.workers.beat("one") is False


def test_a_forgotten_worker_is_not_heard(records: SqlRecords) -> None:
    records.workers.beat("one")
    records.workers.forget("one")
    assert records.workers.heard() == {}


def test_heartbeats_do_not_fill_the_audit(records: SqlRecords) -> None:
    for _ in range(3):
        records.workers.beat("one")
    assert verify(records.database).lines == 0
