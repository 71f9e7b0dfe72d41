"""What a script is made of. Every `at` is an offset in the prepared text, for lines and columns."""

from __future__ import annotations

from dataclasses import dataclass

from uploader.dicomedit.paths import Path


@dataclass(frozen=True, slots=True)
class Literal:
    """A string or a number, as text."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    at: int


@dataclass(frozen=True, slots=True)
class PathValue:
    path: Path
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: tuple[Expression, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Listing:
    entries: tuple[Expression, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Nothing:
    """What the reference makes of a bare number in a list."""

    at: int


Expression = Literal | Variable | PathValue | Call | Listing | Nothing


@dataclass(frozen=True, slots=True)
class Comparison:
    """`operator`: = != ~ !~"""

    left: Expression
    operator: str
    right: Expression
    at: int


Condition = Comparison | Call


@dataclass(frozen=True, slots=True)
class Assign:
    path: Path
    value: Expression
    at: int


@dataclass(frozen=True, slots=True)
class AssignPresent:
    """`path ?= value`: every element that is there and matches."""

    path: Path
    value: Expression
    at: int


@dataclass(frozen=True, slots=True)
class SetVariable:
    name: str
    value: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Delete:
    path: Path
    at: int


@dataclass(frozen=True, slots=True)
class Invoke:
    """A function called for its effect."""

    call: Call
    at: int


@dataclass(frozen=True, slots=True)
class Echo:
    value: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Choice:
    """if/elseif/else, and the form with a question mark: the first branch whose condition holds is run."""

    branches: tuple[tuple[Condition, tuple[Statement, ...]], ...]
    otherwise: tuple[Statement, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Describe:
    """A hint for a host's screens. `kind`: title, hidden, const or immutable."""

    name: str
    kind: str
    title: str
    at: int


@dataclass(frozen=True, slots=True)
class Export:
    name: str
    target: str
    at: int


@dataclass(frozen=True, slots=True)
class RemovePrivate:
    at: int


@dataclass(frozen=True, slots=True)
class Version:
    text: str
    at: int


Statement = (
    Assign | AssignPresent | SetVariable | Delete | Invoke | Echo | Choice | Describe | Export | RemovePrivate | Version
)
