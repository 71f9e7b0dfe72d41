"""Records of an older program are read as before."""

from __future__ import annotations

from alembic import command
from alembic.config import Config

from tests.records.made import ID, NOON, PROTOCOL
from tests.records.raw import Raw
from uploader.domain.finding import Finding, Severity
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
