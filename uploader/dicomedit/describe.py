"""A script in plain words, for the reviewer and the ethics file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from uploader.dicomedit import statements as s
from uploader.dicomedit.functions import FUNCTIONS
from uploader.dicomedit.paths import LEVEL, LEVELS, Path, Step
from uploader.dicomedit.source import Source

_COMPARED = {"=": "is", "!=": "is not", "~": "fits the pattern", "!~": "does not fit the pattern"}


def described(statements: Sequence[s.Statement], source: Source, indent: str = "") -> Iterator[str]:
    """One line a statement that does something; the lines of a block are indented."""
    for statement in statements:
        if isinstance(statement, s.Choice):
            yield from _choice(statement, source, indent)
        elif says := _statement(statement):
            yield f"{indent}{source.line(statement.at)}: {says}"


def _choice(choice: s.Choice, source: Source, indent: str) -> Iterator[str]:
    word = "if"
    for condition, block in choice.branches:
        yield f"{indent}{source.line(condition.at)}: {word} {_condition(condition)}:"
        yield from list(described(block, source, indent + "    ")) or [f"{indent}    nothing"]
        word = "otherwise if"
    if choice.otherwise:
        yield f"{indent}{source.line(choice.at)}: otherwise:"
        yield from described(choice.otherwise, source, indent + "    ")


def _statement(statement: s.Statement) -> str:
    match statement:
        case s.Assign(path=path, value=value):
            return f"set {named(path)} to {_value(value)}"
        case s.AssignPresent(path=path, value=s.Literal(text="")):
            return f"empty {_names(path)} where present{_depth(path)}"
        case s.AssignPresent(path=path, value=value):
            return f"set {_names(path)} to {_value(value)} where present{_depth(path)}"
        case s.Delete(path=path):
            return f"remove {named(path)}"
        case s.SetVariable(name=name, value=value):
            return f"let {name} be {_value(value)}"
        case s.Invoke(call=call):
            return _call(call)
        case s.RemovePrivate():
            return "remove all private elements, at every depth"
    return ""


def _call(call: s.Call) -> str:
    inside = ", ".join(map(_value, call.arguments))
    return f"{FUNCTIONS[call.name].says}{f' ({inside})' if inside else ''}"


def _condition(condition: s.Condition) -> str:
    if isinstance(condition, s.Call):
        return _asked(condition)
    return f"{_value(condition.left)} {_COMPARED[condition.operator]} {_value(condition.right)}"


def _asked(call: s.Call) -> str:
    """A function whose answer decides."""
    values = [_asked(each) if isinstance(each, s.Call) else _value(each) for each in call.arguments]
    match call.name:
        case "isPresent" if values:
            return f"{' and '.join(values)} {'is' if len(values) == 1 else 'are'} there"
        case "ismatch":
            return f"{values[0]} fits the pattern {values[1]}"
        case "equals" if len(values) > 1:
            return f"{' and '.join(values)} are the same text"
        case "and" | "or" if values:
            return f" {call.name} ".join(values)
        case "true" | "false":
            return {"true": "always", "false": "never"}[call.name]
    return _call(call)


def _value(value: s.Expression) -> str:
    match value:
        case s.Nothing():
            return "nothing"
        case s.Literal(text=text):
            return f'"{text}"'
        case s.Variable(name=name):
            return name
        case s.PathValue(path=path):
            return named(path)
        case s.Listing(entries=entries):
            return f"the list [{'; '.join(map(_value, entries))}]"
        case s.Call():
            return _call(value)


def named(path: Path) -> str:
    """A path by the names of its elements: `Patient's Name (0010,0010), at every depth`."""
    return _names(path) + _depth(path)


def _names(path: Path) -> str:
    steps = [_step(step) for step in path.steps if isinstance(step, Step)]
    return " of ".join(reversed(steps)) or "every element"


def _depth(path: Path) -> str:
    if LEVEL in path.steps:
        return ", inside sequences"
    return ", at every depth" if LEVELS in path.steps else ""


def _step(step: Step) -> str:
    item = "" if step.item is None or step.item < 0 else f" item {step.item}"
    written = step.written.partition("[")[0]
    if step.creator is not None:
        return f"private {written}{item}"
    if not step.exact:
        return f"every element {written}{item}"
    return f"{_name(step.bits)} {written}{item}".strip()


def _name(tag: int) -> str:
    from pydicom.datadict import dictionary_description

    try:
        return dictionary_description(tag)
    except KeyError:
        return ""
