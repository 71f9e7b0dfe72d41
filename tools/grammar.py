"""Writes uploader/dicomedit/grammar.json, the tables that Lark makes of grammar.lark, after a change of it:

    python -m tools.grammar

To make them takes longer than a small job, and to load them milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lark.grammar import Symbol, Terminal
from lark.parsers.lalr_analysis import Shift

from uploader.dicomedit.quick import DROPPED, KEPT, TABLE, UNFOLDED
from uploader.dicomedit.thorough import grammar


def main() -> None:
    TABLE.write_text(written())


def written() -> str:
    """The tables as a file: a state a line, so that two versions can be compared by eye."""
    parts = (f"{json.dumps(name)}:{_lines(part)}" for name, part in tables().items())
    return "{" + ",\n".join(parts) + "}\n"


def tables() -> Mapping[str, Any]:
    """As `quick.Table` has them. States and rules are numbered in an order that follows from the grammar alone."""
    parser = grammar().parser.parser._parse_table
    rules = sorted(grammar().rules, key=lambda rule: (rule.origin.name, [symbol.name for symbol in rule.expansion]))
    numbers = {rule: ~number for number, rule in enumerate(rules)}
    start, end = parser.start_states["script"], parser.end_states["script"]
    order = list(_reached(parser.states, start))
    states = [
        {symbol: order.index(to) if action is Shift else numbers[to] for symbol, (action, to) in sorted(row.items())}
        for row in (parser.states[state] for state in order)
    ]
    return {
        **_lexer(),
        "rules": [[rule.origin.name, "".join(map(_part, rule.expansion))] for rule in rules],
        "states": states,
        "start": order.index(start),
        "end": order.index(end),
    }


def _reached(states: Mapping[int, Mapping[str, Any]], start: int) -> Iterator[int]:
    """The states in the order in which they are first reached."""
    waiting, met = [start], {start}
    while waiting:
        yield (state := waiting.pop(0))
        for _, (action, to) in sorted(states[state].items(), key=lambda item: item[0]):
            if action is Shift and to not in met:
                met.add(to)
                waiting.append(to)


def _part(symbol: Symbol) -> str:
    if isinstance(symbol, Terminal):
        return DROPPED if symbol.filter_out else KEPT
    return UNFOLDED if symbol.name.startswith("_") else KEPT


def _lexer() -> Mapping[str, Any]:
    lexer = grammar().parser.lexer
    terminals = lexer.scanner.terminals
    return {
        "words": {terminal.name: terminal.pattern.to_regexp() for terminal in terminals},
        "reserved": {
            name: {each.pattern.value: each.name for each in instead.scanner.terminals}
            for name, instead in sorted(lexer.callback.items())
        },
        "ignored": sorted(lexer.ignore_types),
    }


def _lines(part: Any) -> str:
    def short(value: Any) -> str:
        return json.dumps(value, separators=(",", ":"))

    if isinstance(part, dict):
        return "{\n" + ",\n".join(f"{short(name)}:{short(value)}" for name, value in part.items()) + "\n}"
    return "[\n" + ",\n".join(map(short, part)) + "\n]" if isinstance(part, list) else short(part)


if __name__ == "__main__":
    main()
