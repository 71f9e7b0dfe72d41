"""Several people sign a session, each in a role; each signature says what was looked at.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from uploader.records.tables import UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COPY = """
    INSERT INTO signatures (submission, role, person, digest, protocol_digest, seen, at, meaning)
    SELECT submission, '', person, digest, protocol_digest, '', at, meaning FROM signoffs
"""


def upgrade() -> None:
    """A new table, for the role belongs to the key; whoever signed before has none."""
    op.create_table(
        "signatures",
        sa.Column("submission", sa.String(32), sa.ForeignKey("submissions.id"), primary_key=True, nullable=False),
        sa.Column("role", sa.String(32), primary_key=True, nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("protocol_digest", sa.String(64), nullable=False),
        sa.Column("seen", sa.String(64), nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("meaning", sa.Text, nullable=False),
    )
    op.execute(COPY)
    op.drop_table("signoffs")
    op.rename_table("signatures", "signoffs")
