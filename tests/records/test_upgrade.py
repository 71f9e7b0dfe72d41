"""Records of an older program are read as before."""

from __future__ import annotations

from alembic import command
from alembic.config import Config

from tests.records.made import ID, NOON, PROTOCOL, TWO, run, session
from tests.records.raw import Raw
from uploader.domain.evidence import SignOff
from uploader.domain.finding import Finding, Severity
from uploader.domain.signing import Asked, Signatures
from uploader.domain.submission import State
from uploader.records import open_records
from uploader.records.database import connect
from uploader.records.upgrade import MIGRATIONS

OLD_FINDING = '[["geometry.uneven", 1, "scans/1", "uneven gaps", "send again"]]'
OLD_SUBMISSION = (ID, "pt-1", "refused", "", "", "prepare", 1, "DEMO-RT", "v1", PROTOCOL, "S-1", "S-1_1", "{}")


def at_revision(url: str, revision: str) -> None:
    """Make an empty database what the program of that revision left."""
    config, database = Config(), connect(url)
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.alone() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    database.close()


def test_a_verdict_of_before_there_were_rulings_is_read_as_it_was(empty_url: str) -> None:
    at_revision(empty_url, "0003")
    with Raw(empty_url) as raw:
        at = NOON.isoformat(sep=" ")
        places = ", ".join("?" * 16)
        raw.execute(f"INSERT INTO submissions VALUES ({places})", (*OLD_SUBMISSION, at, at, at))
        raw.execute("INSERT INTO verdicts VALUES (?, ?, ?, ?, ?)", (ID, "protocol", "X v1", PROTOCOL, OLD_FINDING))
    records = open_records(empty_url)
    verdict = records.verdict(ID, "protocol")
    assert verdict is not None
    assert verdict.findings == (Finding("geometry.uneven", Severity.QUESTION, "scans/1", "uneven gaps", "send again"),)
    assert (verdict.rulings, verdict.waivers, records.get(ID).chosen) == ((), (), {})
    records.close()


def test_a_signature_of_before_there_were_roles_waits_and_releases_as_before(empty_url: str) -> None:
    at_revision(empty_url, "0004")
    signed = (ID, "ada", session().digest, PROTOCOL, NOON.isoformat(sep=" "), "looked")
    with Raw(empty_url) as raw:
        at = NOON.isoformat(sep=" ")
        about = (*OLD_SUBMISSION[:2], "signed", *OLD_SUBMISSION[3:])
        raw.execute(f"INSERT INTO submissions VALUES ({', '.join('?' * 17)})", (*about, at, at, at, "{}"))
        raw.execute("INSERT INTO signoffs VALUES (?, ?, ?, ?, ?, ?)", signed)
    records = open_records(empty_url)
    signoffs = records.signoffs(ID)
    assert signoffs == [SignOff("ada", session().digest, PROTOCOL, NOON, "looked")]
    assert Signatures(Asked(), tuple(signoffs)).missing == ()
    assert Signatures(TWO, tuple(signoffs)).missing == TWO.roles
    run(records, "release", State.RELEASED)
    assert records.get(ID).state is State.RELEASED
    records.close()
