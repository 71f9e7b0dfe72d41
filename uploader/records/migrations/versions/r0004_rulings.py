"""What became of each rule of a protocol, what people chose with the trial and what they let pass, and how a subject's
images were acquired.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("submissions", sa.Column("chosen", sa.JSON, nullable=False, server_default="{}"))
    op.add_column("verdicts", sa.Column("rulings", sa.JSON, nullable=False, server_default="[]"))
    op.add_column("verdicts", sa.Column("waivers", sa.JSON, nullable=False, server_default="[]"))
    op.create_table(
        "acquired",
        sa.Column("submission", sa.String(32), sa.ForeignKey("submissions.id"), primary_key=True, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
    )
