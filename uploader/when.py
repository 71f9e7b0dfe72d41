"""Conditions of a protocol: ``arm == 'B' and not present(fusion_mr)``. A closed language: nothing in it is code.

    condition   "or" of "and" of "not"; parentheses
    about       FIELD == 'text' | FIELD != 'text' | FIELD in ['text', …] | FIELD not in […] | FIELD ~ 'expression'
                | present(KEY)

FIELD is what the person chose with the trial (arm, timepoint, site), or what the headers say that the rule is about
(modality, manufacturer, model). KEY is an input of the protocol. ``~`` looks for a regular expression in linear time,
capitals alike. A condition is true, false, or not known: because nothing was chosen, because the headers are silent,
or because they disagree with one another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from uploader.linear import compiled

if TYPE_CHECKING:
    from lark import Lark, UnexpectedInput

CHOSEN = ("arm", "timepoint", "site")
SEEN: Mapping[str, str] = {
    "modality": "Modality",
    "manufacturer": "Manufacturer",
    "model": "ManufacturerModelName",
}
"""Field -> keyword of the attribute: (0008,0060), (0008,0070), (0008,1090)."""
LONGEST = 200
"""Characters of a condition."""

_GRAMMAR = r"""
?start: any
?any: all ("or" all)*
?all: one ("and" one)*
?one: "not" one -> negated
    | "(" any ")"
    | FIELD "==" TEXT -> equal
    | FIELD "!=" TEXT -> unequal
    | FIELD "in" list -> among
    | FIELD "not" "in" list -> outside
    | FIELD "~" TEXT -> like
    | "present" "(" KEY ")" -> present
list: "[" TEXT ("," TEXT)* "]"
FIELD.2: /(arm|timepoint|site|modality|manufacturer|model)(?![a-z0-9_])/
KEY: /[a-z][a-z0-9_]{0,31}/
TEXT: /'[^'\r\n]{0,100}'/ | /"[^"\r\n]{0,100}"/
%ignore /[ ]+/
"""
_WORDS = {
    "FIELD": f"one of {', '.join((*CHOSEN, *SEEN))}",
    "TEXT": "a text in quotation marks",
    "KEY": "the key of an input",
    "$END": "the end",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What conditions are about.

    chosen: field of `CHOSEN` -> code that the person chose; one not chosen has no key
    seen: field of `SEEN` -> what the headers say, each value once
    present: key of an input -> whether the session has it
    """

    chosen: Mapping[str, str] = field(default_factory=dict)
    seen: Mapping[str, Collection[str]] = field(default_factory=dict)
    present: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Compared:
    """A field held against texts: equal to one of them, or, `like`, matching the only one."""

    field: str
    values: tuple[str, ...]
    like: bool = False


@dataclass(frozen=True, slots=True)
class Present:
    key: str


@dataclass(frozen=True, slots=True)
class Negated:
    inner: Condition


@dataclass(frozen=True, slots=True)
class Joined:
    """All of them if `every`, else any."""

    parts: tuple[Condition, ...]
    every: bool


Condition: TypeAlias = "Compared | Present | Negated | Joined"


@lru_cache(maxsize=256)
def parsed(text: str) -> Condition:
    """The condition. Raises ValueError, in words about the text, for what is none."""
    from lark import UnexpectedInput  # here, because most protocols are loaded without a condition

    if len(text) > LONGEST:
        raise ValueError(f"is longer than {LONGEST} characters")
    try:
        condition = _built(_language().parse(text))
    except UnexpectedInput as error:
        raise ValueError(
            f"is not a condition: at character {_place(error, text)}, expected {_expected(error)}"
        ) from None
    for each in mentions(condition):
        if isinstance(each, Compared) and each.like:
            compiled(each.values[0], case_counts=False)
    return condition


def holds(text: str, facts: Facts) -> bool | None:
    """Whether the condition does; None when it is not known. Raises ValueError as `parsed` does."""
    return truth(parsed(text), facts)


def truth(condition: Condition, facts: Facts) -> bool | None:
    """Three-valued: not known is None, and what does not depend on it is known all the same (Kleene 1952)."""
    match condition:
        case Present(key):
            return facts.present.get(key)
        case Negated(inner):
            inside = truth(inner, facts)
            return None if inside is None else not inside
        case Joined(parts, every):
            truths = [truth(part, facts) for part in parts]
            if (not every) in truths:
                return not every
            return None if None in truths else every
        case Compared():
            return _compared(condition, facts)


def mentions(condition: Condition) -> Iterator[Compared | Present]:
    """All that it asks about, from left to right."""
    match condition:
        case Negated(inner):
            yield from mentions(inner)
        case Joined(parts):
            for part in parts:
                yield from mentions(part)
        case _:
            yield condition


def in_words(condition: Condition) -> str:
    """As a person says it: ``arm is B and there is no fusion_mr``."""
    match condition:
        case Present(key):
            return f"there is {key}"
        case Negated(Present(key)):
            return f"there is no {key}"
        case Negated(Compared(name, values, like)):
            return f"{name} {'does not match' if like else 'is not'} {' or '.join(values)}"
        case Negated(inner):
            return f"it is not so that {_enclosed(inner)}"
        case Joined(parts, every):
            return (" and " if every else " or ").join(_enclosed(part) for part in parts)
        case Compared(name, values, like):
            return f"{name} {'matches' if like else 'is'} {' or '.join(values)}"


def _enclosed(part: Condition) -> str:
    return f"({in_words(part)})" if isinstance(part, Joined) else in_words(part)


def _compared(condition: Compared, facts: Facts) -> bool | None:
    if condition.field in CHOSEN:
        chosen = facts.chosen.get(condition.field)
        values: Collection[str] = [chosen] if chosen else []
    else:
        values = [value for value in facts.seen.get(condition.field, ()) if value]
    answers = {_fits(condition, value) for value in values}
    return answers.pop() if len(answers) == 1 else None


def _fits(condition: Compared, value: str) -> bool:
    if condition.like:
        return compiled(condition.values[0], case_counts=False).search(value) is not None
    return value in condition.values


@lru_cache(maxsize=1)
def _language() -> Lark:
    from lark import Lark

    return Lark(_GRAMMAR, parser="lalr")


def _built(tree: Any) -> Condition:
    inside = tree.children
    match tree.data:
        case "negated":
            return Negated(_built(inside[0]))
        case "any" | "all":
            return Joined(tuple(_built(child) for child in inside), tree.data == "all")
        case "present":
            return Present(str(inside[0]))
        case "among" | "outside":
            condition = Compared(str(inside[0]), tuple(_unquoted(text) for text in inside[1].children))
        case _:
            condition = Compared(str(inside[0]), (_unquoted(inside[1]),), tree.data == "like")
    return Negated(condition) if tree.data in ("outside", "unequal") else condition


def _unquoted(text: str) -> str:
    return str(text)[1:-1]


def _place(error: UnexpectedInput, text: str) -> int:
    """The character, counted from 1, that could not be read; one behind the last where more was expected."""
    token = getattr(error, "token", None)
    return len(text) + 1 if token is not None and token.type == "$END" else int(error.column)


def _expected(error: UnexpectedInput) -> str:
    from lark.exceptions import UnexpectedCharacters

    names = error.allowed if isinstance(error, UnexpectedCharacters) else getattr(error, "expected", ())
    signs = {terminal.name: f"'{terminal.pattern.value}'" for terminal in _language().terminals}
    return ", ".join(sorted({**signs, **_WORDS}[name] for name in names or ()))
