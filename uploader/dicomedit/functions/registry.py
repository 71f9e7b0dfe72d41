"""How a function is made known to the interpreter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from uploader.dicomedit.state import State, Value

Run = Callable[[State, tuple[Value, ...]], Value]

FUNCTIONS: dict[str, Function] = {}
REFUSED = {
    "getURL": "it would send data out of the hospital",
}
"""Functions of the language that are refused, and why."""


@dataclass(frozen=True, slots=True)
class Function:
    """least, most: how many arguments; more than `most` are an error, None is any number
    effect: called for what it does; it gives no value
    says: what it does, in plain words, for the reviewer
    """

    name: str
    run: Run
    least: int
    most: int | None
    effect: bool
    says: str


def function(
    name: str, says: str, *, least: int = 0, most: int | None = None, effect: bool = False
) -> Callable[[Run], Run]:
    """Register the decorated function under its name in the language."""

    def register(run: Run) -> Run:
        FUNCTIONS[name] = Function(name, run, least, most, effect, says)
        return run

    return register
