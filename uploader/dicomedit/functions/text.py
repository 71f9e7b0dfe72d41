"""Functions on text."""

from __future__ import annotations

import re

from uploader.dicomedit.functions.registry import function
from uploader.dicomedit.regex import BadPattern, Pattern, compiled
from uploader.dicomedit.state import State, Value, flat
from uploader.dicomedit.values import Unfit

_INDEX = re.compile(r"[+-]?[0-9]+")
_SLOT = re.compile(r"\{([0-9]+)\}")
_PIECE = re.compile(r"\$0|\\.|[^\\$]", re.DOTALL)


@function("substring", "part of a text", least=3)
def substring(state: State, arguments: tuple[Value, ...]) -> Value:
    text = state.needed(arguments[0], "substring")
    start, end = (whole_number(state, a, "substring") for a in arguments[1:3])
    if not 0 <= start <= end <= len(text):
        raise Unfit("substring: the text is too short, or the end lies before the start")
    return text[start:end]


def whole_number(state: State, value: Value, what: str) -> int:
    text = state.needed(value, what)
    if not _INDEX.fullmatch(text) or not -(1 << 31) <= int(text) < 1 << 31:
        raise Unfit(f"{what} needs a whole number")
    return int(text)


@function("concatenate", "texts joined")
def concatenate(state: State, arguments: tuple[Value, ...]) -> Value:
    return "".join(state.needed(a, "concatenate") for a in arguments)


@function("lowercase", "a text in small letters", least=1, most=1)
def lowercase(state: State, arguments: tuple[Value, ...]) -> Value:
    return state.needed(arguments[0], "lowercase").lower()


@function("uppercase", "a text in capitals", least=1)
def uppercase(state: State, arguments: tuple[Value, ...]) -> Value:
    return state.needed(arguments[0], "uppercase").upper()


@function("replace", "a text with one part exchanged", least=3)
def replace(state: State, arguments: tuple[Value, ...]) -> Value:
    text, what, by = (state.needed(a, "replace") for a in arguments[:3])
    return text.replace(what, by)


@function("format", "a text filled into a pattern", least=1)
def formatted(state: State, arguments: tuple[Value, ...]) -> Value:
    """Java's MessageFormat without typed forms: {n}, '' for a quote, 'quoted'."""
    pattern = state.needed(arguments[0], "format")
    filling = ["null" if t is None else t for t in state.texts(flat(arguments[1:]))]
    out: list[str] = []
    at = 0
    while at < len(pattern):
        piece, at = _piece(pattern, at, filling)
        out.append(piece)
    return "".join(out)


def _piece(pattern: str, at: int, filling: list[str]) -> tuple[str, int]:
    """What the pattern says at `at`, and where it goes on."""
    if pattern.startswith("''", at):
        return "'", at + 2
    if pattern[at] == "'":
        end = at + 1
        quoted = []
        while end < len(pattern) and (pattern[end] != "'" or pattern.startswith("''", end)):
            quoted.append(pattern[end])
            end += 2 if pattern[end] == "'" else 1
        return "".join(quoted), end + 1
    if pattern[at] != "{":
        return pattern[at], at + 1
    slot = _SLOT.match(pattern, at)
    if slot is None:
        raise Unfit("format: a { must be followed by a number and }")
    index = int(slot[1])
    return (filling[index] if index < len(filling) else slot[0]), slot.end()


@function("match", "what a pattern finds in a text", least=3)
def match(state: State, arguments: tuple[Value, ...]) -> Value:
    text = state.needed(arguments[0], "match")
    pattern = pattern_of(state, arguments[1])
    group = whole_number(state, arguments[2], "match")
    if not 0 <= group <= pattern.groups:
        raise Unfit("match: the pattern has no group of this number")
    return pattern.found(text, group)


@function("ismatch", "whether a pattern fits a whole text", least=2)
def ismatch(state: State, arguments: tuple[Value, ...]) -> Value:
    text = state.needed(arguments[0], "ismatch")
    return "true" if pattern_of(state, arguments[1]).fits(text) else "false"


def pattern_of(state: State, value: Value) -> Pattern:
    try:
        return compiled(state.needed(value, "a regular expression"))
    except BadPattern:  # its text may quote the pattern, and the pattern may come from the data
        raise Unfit("not a regular expression that can be used here") from None


@function("normalizeString", "a text without characters outside ASCII", least=1)
def normalize_string(state: State, arguments: tuple[Value, ...]) -> Value:
    text = state.text(arguments[0])
    by = state.needed(arguments[1], "normalizeString") if len(arguments) > 1 else "_"
    return None if text is None else "".join(c if c.isascii() else _replacement(by, c) for c in text)


def _replacement(by: str, found: str) -> str:
    """What stands for `found`: in `by`, $0 is the character itself, and a backslash takes what follows as it is."""
    pieces = list(_PIECE.finditer(by))
    if sum(len(piece[0]) for piece in pieces) != len(by):
        raise Unfit("normalizeString: a $ in the replacement must be followed by 0, and a backslash by a character")
    return "".join(found if piece[0] == "$0" else piece[0][-1] for piece in pieces)


@function("lookup", "the entry of the lookup table for a text", least=2)
def lookup(state: State, arguments: tuple[Value, ...]) -> Value:
    kind, key = state.needed(arguments[0], "lookup"), state.text(arguments[1])
    return None if key is None else state.host.lookup.get((kind, key))


def lookup_table(text: str) -> dict[tuple[str, str], str]:
    """The table of lookup[]: lines `type/key = value`; // begins a comment line, other lines are skipped."""
    table: dict[tuple[str, str], str] = {}
    for line in text.splitlines():
        if line.lstrip().startswith("//") or line.count("=") != 1 or line.count("/") != 1:
            continue
        left, value = line.split("=")
        kind, _, key = left.partition("/")
        table[kind.strip(), key.rstrip()] = value.strip()
    return table
