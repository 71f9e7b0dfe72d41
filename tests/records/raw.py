"""A database past this program: what somebody does who has every right to it."""

from __future__ import annotations

import sqlite3
from types import TracebackType
from typing import Any

import psycopg

Forbidden = (sqlite3.IntegrityError, psycopg.IntegrityError)
"""What the database itself answers to whatever its triggers forbid."""


class Raw:
    """One connection, every statement a transaction of its own. Values stand for ``?`` on either database."""

    def __init__(self, url: str) -> None:
        self.sqlite = url.startswith("sqlite")
        self._connection: Any = (
            sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
            if self.sqlite
            else psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
        )

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def execute(self, statement: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        cursor = self._connection.execute(statement if self.sqlite else statement.replace("?", "%s"), values)
        return list(cursor.fetchall()) if cursor.description else []
