"""The audit: an append-only chain of lines, each written in the transaction of the change it tells of.

A line is canonical JSON ``{action, actor, at, facts, prev, seq, submission}``; its hash is SHA-256 over the hash of
the line before and the line's own bytes, so that an edit, a removal, an insertion or another order breaks the
chain. A cut tail, or a chain forged anew from some line on, does not match the anchor: the head as it was written
to a file, which belongs on another medium.

Facts are codes, digests, labels and counts made by us, never a value of a patient.

Triggers refuse UPDATE, DELETE, REPLACE and TRUNCATE.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable, UpdateBase, insert, inspect, select

from uploader.domain.errors import Held, Misconfigured
from uploader.records.database import Clock, Database, connect, utc_now
from uploader.records.tables import audit

GENESIS = "0" * 64
"""The hash before the first line."""


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What a check of the chain found.

    lines: how many lines there are
    head: hash of the last line that is right
    broken_at: number of the first line that is wrong or missing, None when all is well
    """

    lines: int
    head: str
    broken_at: int | None


class Change:
    """One transaction: the statements of a change, and the lines that tell of it."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self.connection = connection
        self.at = clock()
        self.written = self.noted = False

    def execute(self, statement: Executable) -> CursorResult[Any]:
        self.written |= isinstance(statement, UpdateBase)
        return self.connection.execute(statement)

    def note(self, actor: str, action: str, submission: str = "", /, **facts: Any) -> None:
        """Append a line. Raises TypeError or ValueError for a fact that is not plain JSON."""
        seq, prev = _head(self.connection)
        line = canonical(
            {
                "seq": seq + 1,
                "at": self.at.isoformat(timespec="microseconds"),
                "actor": actor,
                "action": action,
                "submission": submission,
                "facts": facts,
                "prev": prev,
            }
        )
        row = {"seq": seq + 1, "submission": submission, "line": line, "h": chained(prev, line)}
        self.connection.execute(insert(audit).values(row))
        self.noted = True


@contextmanager
def changing(database: Database, clock: Clock = utc_now) -> Iterator[Change]:
    """The one way to change a record. What was written without a line is undone, and raises RuntimeError."""
    with database.alone() as connection:
        change = Change(connection, clock)
        yield change
        if change.written and not change.noted:
            raise RuntimeError("a change without its audit line")


def canonical(fields: Mapping[str, Any]) -> str:
    """The one way to write `fields`: keys sorted, no blanks, ASCII."""
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False)


def chained(prev: str, line: str) -> str:
    """Hash of a line after the line with hash `prev`, lower-case hex."""
    return hashlib.sha256((prev + line).encode()).hexdigest()


def lines_about(database: Database, submission: str) -> list[dict[str, Any]]:
    """The lines of one submission, oldest first, without the hash of the line before."""
    query = select(audit.c.line).where(audit.c.submission == submission).order_by(audit.c.seq)
    with database.read() as connection:
        lines = [json.loads(line) for line in connection.scalars(query)]
    return [{name: value for name, value in line.items() if name != "prev"} for line in lines]


def verify(records: Database | str, anchor: Path | None = None) -> AuditReport:
    """Check the whole chain, and the anchor where one is given; memory does not grow with the chain.

    records: the database, or its address, which is opened as it is, without migrating it
    Raises Misconfigured when there is no audit, or the anchor cannot be read.
    """
    if isinstance(records, str):
        database = connect(records)
        try:
            return verify(database, anchor)
        finally:
            database.close()
    anchored = None if anchor is None else _anchored(anchor)
    with records.read() as connection:
        if not inspect(connection).has_table(audit.name):
            raise Misconfigured(f"{records.name}: there is no audit here")
        return _walk(connection, anchored)


def anchor(database: Database, path: Path, *, whole: bool = True) -> None:
    """Write number and hash of the head to `path`, durably. Processes of one home take turns.

    whole: check the whole chain first; otherwise what came after the line that `path` names, and that line
    Raises Held, and leaves `path` alone, when the chain no longer holds what `path` says: an anchor that moved
    along with a cut chain would prove nothing.
    """
    with _alone_in(path.parent):
        if path.exists() and not _holds(database, path, whole):
            raise Held("audit: the chain does not match its anchor; run: uploader audit verify")
        with database.read() as connection:
            seq, h = _head(connection)
        fresh = path.with_name(path.name + ".new")
        with fresh.open("w") as file:
            file.write(canonical({"seq": seq, "h": h}) + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        _sync_folder(path.parent)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """One process at a time; the kernel frees the lock of one that is gone."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _holds(database: Database, path: Path, whole: bool) -> bool:
    if whole:
        return verify(database, path).broken_at is None
    seq, h = _anchored(path)
    with database.read() as connection:
        kept = connection.scalar(select(audit.c.h).where(audit.c.seq == seq)) if seq else GENESIS
        return kept == h and _walk(connection, None, after=(seq, h)).broken_at is None


def _head(connection: Connection) -> tuple[int, str]:
    row = connection.execute(select(audit.c.seq, audit.c.h).order_by(audit.c.seq.desc()).limit(1)).first()
    return (row.seq, row.h) if row else (0, GENESIS)


def _walk(
    connection: Connection, anchored: tuple[int, str] | None, after: tuple[int, str] = (0, GENESIS)
) -> AuditReport:
    """Check the lines behind the line `after`, (number, hash), which is taken for right."""
    (first, head), broken_at = after, None
    query = select(audit).where(audit.c.seq > first).order_by(audit.c.seq)
    rows = connection.execute(query, execution_options={"yield_per": 1000})
    count = first
    for count, row in enumerate(rows, first + 1):
        if broken_at is None and _fits(row, count, head):
            head = row.h
            broken_at = count if anchored and anchored[0] == count and anchored[1] != head else None
        elif broken_at is None:
            broken_at = count
    if broken_at is None and anchored and anchored[0] > count:
        broken_at = count + 1
    return AuditReport(count, head, broken_at)


def _fits(row: Any, seq: int, prev: str) -> bool:
    if row.seq != seq or row.h != chained(prev, row.line):
        return False
    try:
        line = json.loads(row.line)
        return (line["seq"], line["prev"], line["submission"]) == (seq, prev, row.submission)
    except (ValueError, KeyError, TypeError):
        return False


def _anchored(path: Path) -> tuple[int, str]:
    try:
        fields = json.loads(path.read_text())
        return int(fields["seq"]), str(fields["h"])
    except (OSError, ValueError, KeyError, TypeError):
        raise Misconfigured(f"audit: the anchor {path} cannot be read; look whether it was moved") from None


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
