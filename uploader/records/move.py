"""Records to another database: every row, the audit to the byte, proven by reading back, or nothing at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Row, Table, func, insert, select, text

from uploader.domain.errors import Held, Refused
from uploader.records.audit import verify
from uploader.records.database import Database, connect
from uploader.records.schema import migrate
from uploader.records.tables import login_tries, metadata, workers

_BATCH = 500
"""Rows in one statement."""

_SEAL = "CREATE TRIGGER audit_moved BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'these records were moved'); END"
"""Keeps a desk or a command that still has the old address from changing what nobody looks at any more."""


def move(source: Database, target: Database) -> Mapping[str, int]:
    """Copy everything from a file to a server, and let the file take no change from then on; returns table -> rows.

    Heartbeats stay behind. The server gets all of it in one transaction.
    Raises Refused when the target is no server, or not empty; Held when what was read back differs.
    """
    if source.shared or not target.shared:
        raise Refused("records are moved from a file in the home to a server: postgresql+psycopg://…")
    migrate(target)
    with source.alone() as old:
        before = verify(source)
        if before.broken_at is not None:
            raise Held("the audit of these records is broken; nothing was moved; run: uploader audit verify")
        with target.alone() as new:
            counts = _transfer(old, new)
        if verify(target) != before:
            raise Held("the audit that the server gives back differs; go on with the old records, and empty the target")
        old.execute(text(_SEAL))
    return counts


def keep(source: Database, path: Path) -> None:
    """Copy everything to the new file `path`, as it is at one moment; the source stays as it is, for copies of a home.

    Raises Held when what was read back differs.
    """
    target = connect(f"sqlite:///{path}", "the copy")
    try:
        migrate(target)
        with source.alone() as old, target.alone() as new:
            _transfer(old, new)
        if verify(target).broken_at is not None:
            raise Held("the audit of the copy is not whole; run: uploader audit verify")
    finally:
        target.close()


def _transfer(old: Connection, new: Connection) -> Mapping[str, int]:
    _only_into_nothing(new)
    for table in _tables():
        _copy(table, old, new)
        _prove(table, old, new)
    return {table.name: new.scalar(select(func.count()).select_from(table)) or 0 for table in _tables()}


def _tables() -> list[Table]:
    """Those that are moved, in an order in which every row finds what it refers to."""
    return [table for table in metadata.sorted_tables if table is not workers]


def _columns(table: Table) -> list[Column[Any]]:
    """All but numbers that the database gives."""
    return [column for column in table.columns if column is not login_tries.c.number]


def _only_into_nothing(new: Connection) -> None:
    filled = [table.name for table in _tables() if new.execute(select(table).limit(1)).first() is not None]
    if filled:
        raise Refused(f"the target holds records already ({', '.join(filled)}); nothing was moved: name an empty one")


def _copy(table: Table, old: Connection, new: Connection) -> None:
    for rows in _rows(table, old).partitions(_BATCH):
        new.execute(insert(table), [dict(row._mapping) for row in rows])


def _rows(table: Table, connection: Connection) -> Any:
    query = select(*_columns(table)).order_by(*table.primary_key)
    return connection.execute(query, execution_options={"yield_per": _BATCH})


def _prove(table: Table, old: Connection, new: Connection) -> None:
    """Raises Held when what is read back differs."""
    if _digest(_rows(table, old)) != _digest(_rows(table, new)):
        raise Held(f"what the server gives back differs ({table.name}); nothing was moved")


def _digest(rows: Iterator[Row[Any]]) -> int:
    """The same for the same rows in whatever order: databases sort texts differently."""
    return sum(int.from_bytes(hashlib.sha256(_plain(row).encode()).digest()) for row in rows) % (1 << 256)


def _plain(row: Row[Any]) -> str:
    return json.dumps([v.isoformat() if isinstance(v, datetime) else v for v in row], sort_keys=True)
