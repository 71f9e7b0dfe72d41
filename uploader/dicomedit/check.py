"""What must be right before a script touches a patient, beyond its grammar."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from uploader.dicomedit import statements as s
from uploader.dicomedit.functions import FUNCTIONS, REFUSED
from uploader.dicomedit.functions.dates import seconds_in
from uploader.dicomedit.functions.image import check_fill, check_shape
from uploader.dicomedit.functions.uids import checked_root
from uploader.dicomedit.functions.whole import direct_path
from uploader.dicomedit.paths import BadPath, Path, parse_path
from uploader.dicomedit.rectangles import check_colour, rectangle
from uploader.dicomedit.regex import BadPattern, compiled
from uploader.dicomedit.source import Flaw
from uploader.dicomedit.values import Unfit

RELEASED = ("6.0", "6.1", "6.2", "6.3", "6.4", "6.5", "6.6")
VERSIONS = (*RELEASED, "6.7")
"""What a script may say it is written in. It switches nothing on or off, as in the reference, of which 6.7 is described
but not released."""
PATH_ARGUMENTS = {
    "removeTags": 0,
    "hashUIDList": 0,
    "retainPrivateTags": 0,
    "valueAt": 0,
    "mapReferencedUIDs": 1,
    "shiftDateTimeSequenceByIncrement": 1,
}
"""Functions that take paths, quoted or not, and the first argument that is one."""
CHECKS: dict[tuple[str, int], Callable[[str], object]] = {
    ("set", 0): direct_path,
    ("delete", 0): direct_path,
    ("match", 1): compiled,
    ("ismatch", 1): compiled,
    ("mapUID", 1): checked_root,
    ("mapReferencedUIDs", 0): checked_root,
    ("shiftDateByIncrement", 2): seconds_in,
    ("shiftDateTimeByIncrement", 2): seconds_in,
    ("shiftDateTimeListByIncrement", 2): seconds_in,
    ("alterPixels", 0): check_shape,
    ("alterPixels", 1): rectangle,
    ("alterPixels", 2): check_fill,
    ("alterPixels", 3): check_colour,
}
"""What a function takes, by its name and the number of the argument, can be checked where it is written out."""
ANY_PATH = frozenset(
    {
        *PATH_ARGUMENTS,
        "collectValues",
        "blankValues",
        "shiftDateTimeListByIncrement",
        "equals",
        "true",
        "false",
        "newUID",
    }
) - {"valueAt"}
"""Functions whose paths may name many elements, or are not read; all others read one element a path."""


def check(statements: tuple[s.Statement, ...], compatible: bool = False) -> None:
    """Raises Flaw for the first thing that is wrong; `compatible`: as the reference, only for unknown functions.

    A script of blanks and comments says nothing, and needs no version to say it in.
    """
    for call in calls(statements):
        _check_known(call)
    if compatible:
        return
    if statements and not any(isinstance(statement, s.Version) for statement in statements):
        raise Flaw(0, f'the script has no version line, such as version "{RELEASED[-1]}"')
    for statement in every(statements):
        _check_statement(statement)
        for expression in expressions(statement):
            _check_value(expression)


def every(statements: Iterable[s.Statement]) -> Iterator[s.Statement]:
    """All statements in the order of the text, those in blocks included."""
    for statement in statements:
        yield statement
        if isinstance(statement, s.Choice):
            for _, block in statement.branches:
                yield from every(block)
            yield from every(statement.otherwise)


def expressions(statement: s.Statement) -> Iterator[s.Expression]:
    """The values that the statement itself reads, without those of the statements in its blocks."""
    match statement:
        case s.Assign(value=value) | s.AssignPresent(value=value) | s.SetVariable(value=value) | s.Echo(value=value):
            yield value
        case s.Choice(branches=branches):
            for condition, _ in branches:
                yield from operands(condition)


def operands(condition: s.Condition) -> tuple[s.Expression, ...]:
    return (condition.left, condition.right) if isinstance(condition, s.Comparison) else (condition,)


def _check_statement(statement: s.Statement) -> None:
    match statement:
        case s.Version(text=text, at=at) if text not in VERSIONS:
            raise Flaw(at, f"this version of the language is not known; known are {', '.join(VERSIONS)}")
        case s.Assign(path=path, at=at):
            _check_singular(path, at)
        case s.Invoke(call=call):
            _check_call(call)
        case s.Choice(branches=branches):
            for condition, _ in branches:
                if isinstance(condition, s.Comparison) and condition.operator in {"~", "!~"}:
                    _check_pattern(condition.right)


def _check_singular(path: Path, at: int) -> None:
    if not path.singular:
        raise Flaw(at, "exactly one element is wanted here: no wildcard, every sequence with the number of an item")


def _check_value(expression: s.Expression) -> None:
    match expression:
        case s.PathValue(path=path, at=at):
            _check_singular(path, at)
        case s.Call():
            _check_call(expression)
            if FUNCTIONS[expression.name].effect:
                raise Flaw(expression.at, f"{expression.name} gives no value")
        case s.Listing(entries=entries):
            _check_arguments(entries)


def _check_arguments(arguments: tuple[s.Expression, ...]) -> None:
    """Arguments and entries of lists are values, but any path may be one."""
    for argument in arguments:
        if not isinstance(argument, s.PathValue):
            _check_value(argument)


def _check_known(call: s.Call) -> None:
    if call.name in REFUSED:
        raise Flaw(call.at, f"the function {call.name} is refused: {REFUSED[call.name]}")
    if call.name not in FUNCTIONS:
        raise Flaw(call.at, f"there is no function {call.name}; there are {', '.join(sorted(FUNCTIONS))}")


def _check_call(call: s.Call) -> None:
    function, given = FUNCTIONS[call.name], len(call.arguments)
    if given < function.least or (function.most is not None and given > function.most):
        most = "" if function.most != function.least else "exactly "
        raise Flaw(call.at, f"{call.name} takes {most or 'at least '}{function.least} argument(s), not {given}")
    _check_arguments(call.arguments)
    _check_literals(call)


def _check_literals(call: s.Call) -> None:
    """Paths and regular expressions that are written out are checked now, not on the first patient."""
    for argument in call.arguments if call.name not in ANY_PATH else ():
        if isinstance(argument, s.PathValue):
            _check_singular(argument.path.without_item if call.name == "isPresent" else argument.path, argument.at)
    for argument in call.arguments[PATH_ARGUMENTS.get(call.name, len(call.arguments)) :]:
        if isinstance(argument, s.Literal):
            _check_path(argument)
    for number, argument in enumerate(call.arguments):
        check_it = CHECKS.get((call.name, number))
        if check_it is not None and isinstance(argument, s.Literal):
            _check_text(argument, check_it)
        elif check_it is direct_path and isinstance(argument, s.PathValue):
            raise Flaw(argument.at, f"{call.name} takes its path in quotes")


def _check_text(literal: s.Literal, check_it: Callable[[str], object]) -> None:
    try:
        check_it(literal.text)
    except (Unfit, BadPattern) as error:
        raise Flaw(literal.at, str(error)) from None


def _check_path(literal: s.Literal) -> None:
    try:
        parse_path(literal.text)
    except BadPath as error:
        raise Flaw(literal.at, str(error)) from None


def _check_pattern(expression: s.Expression) -> None:
    if isinstance(expression, s.Literal):
        _check_text(expression, compiled)


def calls(statements: tuple[s.Statement, ...]) -> Iterator[s.Call]:
    """Every call of a function, the inner ones included."""
    for statement in every(statements):
        waiting = list(_all_expressions(statement))
        while waiting:
            match waiting.pop():
                case s.Call(arguments=inner) as call:
                    yield call
                    waiting.extend(inner)
                case s.Listing(entries=inner):
                    waiting.extend(inner)


def external(statements: tuple[s.Statement, ...]) -> tuple[str, ...]:
    """Names that the host must supply: read before their first assignment, or described there as hidden, const
    or immutable."""
    wanted: dict[str, None] = {}
    assigned: set[str] = set()
    for statement in every(statements):
        read = list(_names(_all_expressions(statement)))
        if isinstance(statement, s.Describe) and statement.kind != "title":
            read.append(statement.name)
        wanted.update(dict.fromkeys(name for name in read if name not in assigned))
        if isinstance(statement, s.SetVariable):
            assigned.add(statement.name)
    return tuple(wanted)


def _all_expressions(statement: s.Statement) -> Iterator[s.Expression]:
    return iter((statement.call,)) if isinstance(statement, s.Invoke) else expressions(statement)


def _names(values: Iterable[s.Expression]) -> Iterator[str]:
    for value in values:
        match value:
            case s.Variable(name=name):
                yield name
            case s.Call(arguments=inner) | s.Listing(entries=inner):
                yield from _names(inner)
