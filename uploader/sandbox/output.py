"""What a validator says, kept only as far as it may say anything."""

from __future__ import annotations

import time

from uploader.sandbox.broke import Broke, Output
from uploader.sandbox.limits import Limits


class Hearing:
    """What came until now on both outputs; too much of either ends it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._until = time.monotonic() + limits.seconds
        self._answer, self._errors = bytearray(), bytearray()

    def answer(self, piece: bytes) -> None:
        """Raises Broke when this is more than an answer may be."""
        self._answer += piece
        if len(self._answer) > self._limits.answer_bytes:
            raise Broke(f"it answered with more than {self._limits.answer_bytes} bytes")

    def errors(self, piece: bytes) -> None:
        """Raises Broke when this is more than it may complain."""
        self._errors += piece
        if len(self._errors) > self._limits.errors_bytes:
            raise Broke(f"it wrote more than {self._limits.errors_bytes} bytes to its error output")

    def left(self) -> float:
        """Seconds that it still has. Raises TimeoutError when there are none."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def too_long(self) -> Broke:
        return Broke(f"it took longer than {self._limits.seconds:g} seconds")

    def output(self) -> Output:
        return Output(bytes(self._answer), bytes(self._errors))

    def broken(self, broke: Broke) -> Broke:
        """The same, with all that was heard, for the diagnostics folder."""
        return Broke(
            str(broke),
            bytes(self._answer[: self._limits.errors_bytes]),
            bytes(self._errors[: self._limits.errors_bytes]),
        )
