"""The tables of the records. They hold labels, digests and counts of ours; nothing in them identifies a patient."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import JSON, Column, DateTime, ForeignKey, Index, Integer, MetaData, String, Table, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class UtcTime(TypeDecorator[datetime]):
    """An instant. Goes in with any time zone, comes out in UTC; a time without a zone is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a time zone")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData()


def _submission(primary_key: bool = False) -> Column[str]:
    return Column("submission", String(32), ForeignKey("submissions.id"), primary_key=primary_key, nullable=False)


submissions = Table(
    "submissions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("alias", String(64), nullable=False),
    Column("state", String(32), nullable=False, index=True),
    Column("why", String(128), nullable=False),
    Column("says", Text, nullable=False),
    Column("route", String(32), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("trial", String(64), nullable=False),
    Column("protocol_version", String(64), nullable=False),
    Column("protocol_digest", String(64), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("label", String(64), nullable=False),
    Column("scans", JSON, nullable=False),
    Column("chosen", JSON, nullable=False),
    Column("created", UtcTime, nullable=False),
    Column("changed", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=False),
)

labels = Table(
    "labels",
    metadata,
    Column("trial", String(64), primary_key=True),
    Column("label", String(64), primary_key=True),
    Column("subject", String(64), nullable=False),
    _submission(),
    Index("labels_of_a_subject", "trial", "subject"),
)
"""Every label ever given. A row stays when its submission takes another label or is withdrawn: an archive
may already hold a session under it."""

manifests = Table(
    "manifests",
    metadata,
    _submission(primary_key=True),
    Column("place", String(32), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("entries", JSON, nullable=False),
)
"""entries: list of ``[name, size, sha256, md5]``."""

verdicts = Table(
    "verdicts",
    metadata,
    _submission(primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("protocol", String(128), nullable=False),
    Column("protocol_digest", String(64), nullable=False),
    Column("findings", JSON, nullable=False),
    Column("rulings", JSON, nullable=False),
    Column("waivers", JSON, nullable=False),
)
"""findings: list of ``[code, severity, where, says, remedy, line, found, expected]``, the last three not in rows of
before revision 0004; the evidence is never kept. rulings: list of ``[line, outcome, says]``. waivers: their fields."""

acquired = Table(
    "acquired",
    metadata,
    _submission(primary_key=True),
    Column("facts", JSON, nullable=False),
)
"""How the images of a session were acquired, as far as its protocol compares visits: numbers, codes and digests."""

signoffs = Table(
    "signoffs",
    metadata,
    _submission(primary_key=True),
    Column("role", String(32), primary_key=True),
    Column("person", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("protocol_digest", String(64), nullable=False),
    Column("seen", String(64), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("meaning", Text, nullable=False),
)
"""role, seen: empty in rows of before revision 0005."""

receipts = Table(
    "receipts",
    metadata,
    _submission(primary_key=True),
    Column("place", String(128), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("files", Integer, nullable=False),
    Column("at", UtcTime, nullable=False),
)

provenances = Table(
    "provenances",
    metadata,
    _submission(primary_key=True),
    Column("facts", JSON, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("submission", String(32), nullable=False, index=True),
    Column("line", Text, nullable=False),
    Column("h", String(64), nullable=False),
)
"""line: canonical JSON, the bytes that are hashed; `submission` repeats what the line says, for look-ups."""

accounts = Table(
    "accounts",
    metadata,
    Column("login", String(64), primary_key=True),
    Column("hash", Text, nullable=False),
    Column("roles", JSON, nullable=False),
)

login_tries = Table(
    "login_tries",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("login", String(64), nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
)
"""login: SHA-256 of what was typed, because people also type passwords and patients' names there."""

workers = Table(
    "workers",
    metadata,
    Column("id", String(128), primary_key=True),
    Column("seen_at", UtcTime, nullable=False),
)

seen = Table("seen", metadata, Column("token", String(32), primary_key=True))
"""Instances received before, each by a keyed hash of its SOP Instance UID."""

notices = Table(
    "notices",
    metadata,
    Column("kind", String(32), primary_key=True),
    Column("sentences", JSON, nullable=False),
)
"""What the worker wants people to know about the watched folder."""
