"""What people said for good: their words in the audit, bound to the bytes of which they were said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from uploader.domain.errors import Refused


def given(history: Iterable[Mapping[str, Any]], action: str, digest: str) -> Iterator[Mapping[str, Any]]:
    """The audit lines of a submission that tell of `action` and were said of the session with this manifest digest;
    what was said of other bytes no longer counts."""
    return (line for line in history if line["action"] == action and line["facts"]["digest"] == digest)


def reasoned(reason: str, why: str) -> str:
    """The reason without outer blanks. Raises Refused for an empty one, with `why` one is needed."""
    if not reason.strip():
        raise Refused(f"{why}; the reason is kept with it")
    return reason.strip()
