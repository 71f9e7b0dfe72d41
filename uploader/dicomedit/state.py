"""One run of a script over one dataset: the dataset, the variables, and what the host offers."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from uploader.dicomedit import access
from uploader.dicomedit.paths import BadPath, Path, parse_path
from uploader.dicomedit.values import Unfit

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Value: TypeAlias = "str | Path | list[Value] | None"
"""Text, a path (as an argument of a function or in a list), a list, or the null of a missing element."""


@dataclass(slots=True)
class Host:
    """What lives longer than one run.

    lookup: (type, key) -> value, see `functions.text.lookup`
    ignore_rejection: reject[] does nothing
    compatible: do as the reference does where that differs; for comparisons only
    seed: what the UIDs of mapUID are computed from, so that all processes of a run give the same ones;
        random unless the host wants the same UIDs in every run
    blanked: (left, top, width, height) of what alterPixels has made black in this run, or the last
    mapped: text -> UID given by mapUID; `referenced`: the same for mapReferencedUIDs, which keeps its own
    """

    lookup: Mapping[tuple[str, str], str] = field(default_factory=dict)
    ignore_rejection: bool = False
    compatible: bool = False
    seed: bytes = field(default_factory=partial(secrets.token_bytes, 32), repr=False)
    blanked: list[tuple[int, int, int, int]] = field(default_factory=list)
    mapped: dict[str, str] = field(default_factory=dict)
    referenced: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class State:
    dataset: Dataset
    variables: dict[str, Value]
    host: Host

    def text(self, value: Value) -> str | None:
        """A value as text: a path is read, a list is written as [a, b]. Raises Unfit."""
        if isinstance(value, Path):
            return access.read(self.dataset, value, self.host.compatible)
        if isinstance(value, list):
            return f"[{', '.join('null' if t is None else t for t in map(self.text, value))}]"
        return value

    def needed(self, value: Value, what: str) -> str:
        """A value as text that must be there. Raises Unfit."""
        text = self.text(value)
        if text is None:
            raise Unfit(f"{what} needs a text, and the element or value is missing")
        return text

    def texts(self, values: Iterator[Value] | tuple[Value, ...] | list[Value]) -> list[str | None]:
        """The texts of values, lists taken apart."""
        return [self.text(value) for value in flat(values)]

    def true(self, value: Value) -> bool:
        """Whether a value counts as true: the text true in any letter case. Raises Unfit for a missing one."""
        return self.needed(value, "a condition").lower() == "true"


def flat(values: Iterator[Value] | tuple[Value, ...] | list[Value]) -> Iterator[Value]:
    """Values with lists taken apart, at every depth."""
    for value in values:
        if isinstance(value, list):
            yield from flat(value)
        else:
            yield value


def paths(values: tuple[Value, ...] | list[Value]) -> list[Path]:
    """Paths, quoted paths and lists of them. Raises Unfit for text that is not a path."""
    return [as_path(value) for value in flat(values)]


def quoted_paths(state: State, values: tuple[Value, ...]) -> list[Path]:
    """As `paths`; the reference passes over what is not a quoted path. Raises Unfit for text that is not a path."""
    return paths([v for v in values if isinstance(v, str)] if state.host.compatible else values)


def as_path(value: Value) -> Path:
    if isinstance(value, Path):
        return value
    if not isinstance(value, str):
        raise Unfit("a tag path is wanted")
    try:
        return parse_path(value)
    except BadPath as error:
        raise Unfit(str(error)) from None
