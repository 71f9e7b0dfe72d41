"""The desk and the worker use the records at the same time, and either may die at any moment."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.patience import PATIENCE_SECONDS
from tests.records.made import ID, TWO, Watch, bring, sign, signature
from uploader.domain.errors import Refused, WrongState
from uploader.domain.submission import State
from uploader.records import SqlRecords, open_records, verify

THREADS, EACH = 8, 6

WRITE = f"""
import sys
from concurrent.futures import ThreadPoolExecutor
from uploader.domain.submission import State
from uploader.records import open_records

records = open_records(sys.argv[1])

def work(thread):
    for number in range({EACH}):
        name = f"{{sys.argv[2]}}{{thread}}x{{number}}"
        records.create(name, "pt-1", {{"1": "CT"}}, State.ARRIVING)
        records.queue(name, "receive", "line")
        records.workers.beat(sys.argv[2])

with ThreadPoolExecutor({THREADS}) as pool:
    list(pool.map(work, range({THREADS})))
records.close()
"""

DIE = """
import os, signal, sys
from sqlalchemy import update
from uploader.records import open_records
from uploader.records.audit import changing
from uploader.records.tables import submissions

records = open_records(sys.argv[1])
with changing(records.database) as change:
    change.execute(update(submissions).values(state="released"))
    if sys.argv[2] == "after":
        change.note("worker", "forged")
    os.kill(os.getpid(), signal.SIGKILL)
"""

KEEP_WRITING = """
import sys
from uploader.records import open_records

records = open_records(sys.argv[1])
print("ready", flush=True)
while True:
    records.note("worker", "beat", "", {"codes": ["x"] * 200})
"""


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> int:
    with process:
        return process.wait(PATIENCE_SECONDS)


def test_two_processes_of_eight_threads_write_and_none_is_refused(empty_url: str) -> None:
    """Neither made the schema before: both migrate at once."""
    assert [finish(p) for p in [start(WRITE, empty_url, name) for name in ("a", "b")]] == [0, 0]
    records = open_records(empty_url)
    assert len(records.all()) == 2 * THREADS * EACH
    report = verify(records.database)
    assert (report.lines, report.broken_at) == (4 * THREADS * EACH, None)
    records.close()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_process_killed_within_a_change_leaves_neither_change_nor_line(
    records: SqlRecords, url: str, moment: str
) -> None:
    bring(records, State.SIGNED)
    before = verify(records.database)
    assert finish(start(DIE, url, moment)) == -signal.SIGKILL
    assert verify(records.database) == before
    assert records.get(ID).state is State.SIGNED
    records.note("reviewer", "looked-at-identifiable", ID, {})
    assert verify(records.database).broken_at is None


def test_a_process_killed_at_any_moment_leaves_a_whole_chain(records: SqlRecords, url: str) -> None:
    for milliseconds in (1, 7, 23, 61):
        process = start(KEEP_WRITING, url)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(milliseconds / 1000)
        process.kill()
        assert finish(process) == -signal.SIGKILL
        assert verify(records.database).broken_at is None


def test_of_twenty_who_sign_at_once_one_decides(records: SqlRecords) -> None:
    bring(records, State.AWAITING_SIGNOFF)

    def try_to_sign(number: int) -> str:
        try:
            sign(records, signoff=signature(f"reviewer{number}"))
        except WrongState:
            return ""
        return f"reviewer{number}"

    with ThreadPoolExecutor(20) as pool:
        decided = [person for person in pool.map(try_to_sign, range(20)) if person]
    assert decided == [each.person for each in records.signoffs(ID)]
    assert len(decided) == 1
    assert [line["action"] for line in records.history(ID)].count("signed") == 1


def test_of_many_who_sign_in_two_roles_at_once_one_counts_in_each_and_one_of_them_completes(
    records: SqlRecords,
) -> None:
    bring(records, State.AWAITING_SIGNOFF)

    def try_to_sign(number: int) -> tuple[str, ...] | None:
        try:
            return tuple(
                sign(records, signoff=signature(f"person{number // 2}", role=TWO.roles[number % 2]), asked=TWO)
            )
        except (Refused, WrongState):
            return None

    with ThreadPoolExecutor(20) as pool:
        missing = [left for left in pool.map(try_to_sign, range(20)) if left is not None]
    signed = records.signoffs(ID)
    assert sorted(len(left) for left in missing) == [0, 1]
    assert sorted(each.role for each in signed) == ["clinician", "physicist"]
    assert len({each.person for each in signed}) == 2
    assert records.get(ID).state is State.SIGNED
    assert [line["action"] for line in records.history(ID)].count("signed") == 2


def test_of_many_who_ask_for_a_route_at_once_one_begins_it(records: SqlRecords) -> None:
    bring(records, State.SIGNED)

    def ask(_: int) -> int:
        try:
            return records.queue(ID, "release", "reviewer")
        except WrongState:
            return 0

    with ThreadPoolExecutor(12) as pool:
        attempts = sorted(pool.map(ask, range(12)))
    assert attempts == [0] * 11 + [3]


def test_of_many_workers_that_look_at_once_one_counts_the_attempt(records: SqlRecords, watch: Watch) -> None:
    bring(records, State.WAITING)
    now = watch()
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda _: list(records.due(now)), range(8)))
    assert seen == [[(ID, "prepare", 3)]] * 8


def test_signing_and_preparing_anew_at_once_leave_no_stale_signature(records: SqlRecords) -> None:
    for number in range(6):
        name = f"race{number}"
        bring(records, State.AWAITING_SIGNOFF, name)

        def try_to_sign(name: str = name) -> None:
            sign(records, name)

        def again(name: str = name) -> None:
            records.queue(name, "prepare", "reviewer")

        with ThreadPoolExecutor(2) as pool:
            outcomes = [future.exception() for future in [pool.submit(try_to_sign), pool.submit(again)]]
        assert sorted(type(o).__name__ for o in outcomes) == ["NoneType", "WrongState"]
        assert bool(records.signoffs(name)) == (records.get(name).state is State.SIGNED)


def test_readers_do_not_wait_for_a_writer(records: SqlRecords) -> None:
    bring(records, State.RECEIVED)
    with records.database.alone():
        assert records.get(ID).state is State.RECEIVED
