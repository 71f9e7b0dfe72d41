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
    """The value of a variable."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class PathValue:
    """The text of an element, or as an argument the path itself."""

    path: Path
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """What a function gives for these arguments."""

    name: str
    arguments: tuple[Expression, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of values."""

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
    """`path := value`: the one element that the path names."""

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
    """`name := value`."""

    name: str
    value: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Delete:
    """`- path`: every element that matches."""

    path: Path
    at: int


@dataclass(frozen=True, slots=True)
class Invoke:
    """A function called for its effect."""

    call: Call
    at: int


@dataclass(frozen=True, slots=True)
class Echo:
    """A value that is read and shown to nobody."""

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
    """A name under which a host may keep a variable."""

    name: str
    target: str
    at: int


@dataclass(frozen=True, slots=True)
class RemovePrivate:
    """All private elements go."""

    at: int


@dataclass(frozen=True, slots=True)
class Version:
    """The version of the language that the script is written in."""

    text: str
    at: int


Statement = (
    Assign | AssignPresent | SetVariable | Delete | Invoke | Echo | Choice | Describe | Export | RemovePrivate | Version
)
