"""Which elements a script can name, told from its text: the rest of a dataset need not be decoded for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from uploader.dicomedit import statements as s
from uploader.dicomedit.check import PATH_ARGUMENTS, calls, every, expressions
from uploader.dicomedit.functions.whole import direct_path
from uploader.dicomedit.paths import BadPath, Path, Step, parse_path
from uploader.dicomedit.sweep import Rule, rule
from uploader.dicomedit.values import Unfit

_WHOLE = frozenset({"alterPixels", "blankValues", "retainPrivateTags", "scalePatientAgeAndDobFromStudyDate"})
"""Functions that look at everything."""
_WRITTEN_PATHS = frozenset(PATH_ARGUMENTS) | {"shiftDateTimeListByIncrement"}
"""Functions whose arguments name elements as text, too."""
_DIRECT = frozenset({"set", "delete"})
"""Functions whose first argument names an element as text in plain numbers."""
_CHARACTER_SET = 0x00080005
_CHANCY = frozenset({"newUID", "mapUID", "mapReferencedUIDs"})
"""Functions that do not give the same for the same every time."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Top-level tags that the statements of a script can read or write, those that only sweep aside.

    patterns: (mask, bits); a tag is within reach when `tag & mask == bits` for one
    """

    patterns: frozenset[tuple[int, int]]

    def __contains__(self, tag: int) -> bool:
        return any(tag & mask == bits for mask, bits in self.patterns)


class _Everything(Exception):
    """What the script names cannot be told from its text."""


def reach(statements: Iterable[s.Statement]) -> Reach | None:
    """None when a script may name any element. Deletions and constant `?=` that a sweep carries out do not count."""
    try:
        within = Reach(frozenset(_first(path) for each in statements for path in _named(each)))
    except _Everything:
        return None
    return None if _CHARACTER_SET in within else within  # every text is encoded anew when the character set changes


def repeatable(statements: tuple[s.Statement, ...]) -> bool:
    """Whether the same elements become the same every time."""
    return not any(call.name in _CHANCY for call in calls(statements))


def swept(statements: Iterable[s.Statement]) -> list[Rule]:
    """What the script does to elements beyond its reach: it removes or sets them, by their tags alone."""
    return [found for each in statements if (found := rule(each))]


def _named(statement: s.Statement) -> Iterator[Path]:
    if rule(statement) is not None:
        return
    for each in every((statement,)):
        if isinstance(each, s.RemovePrivate):
            raise _Everything
        if isinstance(each, s.Assign | s.AssignPresent | s.Delete):
            yield each.path
        values = (each.call,) if isinstance(each, s.Invoke) else expressions(each)
        for value in values:
            yield from _in(value)


def _in(value: s.Expression) -> Iterator[Path]:
    match value:
        case s.PathValue(path=path):
            yield path
        case s.Listing(entries=entries):
            for entry in entries:
                yield from _in(entry)
        case s.Call():
            yield from _in_call(value)


def _in_call(call: s.Call) -> Iterator[Path]:
    if call.name in _WHOLE:
        raise _Everything
    if call.name in _DIRECT:
        yield _direct(call.arguments[0])
    for argument in call.arguments[call.name in _DIRECT :]:
        if call.name in _WRITTEN_PATHS and not isinstance(argument, s.PathValue):
            yield from _written(argument)
        else:
            yield from _in(argument)


def _direct(argument: s.Expression) -> Path:
    """A path in plain numbers by its first step; of a private element the whole group, where its creator stands."""
    if not isinstance(argument, s.Literal):
        raise _Everything
    try:
        (tag, _), *_ = direct_path(argument.text)
    except Unfit:
        raise _Everything from None
    mask = 0xFFFF0000 if tag >> 16 & 1 else 0xFFFFFFFF
    return Path((Step(mask, tag & mask, None, None, argument.text),), argument.text)


def _written(argument: s.Expression) -> Iterator[Path]:
    """Paths that stand as text; what is computed could be any."""
    match argument:
        case s.Literal(text=text):
            try:
                yield parse_path(text)
            except BadPath:
                return  # a value, or a fault that the run will report
        case s.Listing(entries=entries):
            for entry in entries:
                yield from _written(entry)
        case s.PathValue(path=path):
            yield path
        case _:
            raise _Everything


def _first(path: Path) -> tuple[int, int]:
    """Mask and bits of the outermost tags; of a private element the whole group, where its creator stands too."""
    first = path.steps[0]
    if not isinstance(first, Step) or path.of_file_meta:
        raise _Everything
    if first.creator is None:
        return first.mask, first.bits
    return first.mask & 0xFFFF0000, first.bits & 0xFFFF0000
