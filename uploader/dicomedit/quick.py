"""Scripts in which nothing is wrong, read by the table that Lark makes of grammar.lark, without Lark.

The table is grammar.json; `python -m tools.grammar` writes it. Whatever it cannot read is left to `thorough`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from uploader.dicomedit.reading import Reader
from uploader.dicomedit.source import Flaw
from uploader.dicomedit.statements import Statement

TABLE = Path(__file__).with_name("grammar.json")
END = "$END"
KEPT, UNFOLDED, DROPPED = "kud"
"""What becomes of the parts of a rule: kept, unfolded into what they hold, or dropped."""


@dataclass(frozen=True, slots=True)
class Table:
    """A parser of kind LALR(1).

    words: finds the next word; the group that matched is its terminal
    reserved: terminal -> text -> the terminal that this text is instead
    ignored: terminals between words
    states: by number, symbol -> the next state; or, below zero, ~number of the rule that ends here
    rules: (name, what becomes of each of its parts by a letter)
    """

    words: re.Pattern[str]
    reserved: Mapping[str, Mapping[str, str]]
    ignored: frozenset[str]
    states: Sequence[Mapping[str, int]]
    rules: Sequence[tuple[str, str]]
    start: int
    end: int


class _Unread(Exception):
    """The table does not allow for it."""


@cache
def table() -> Table:
    said = json.loads(TABLE.read_text("utf-8"))
    words = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in said["words"].items()))
    rules = [(name, parts) for name, parts in said["rules"]]
    ignored = frozenset(said["ignored"])
    return Table(words, said["reserved"], ignored, said["states"], rules, said["start"], said["end"])


def statements(prepared: str) -> tuple[Statement, ...] | None:
    """None for a script that has to be read thoroughly, as one in which something is wrong."""
    try:
        return tuple(_parsed(prepared, table(), Reader()))
    except (_Unread, Flaw):
        return None


def _parsed(text: str, table: Table, reader: Reader) -> Any:
    """What the reader makes of the whole. Raises _Unread, Flaw."""
    states, values, places = [table.start], list[Any](), list[int | None]()
    makers = [None if name.startswith("_") else getattr(reader, name) for name, _ in table.rules]
    for terminal, word, at in _words(text, table):
        while (step := table.states[states[-1]].get(terminal)) is not None and step < 0:
            name, parts = table.rules[~step]
            make, first, place = makers[~step], len(values) - len(parts), None
            for place in places[first:]:
                if place is not None:
                    break
            children = _children(values[first:], parts)
            del values[first:], places[first:], states[first + 1 :]
            values.append(make(place or 0, children) if make else children)
            places.append(place)
            states.append(table.states[states[-1]][name])
            if terminal == END and states[-1] == table.end:
                return values[-1]
        if step is None:
            break
        values.append(word)
        places.append(at)
        states.append(step)
    raise _Unread


def _words(text: str, table: Table) -> Iterator[tuple[str, str, int]]:
    """(terminal, the word, where it begins), and the end. Raises _Unread."""
    match, at = table.words.match, 0
    while at < len(text):
        found = match(text, at)
        if found is None:
            raise _Unread
        terminal, word = str(found.lastgroup), found[0]
        if terminal not in table.ignored:
            yield table.reserved.get(terminal, {}).get(word, terminal), word, at
        at = found.end()
    yield END, "", len(text)


def _children(values: list[Any], parts: str) -> list[Any]:
    """The parts that stay. Lists are used again, not copied: that of a whole script grows statement by statement."""
    children: list[Any] = []
    for value, part in zip(values, parts, strict=True):
        if part == KEPT:
            children.append(value)
        elif part == UNFOLDED and children:
            children += value
        elif part == UNFOLDED:
            children = value
    return children
