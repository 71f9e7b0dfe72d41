"""When two names count as the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection

Fold = Callable[[str], str]

SEPARATORS = re.compile(r"[\s_-]+")


def folding(ignored: Collection[str]) -> Fold:
    """How names are compared.

    ignored: ``case``, ``separators`` (blanks, hyphens, underscores), both or neither
    """

    def fold(name: str) -> str:
        name = unicodedata.normalize("NFKC", name)
        name = name.casefold() if "case" in ignored else name
        return SEPARATORS.sub("", name) if "separators" in ignored else name

    return fold


def matches(name: str, pattern: str, fold: Fold) -> bool:
    """Whether a name is what a listed one, perhaps with ``*`` for any characters, stands for."""
    first, *rest = [fold(part) for part in pattern.split("*")]
    folded = fold(name)
    if not rest:
        return folded == first
    if not folded.startswith(first):
        return False
    at = len(first)
    for part in rest[:-1]:
        found = folded.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(folded) - at >= len(rest[-1]) and folded.endswith(rest[-1])
