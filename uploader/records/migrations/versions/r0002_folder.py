"""What the worker knows of the watched folder: instances seen before, and notices for the desk.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("seen", sa.Column("token", sa.String(32), primary_key=True))
    op.create_table(
        "notices",
        sa.Column("kind", sa.String(32), primary_key=True),
        sa.Column("sentences", sa.JSON, nullable=False),
    )
