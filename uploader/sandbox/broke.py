"""How the run of a validator can end: well, by its own fault, or by what runs it."""

from __future__ import annotations

from dataclasses import dataclass


class Broke(Exception):
    """The validator did not do what it must. `str` says how, in words of ours and numbers: nothing of what it said."""

    def __init__(self, how: str, output: bytes = b"", errors: bytes = b"") -> None:
        """output, errors: what it said until then, for the diagnostics folder."""
        super().__init__(how)
        self.output, self.errors = output, errors


class Away(Exception):
    """What runs it is not there just now, or went away meanwhile: nothing is known of the session.

    `str` says what that is and what brings it back. errors: what it said, for the diagnostics folder
    """

    def __init__(self, how: str, errors: bytes = b"") -> None:
        super().__init__(how)
        self.errors = errors


class Unfit(Away):
    """It cannot be run until somebody has put right what `str` names."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a validator that ended well has said."""

    answer: bytes
    errors: bytes
