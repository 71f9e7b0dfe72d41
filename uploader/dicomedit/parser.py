"""From text to statements. Everything that can be wrong before a patient is touched is found here or in check.py."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path as File
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, UnexpectedToken, v_args
from lark.exceptions import VisitError
from lark.tree import Meta

from uploader.dicomedit import statements as s
from uploader.dicomedit.compatible import ONE_BREAK, RESERVED, STRAYS
from uploader.dicomedit.hints import MEANT, hint
from uploader.dicomedit.paths import BadPath, Path, parse_path
from uploader.dicomedit.source import Flaw

DEEPEST = 50
"""Levels of brackets of any kind; scripts of people have fewer than ten."""
_BRACKET = re.compile(r'"[^"]*"|[](){}[]')
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
    text = File(__file__).with_name("grammar.lark").read_text("utf-8")
    if compatible:
        text = text.replace(*ONE_BREAK) + STRAYS
    return Lark(text, start="script", parser="lalr", lexer="basic", propagate_positions=True, maybe_placeholders=False)


def statements(prepared: str, compatible: bool = False) -> tuple[s.Statement, ...]:
    """The statements of a script without comments; `compatible`: as the reference reads them. Raises Flaw."""
    _check_depth(prepared)
    try:
        tree = grammar(compatible).parse(prepared)
        return tuple((_ReferenceReader(prepared) if compatible else _Reader()).transform(tree))
    except UnexpectedInput as error:
        raise _flaw(error, prepared) from None
    except VisitError as error:
        raise error.orig_exc from None


def _check_depth(prepared: str) -> None:
    """Raises Flaw for brackets nested beyond sense, which would exhaust the stack later."""
    depth = 0
    for bracket in _BRACKET.finditer(prepared):
        depth += (bracket[0] in "([{") - (bracket[0] in ")]}")
        if depth > DEEPEST:
            raise Flaw(bracket.start(), f"brackets are nested more than {DEEPEST} deep")


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


class _Reader(Transformer[Token, Any]):
    """Builds the statements from the parse tree, innermost first."""

    def script(self, children: list[Any]) -> list[s.Statement]:
        return children

    def block(self, children: list[Any]) -> tuple[s.Statement, ...]:
        return tuple(children)

    @v_args(meta=True)
    def path(self, meta: Meta, children: list[Any]) -> Path:
        try:
            return parse_path("/".join(str(child) for child in children))
        except BadPath as error:
            raise Flaw(meta.start_pos, str(error)) from None

    @v_args(meta=True)
    def step(self, meta: Meta, children: list[Token]) -> str:
        tag, *item = children
        if item and item[0].startswith("-"):
            raise Flaw(meta.start_pos, "items are counted from 0")
        return f"{tag}[{item[0]}]" if item else str(tag)

    @v_args(meta=True)
    def number(self, meta: Meta, children: list[Token]) -> s.Literal:
        return s.Literal(str(children[0]), meta.start_pos)

    @v_args(meta=True)
    def string(self, meta: Meta, children: list[Token]) -> s.Literal:
        return s.Literal(unquoted(children[0]), meta.start_pos)

    @v_args(meta=True)
    def variable(self, meta: Meta, children: list[Token]) -> s.Variable:
        return s.Variable(str(children[0]), meta.start_pos)

    @v_args(meta=True)
    def path_value(self, meta: Meta, children: list[Path]) -> s.PathValue:
        return s.PathValue(children[0], meta.start_pos)

    @v_args(meta=True)
    def call(self, meta: Meta, children: list[Any]) -> s.Call:
        return s.Call(str(children[0]), tuple(children[1:]), meta.start_pos)

    @v_args(meta=True)
    def listing(self, meta: Meta, children: list[s.Expression]) -> s.Listing:
        return s.Listing(tuple(children), meta.start_pos)

    @v_args(meta=True)
    def comparison(self, meta: Meta, children: list[Any]) -> s.Comparison:
        return s.Comparison(children[0], str(children[1]), children[2], meta.start_pos)

    @v_args(meta=True)
    def assign(self, meta: Meta, children: list[Any]) -> s.Assign:
        path, value = children
        return s.Assign(path, value, meta.start_pos)

    @v_args(meta=True)
    def assign_present(self, meta: Meta, children: list[Any]) -> s.AssignPresent:
        path, value = children
        return s.AssignPresent(path, value, meta.start_pos)

    @v_args(meta=True)
    def set_variable(self, meta: Meta, children: list[Any]) -> s.SetVariable:
        return s.SetVariable(str(children[0]), children[1], meta.start_pos)

    @v_args(meta=True)
    def delete(self, meta: Meta, children: list[Path]) -> s.Delete:
        return s.Delete(children[0], meta.start_pos)

    @v_args(meta=True)
    def invoke(self, meta: Meta, children: list[s.Call]) -> s.Invoke:
        return s.Invoke(children[0], meta.start_pos)

    @v_args(meta=True)
    def echo(self, meta: Meta, children: list[s.Expression]) -> s.Echo:
        return s.Echo(children[0], meta.start_pos)

    @v_args(meta=True)
    def ternary(self, meta: Meta, children: list[Any]) -> s.Choice:
        condition, action, *other = children
        return s.Choice(((condition, (action,)),), tuple(other), meta.start_pos)

    @v_args(meta=True)
    def if_block(self, meta: Meta, children: list[Any]) -> s.Choice:
        parts = [child for child in children if not isinstance(child, Token)]
        pairs = tuple(zip(parts[0::2], parts[1::2], strict=False))
        return s.Choice(pairs, parts[-1] if len(parts) % 2 else (), meta.start_pos)

    @v_args(meta=True)
    def describe(self, meta: Meta, children: list[Token]) -> s.Describe:
        name, kind = children
        if kind.type == "STRING":
            return s.Describe(str(name), "title", unquoted(kind), meta.start_pos)
        return s.Describe(str(name), str(kind), "", meta.start_pos)

    @v_args(meta=True)
    def export(self, meta: Meta, children: list[Token]) -> s.Export:
        return s.Export(str(children[0]), unquoted(children[1]), meta.start_pos)

    @v_args(meta=True)
    def remove_private(self, meta: Meta, children: list[Any]) -> s.RemovePrivate:
        return s.RemovePrivate(meta.start_pos)

    @v_args(meta=True)
    def version(self, meta: Meta, children: list[Token]) -> s.Version:
        return s.Version(unquoted(children[0]), meta.start_pos)


class _ReferenceReader(_Reader):
    """Builds what the reference would: no names x and X; in lists, numbers are null and a double backslash stays."""

    def __init__(self, prepared: str) -> None:
        super().__init__()
        self._prepared = prepared

    @v_args(meta=True)
    def variable(self, meta: Meta, children: list[Token]) -> s.Variable:
        self._check_name(children[0])
        return s.Variable(str(children[0]), meta.start_pos)

    @v_args(meta=True)
    def set_variable(self, meta: Meta, children: list[Any]) -> s.SetVariable:
        self._check_name(children[0])
        return s.SetVariable(str(children[0]), children[1], meta.start_pos)

    def _check_name(self, name: Token) -> None:
        if name in RESERVED:
            raise Flaw(name.start_pos or 0, "this name is reserved")

    @v_args(meta=True)
    def listing(self, meta: Meta, children: list[s.Expression]) -> s.Listing:
        return s.Listing(tuple(map(self._entry, children)), meta.start_pos)

    def _entry(self, entry: s.Expression) -> s.Expression:
        if not isinstance(entry, s.Literal):
            return entry
        if self._prepared[entry.at] != '"':
            return s.Nothing(entry.at)
        return s.Literal(self._prepared[entry.at + 1 : self._prepared.index('"', entry.at + 1)], entry.at)


def unquoted(token: str) -> str:
    r"""The value of a string: quotes removed, \\ is one backslash, other escapes stay as they are written."""
    return token[1:-1].replace("\\\\", "\\")
