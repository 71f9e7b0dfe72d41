"""That a validator did not do what it must, and in which way."""

from __future__ import annotations

from dataclasses import dataclass


class Broke(Exception):
    """`str` says how, in words of ours and numbers: nothing of what the validator said."""

    def __init__(self, how: str, output: bytes = b"", errors: bytes = b"") -> None:
        """output, errors: what it said until then, for the diagnostics folder."""
        super().__init__(how)
        self.output, self.errors = output, errors


@dataclass(frozen=True, slots=True)
class Output:
    """What a validator that ended well has said."""

    answer: bytes
    errors: bytes
