"""One thing that was looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from uploader.domain.errors import UploaderError

T = TypeVar("T")


class Grade(StrEnum):
    """How it is."""

    WELL = "well"
    NOTE = "note"
    """Works, but somebody should know."""
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Observation:
    """What was found, and for what is not well what to do."""

    about: str
    grade: Grade
    says: str
    remedy: str = ""


def well(about: str, says: str) -> Observation:
    return Observation(about, Grade.WELL, says)


def note(about: str, says: str, remedy: str) -> Observation:
    return Observation(about, Grade.NOTE, says, remedy)


def wrong(about: str, says: str, remedy: str) -> Observation:
    return Observation(about, Grade.WRONG, says, remedy)


def observed(about: str, look: Callable[[T], Iterator[Observation]], what: T) -> Iterator[Observation]:
    """What `look` sees; an error of ours is a fault with its own words, for they say what to do."""
    try:
        yield from look(what)
    except UploaderError as error:
        yield wrong(about, str(error), f"see {error.code} in docs/errors.md")
