"""Functions that ask and compare. Truth is the text `true` or `false`."""

from __future__ import annotations

from uploader.dicomedit import access
from uploader.dicomedit.functions.registry import function
from uploader.dicomedit.paths import Path, Step
from uploader.dicomedit.state import State, Value, as_path, flat
from uploader.dicomedit.values import Unfit, is_sequence, items


def _truth(holds: bool) -> str:
    return "true" if holds else "false"


@function("true", "true")
def true(state: State, arguments: tuple[Value, ...]) -> Value:
    return "true"


@function("false", "false")
def false(state: State, arguments: tuple[Value, ...]) -> Value:
    return "false"


@function("and", "whether all hold")
def every(state: State, arguments: tuple[Value, ...]) -> Value:
    return _truth(all(list(map(state.true, flat(arguments)))))


@function("or", "whether one holds")
def some(state: State, arguments: tuple[Value, ...]) -> Value:
    return _truth(any(list(map(state.true, flat(arguments)))))


@function("equals", "whether all are the same text")
def equals(state: State, arguments: tuple[Value, ...]) -> Value:
    """A path is compared as a path, not by what it holds: valueAt[] gives that."""
    texts = [internal_text(a) if isinstance(a, Path) else state.text(a) for a in arguments]
    return _truth(len(texts) > 1 and all(t == texts[0] for t in texts))


def internal_text(path: Path) -> str:
    """The language's own spelling of a path: 00100010 for (0010,0010)."""
    return "/".join(s if isinstance(s, str) else _digits(s) for s in path.steps)


def _digits(step: Step) -> str:
    if not step.exact or step.creator is not None:
        return step.written
    item = "" if step.item is None else "[%]" if step.item < 0 else f"[{step.item}]"
    return f"{step.bits:08X}{item}"


@function("valueAt", "the text of an element", least=1, most=1)
def value_at(state: State, arguments: tuple[Value, ...]) -> Value:
    return access.read(state.dataset, as_path(arguments[0]))


@function("isPresent", "whether the elements are there")
def is_present(state: State, arguments: tuple[Value, ...]) -> Value:
    return _truth(all(_present(state, a) for a in arguments))


def _present(state: State, value: Value) -> bool:
    if not isinstance(value, Path):
        raise Unfit("isPresent takes tag paths without quotes")
    found = access.find(state.dataset, value.without_item)
    if found is None or found[1] not in found[0]:
        return False
    item = value.last.item if isinstance(value.last, Step) else None
    return item is None or (is_sequence(*found) and item < len(items(*found)))
