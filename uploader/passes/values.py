"""Values of text elements as they are written: taken apart, and written again (PS3.5 6.2)."""

from __future__ import annotations

from collections.abc import Iterable


def texts(value: bytes) -> list[str]:
    """The single values, padding removed; none for an empty element. Foreign bytes stay, one character each."""
    text = value.decode("latin-1").strip(" \0")
    return [each.strip(" \0") for each in text.split("\\")] if text else []


def written(values: Iterable[str], padding: bytes = b" ") -> bytes:
    """`values`, which are ASCII, as a value of even length."""
    data = "\\".join(values).encode("ascii")
    return data + padding if len(data) & 1 else data
