"""Scripts read by Lark, which can say what is wrong with one, and in the way of the reference."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.tree import Meta

from uploader.dicomedit.compatible import ONE_BREAK, STRAYS
from uploader.dicomedit.hints import MEANT, hint
from uploader.dicomedit.reading import Reader, ReferenceReader
from uploader.dicomedit.source import Flaw
from uploader.dicomedit.statements import Statement

WORDS = {
    "$END": "the end of the script",
    "NAME": "a name",
    "STRING": 'a text in "quotes"',
    "INTEGER": "a whole number",
    "DECIMAL": "a number",
    "TAG": "a tag",
    "PRIVATE_TAG": "a private tag",
    "WILD": "a wildcard *, + or .",
    "COMPARE": "one of = != ~ !~",
    "PERCENT": "%",
    "ELSE": "else",
    "ELSEIF": "elseif",
    "HIDDEN": "hidden",
    "CONST": "const",
    "IMMUTABLE": "immutable",
    "_NL": "the end of the line",
}
"""Terminals of the grammar as a person calls them."""
_PATH = frozenset({"TAG", "PRIVATE_TAG", "WILD"})
_VALUE = _PATH | {"NAME", "STRING", "INTEGER", "DECIMAL", "LBRACE"}
GROUPS = {
    "a statement": _VALUE | {"MINUS", "IF", "DESCRIBE", "ECHO", "EXPORT", "VERSION", "REMOVEALLPRIVATETAGS"},
    "a value": _VALUE,
    "a value or a condition": _VALUE - {"LBRACE"},
    "a tag path": _PATH,
}
"""What several terminals are called together where all of them may stand; the larger sets come first."""


@cache
def grammar(compatible: bool = False) -> Lark:
    text = Path(__file__).with_name("grammar.lark").read_text("utf-8")
    if compatible:
        text = text.replace(*ONE_BREAK) + STRAYS
    return Lark(text, start="script", parser="lalr", lexer="basic", propagate_positions=True, maybe_placeholders=False)


def statements(prepared: str, compatible: bool) -> tuple[Statement, ...]:
    """As `parser.statements`."""
    try:
        tree = grammar(compatible).parse(prepared)
    except UnexpectedInput as error:
        raise _flaw(error, prepared) from None
    return tuple(_Reading(ReferenceReader(prepared) if compatible else Reader()).transform(tree))


class _Reading(Transformer[Token, Any]):
    """Hands the parts of a tree to a reader."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self._reader = reader

    def __default__(self, data: str, children: list[Any], meta: Meta) -> Any:
        return getattr(self._reader, data)(getattr(meta, "start_pos", 0), children)


def _flaw(error: UnexpectedInput, prepared: str) -> Flaw:
    if isinstance(error, UnexpectedCharacters):
        at = error.pos_in_stream or 0
        return Flaw(at, _stray(prepared[at]))
    if isinstance(error, UnexpectedToken):
        text = str(error.token)
        lead = len(text) - len(text.lstrip()) if error.token.type in {"ELSE", "ELSEIF"} else 0
        at = (error.token.start_pos or 0) + lead
        at = len(prepared) if error.token.type == "$END" else at
        meant = hint(prepared, at)
        return Flaw(at, f"expected {_expected(error)}{f'; {meant}' if meant else ''}")
    return Flaw(len(prepared), "the script ends too early")


def _stray(char: str) -> str:
    if char == '"':
        return r"a text must end on its line; after a backslash it may have n r t b f ( ) \ or three octal digits"
    meant = MEANT.get(char)
    return f"the character {char!r} means nothing here{f'; {meant}' if meant else ''}"


def _expected(error: UnexpectedToken) -> str:
    left = set(error.accepts if error.interactive_parser is not None else error.expected) or set(error.expected)
    words = []
    for group, terminals in GROUPS.items():
        if terminals <= left:
            words.append(group)
            left -= terminals
    words += sorted({WORDS.get(name) or _spelled(name) for name in left})
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + f" or {words[-1]}"


@cache
def _spelled(terminal: str) -> str:
    """A terminal of fixed text, as it is written."""
    return str(grammar().get_terminal(terminal).pattern.value)
