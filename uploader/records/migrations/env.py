"""Run by Alembic: the revisions, in the transaction that `schema.migrate` has begun."""

from __future__ import annotations

from alembic import context

from uploader.records.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
