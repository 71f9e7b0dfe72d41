"""The one way to write a document, so that its signature has one meaning."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

LARGEST = 1 << 26
"""Bytes of a document that is read at all: 64 MiB, the list of more than 200,000 files."""


def canonical(document: Mapping[str, Any]) -> bytes:
    """Keys sorted, no blanks, UTF-8. Raises TypeError or ValueError for what is not plain JSON."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def parsed(data: bytes) -> dict[str, Any]:
    """The object that `data` holds, however it is laid out.

    Raises ValueError for anything else, and for what could be read in two ways: a key that occurs twice, a number that
    is none.
    """
    try:
        found = json.loads(data.decode(), object_pairs_hook=_once, parse_constant=_refused)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if not isinstance(found, dict):
        raise ValueError("it is no object")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice")
    return found


def _refused(constant: str) -> Any:
    raise ValueError("it holds a number that is none")
