"""SQLite: what the archive knows besides the bytes. Every commit is on the disk before it is told."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any

from uploader.archives.embedded import history

Row = sqlite3.Row

SCHEMA = """
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS accounts (
  login TEXT PRIMARY KEY, hash TEXT NOT NULL, admin INTEGER NOT NULL, fields TEXT NOT NULL DEFAULT '{}');
CREATE TABLE IF NOT EXISTS tokens (
  alias TEXT PRIMARY KEY, hash TEXT NOT NULL, login TEXT NOT NULL, expires REAL NOT NULL);
CREATE TABLE IF NOT EXISTS projects (
  id TEXT PRIMARY KEY COLLATE NOCASE, fields TEXT NOT NULL, inserted TEXT NOT NULL, inserter TEXT NOT NULL,
  deleted INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS members (
  project TEXT NOT NULL COLLATE NOCASE, login TEXT NOT NULL, role TEXT NOT NULL, PRIMARY KEY (project, login));
CREATE TABLE IF NOT EXISTS subjects (
  id TEXT PRIMARY KEY, project TEXT NOT NULL COLLATE NOCASE, label TEXT NOT NULL COLLATE NOCASE, fields TEXT NOT NULL,
  inserted TEXT NOT NULL, inserter TEXT NOT NULL, UNIQUE (project, label));
CREATE TABLE IF NOT EXISTS experiments (
  id TEXT PRIMARY KEY, project TEXT NOT NULL COLLATE NOCASE, subject TEXT NOT NULL, label TEXT NOT NULL COLLATE NOCASE,
  type TEXT NOT NULL, fields TEXT NOT NULL, inserted TEXT NOT NULL, inserter TEXT NOT NULL, UNIQUE (project, label));
CREATE INDEX IF NOT EXISTS experiments_of_subject ON experiments (subject);
CREATE TABLE IF NOT EXISTS waiting (
  id TEXT PRIMARY KEY, project TEXT NOT NULL COLLATE NOCASE, stamp TEXT NOT NULL, folder TEXT NOT NULL,
  subject TEXT NOT NULL, label TEXT NOT NULL, uid TEXT NOT NULL, status TEXT NOT NULL, fields TEXT NOT NULL,
  touched TEXT NOT NULL, inserter TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS scans (
  pk INTEGER PRIMARY KEY, session TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, uid TEXT NOT NULL DEFAULT '',
  fields TEXT NOT NULL, UNIQUE (session, id));
CREATE TABLE IF NOT EXISTS shares (
  kind TEXT NOT NULL, id TEXT NOT NULL, project TEXT NOT NULL COLLATE NOCASE, label TEXT NOT NULL COLLATE NOCASE,
  PRIMARY KEY (kind, id, project), UNIQUE (kind, project, label));
CREATE TABLE IF NOT EXISTS resources (
  pk INTEGER PRIMARY KEY AUTOINCREMENT, holder TEXT NOT NULL, label TEXT NOT NULL, fields TEXT NOT NULL,
  UNIQUE (holder, label));
CREATE TABLE IF NOT EXISTS files (
  resource INTEGER NOT NULL, path TEXT NOT NULL, md5 TEXT NOT NULL, stamp TEXT NOT NULL,
  fields TEXT NOT NULL DEFAULT '{}', PRIMARY KEY (resource, path)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS moves (source TEXT NOT NULL, target TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS handling (waiting TEXT PRIMARY KEY, facts TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS waiting_log (
  id INTEGER PRIMARY KEY, waiting TEXT NOT NULL, at TEXT NOT NULL, entry TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS deposits (
  id INTEGER PRIMARY KEY, session TEXT NOT NULL, made INTEGER NOT NULL, scans TEXT NOT NULL, places TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS assessors (
  id TEXT PRIMARY KEY, project TEXT NOT NULL COLLATE NOCASE, session TEXT NOT NULL, label TEXT NOT NULL COLLATE NOCASE,
  type TEXT NOT NULL, fields TEXT NOT NULL, inserted TEXT NOT NULL, inserter TEXT NOT NULL, UNIQUE (project, label));
CREATE INDEX IF NOT EXISTS assessors_of_session ON assessors (session);
CREATE TRIGGER IF NOT EXISTS no_session AFTER DELETE ON experiments BEGIN
  DELETE FROM assessors WHERE session = OLD.id; END;
CREATE TRIGGER IF NOT EXISTS no_assessor AFTER DELETE ON assessors BEGIN
  DELETE FROM resources WHERE holder = 'assessor:' || OLD.id; END;
CREATE TRIGGER IF NOT EXISTS no_assessor_shared AFTER DELETE ON assessors BEGIN
  DELETE FROM shares WHERE kind = 'assessor' AND id = OLD.id; END;
CREATE TRIGGER IF NOT EXISTS no_assessor_file AFTER DELETE ON resources WHEN OLD.holder LIKE 'assessor:%' BEGIN
  DELETE FROM files WHERE resource = OLD.pk; END;
CREATE TABLE IF NOT EXISTS shelves (
  resource INTEGER PRIMARY KEY, stamp TEXT NOT NULL, study TEXT NOT NULL, series TEXT NOT NULL, modality TEXT NOT NULL,
  first TEXT NOT NULL, count INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS instances (
  resource INTEGER NOT NULL, path TEXT NOT NULL, stamp TEXT NOT NULL, study TEXT NOT NULL, series TEXT NOT NULL,
  uid TEXT NOT NULL, class TEXT NOT NULL, syntax TEXT NOT NULL, modality TEXT NOT NULL, facts TEXT NOT NULL,
  PRIMARY KEY (resource, path)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS instances_of_uid ON instances (uid);
CREATE TRIGGER IF NOT EXISTS no_shelf AFTER DELETE ON resources BEGIN
  DELETE FROM shelves WHERE resource = OLD.pk; DELETE FROM instances WHERE resource = OLD.pk; END;
"""


class Database:
    """A pool of connections to one file. One writer at a time; readers never wait for it (WAL).

    more: statements that make further tables
    """

    def __init__(self, path: Path, more: Iterable[str] = ()) -> None:
        self._path = path
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)  # SQLite gives its other files the mode of this one
        self._idle: LifoQueue[sqlite3.Connection] = LifoQueue()
        self._writing = threading.Lock()
        with self.write() as connection:
            for statement in (*SCHEMA.split(";\n"), *more):
                connection.execute(statement)

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees what has been committed."""
        connection = self._borrow()
        try:
            yield connection
        finally:
            self._idle.put(connection)

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: committed to the disk when the block ends, undone when it raises."""
        with self._writing, self.read() as connection:
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                yield connection

    def close(self) -> None:
        """Close every idle connection. The database stays usable; it opens new ones."""
        while True:
            try:
                self._idle.get_nowait().close()
            except Empty:
                return

    def _borrow(self) -> sqlite3.Connection:
        try:
            return self._idle.get_nowait()
        except Empty:
            connection = sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)
            connection.row_factory = Row
            history.prepare(connection)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            return connection


def one(connection: sqlite3.Connection, sql: str, *values: Any) -> Row | None:
    """The first row, or None."""
    row: Row | None = connection.execute(sql, values).fetchone()
    return row


def fields(row: Row) -> dict[str, str]:
    """The row's further fields, short XNAT name -> text."""
    known: dict[str, str] = json.loads(row["fields"])
    return known


def all_fields(rows: Iterable[Row]) -> list[dict[str, str]]:
    """`fields` of many rows, read in one go."""
    found: list[dict[str, str]] = json.loads(f"[{','.join(row['fields'] for row in rows)}]")
    return found


def number(connection: sqlite3.Connection, name: str) -> int:
    """The next number of a counter; none is ever given twice, whatever is deleted."""
    row = one(
        connection,
        "INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
        name,
    )
    assert row is not None
    return int(row["value"])


def now() -> str:
    """The time as XNAT writes it in listings, UTC: ``2026-11-24 16:00:34.123``."""
    return text_of(datetime.now(UTC))


def text_of(at: datetime) -> str:
    """A time in UTC as `now` writes it; later ones sort later."""
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
