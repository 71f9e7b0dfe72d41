"""The first schema.

Revision ID: 0001
Revises: nothing
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from uploader.records.tables import UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
    "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
    "CREATE TRIGGER audit_only_at_the_end BEFORE INSERT ON audit"
    " WHEN NEW.seq <= (SELECT MAX(seq) FROM audit)"
    " BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
)


def upgrade() -> None:
    _submissions()
    _evidence()
    _audit()
    _people()


def _submission(primary_key: bool = False) -> sa.Column[str]:
    submission = sa.ForeignKey("submissions.id")
    return sa.Column("submission", sa.String(32), submission, primary_key=primary_key, nullable=False)


def _submissions() -> None:
    op.create_table(
        "submissions",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("alias", sa.String(64), nullable=False),
        sa.Column("state", sa.String(32), nullable=False, index=True),
        sa.Column("why", sa.String(128), nullable=False),
        sa.Column("says", sa.Text, nullable=False),
        sa.Column("route", sa.String(32), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("trial", sa.String(64), nullable=False),
        sa.Column("protocol_version", sa.String(64), nullable=False),
        sa.Column("protocol_digest", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("label", sa.String(64), nullable=False),
        sa.Column("scans", sa.JSON, nullable=False),
        sa.Column("created", UtcTime, nullable=False),
        sa.Column("changed", UtcTime, nullable=False),
        sa.Column("due_at", UtcTime, nullable=False),
    )
    op.create_table(
        "labels",
        sa.Column("trial", sa.String(64), primary_key=True),
        sa.Column("label", sa.String(64), primary_key=True),
        sa.Column("subject", sa.String(64), nullable=False),
        _submission(),
        sa.Index("labels_of_a_subject", "trial", "subject"),
    )


def _evidence() -> None:
    op.create_table(
        "manifests",
        _submission(primary_key=True),
        sa.Column("place", sa.String(32), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("entries", sa.JSON, nullable=False),
    )
    op.create_table(
        "verdicts",
        _submission(primary_key=True),
        sa.Column("kind", sa.String(32), primary_key=True),
        sa.Column("protocol", sa.String(128), nullable=False),
        sa.Column("protocol_digest", sa.String(64), nullable=False),
        sa.Column("findings", sa.JSON, nullable=False),
    )
    op.create_table(
        "signoffs",
        _submission(primary_key=True),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("protocol_digest", sa.String(64), nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("meaning", sa.Text, nullable=False),
    )
    op.create_table(
        "receipts",
        _submission(primary_key=True),
        sa.Column("place", sa.String(128), primary_key=True),
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("files", sa.Integer, nullable=False),
        sa.Column("at", UtcTime, nullable=False),
    )
    op.create_table("provenances", _submission(primary_key=True), sa.Column("facts", sa.JSON, nullable=False))


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("submission", sa.String(32), nullable=False, index=True),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("h", sa.String(64), nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        for trigger in APPEND_ONLY:
            op.execute(trigger)


def _people() -> None:
    op.create_table(
        "accounts",
        sa.Column("login", sa.String(64), primary_key=True),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("roles", sa.JSON, nullable=False),
    )
    op.create_table(
        "login_tries",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("login", sa.String(64), nullable=False, index=True),
        sa.Column("at", UtcTime, nullable=False),
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.String(128), primary_key=True),
        sa.Column("seen_at", UtcTime, nullable=False),
    )
