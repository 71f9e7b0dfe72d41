"""Regular expressions that a protocol brings, in time that grows with the text and not with the expression.

RE2 knows no backward references and no looking around; what it takes, it can match without ever trying twice.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Protocol

import re2

LONGEST = 200
"""Characters of an expression."""


class Pattern(Protocol):
    """A compiled expression. Both say None where nothing matches."""

    def search(self, text: str, /) -> Any: ...
    def fullmatch(self, text: str, /) -> Any: ...


@lru_cache(maxsize=256)
def compiled(expression: str, *, case_counts: bool = True) -> Pattern:
    """The expression, ready to be asked. Raises ValueError, in words about the expression, for one that is none."""
    if len(expression) > LONGEST:
        raise ValueError(f"is longer than {LONGEST} characters")
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = case_counts
    try:
        pattern: Pattern = re2.compile(expression, options)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise ValueError(f"is not a regular expression of RE2: {words}") from None
    return pattern
