"""Power may fail after any step: nothing is lost, doubled or unapproved."""

from __future__ import annotations

import sqlite3

import pytest

from tests.homes import PASSWORD, arrive, bring_to_signature
from tests.workflow.one_run_begun import begun, ended
from tests.workflow.one_run_steps import PREPARE, RECEIVE, RELEASE
from uploader.domain.session import Address
from uploader.gateway import archive_of, build_review
from uploader.records import verify

ADDRESS = Address("SITE01", "DEMO-001", "DEMO-001_1")


def one_run(built, die_after="-", raise_in="-", version="line-2", worker="w1"):
    return ended(begun(built.home.root, die_after, raise_in, version, worker))


def steps_of(built):
    return (built.home.root / "steps.txt").read_text().split()


def queue_release(built, submission):
    review = build_review(built)
    review.sign(submission, "ada", PASSWORD, review.show(submission).seen)
    review.release(submission, "ada")


def begin(built, session, step):
    """A submission whose next step of work leads through `step`."""
    if step in RELEASE:
        submission = bring_to_signature(built, session)
        queue_release(built, submission)
        return "released"
    submission = arrive(built, session)
    if step in PREPARE:
        assert one_run(built).stdout.split() == ["received"]
        build_review(built).choose(submission, "DEMO-RT", "DEMO-001", "ada")
        return "awaiting-signoff"
    return "received"


@pytest.mark.parametrize("step", [*RECEIVE, *PREPARE, *RELEASE])
def test_power_lost_after_a_step_is_no_loss(built, session, step):
    goal = begin(built, session, step)
    assert one_run(built, die_after=step).returncode == 9
    assert one_run(built).stdout.split() == [goal]
    assert verify(built.records.database).broken_at is None
    held = {h.name for h in archive_of(built.settings, "central").held(ADDRESS)}
    expected = {e.name for e in built.records.manifest(built.records.all()[0].id, "identifiable")}
    assert held == (expected if goal == "released" else set())


def test_a_step_that_was_written_down_is_not_repeated(built, session):
    begin(built, session, "keep_anonymised")
    (built.home.root / "steps.txt").unlink()
    one_run(built, die_after="keep_anonymised")
    one_run(built)
    assert [steps_of(built).count(step) for step in ("anonymise_session", "verify_session")] == [1, 1]


def test_a_submission_that_was_being_held_when_power_failed_is_held(built, session):
    arrive(built, session)
    assert one_run(built, raise_in="keep_identifiable", die_after="rest").returncode == 9
    assert one_run(built).stdout.split() == ["held"]


@pytest.mark.parametrize("step", ["keep_identifiable", "anonymise_session", "send_to_central"])
def test_a_foreign_message_reaches_neither_a_database_nor_a_log(built, session, step):
    begin(built, session, step)
    done = one_run(built, raise_in=step)
    assert done.stdout.split() == ["held"]
    kept = b"".join(p.read_bytes() for p in (built.home.root / "records").iterdir())
    assert b"Mustermann" not in kept
    assert "Mustermann" not in done.stdout + done.stderr
    assert any("Mustermann" in p.read_text() for p in built.home.diagnostics.iterdir())


def test_an_upgrade_takes_up_what_the_old_version_left(built, session):
    goal = begin(built, session, "anonymise_session")
    assert one_run(built, die_after="anonymise_session", version="line-1").returncode == 9
    assert one_run(built, version="line-2").stdout.split() == [goal]


def test_another_worker_takes_over_from_a_dead_one(built, session):
    goal = begin(built, session, "anonymise_session")
    assert one_run(built, die_after="verify_session", worker="w1").returncode == 9
    assert one_run(built, worker="w2").stdout.split() == [goal]
    assert steps_of(built).count("anonymise_session") == 1


def test_the_engine_keeps_codes_and_ids_only(built, session):
    begin(built, session, "keep_anonymised")
    one_run(built)
    with sqlite3.connect(built.home.root / "records" / "engine.sqlite") as engine:
        outputs = [row[0] for row in engine.execute("select output from operation_outputs")]
    engine.close()
    assert outputs
    assert all(output is None or len(output) < 100 for output in outputs)


def test_the_engine_forgets_what_ended_long_ago_and_nothing_else(built, session):
    begin(built, session, "keep_anonymised")
    engine = built.home.root / "records" / "engine.sqlite"
    with sqlite3.connect(engine) as connection:
        connection.execute("update workflow_status set created_at = 1")
    connection.close()
    one_run(built)
    with sqlite3.connect(engine) as connection:
        routes = [name.split(".")[1] for (name,) in connection.execute("select workflow_uuid from workflow_status")]
    connection.close()
    assert routes == ["prepare"]
