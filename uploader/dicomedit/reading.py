"""What the parts of a parsed script mean: statements are built from it, innermost first.

Children are texts for words of the script, and what was built of them for all else. `at`: where the part begins.
"""

from __future__ import annotations

from typing import Any

from uploader.dicomedit import statements as s
from uploader.dicomedit.compatible import RESERVED
from uploader.dicomedit.paths import BadPath, Path, parse_path
from uploader.dicomedit.source import Flaw


class Reader:
    """One method a rule of the grammar, by its name. They raise Flaw."""

    def script(self, at: int, children: list[Any]) -> list[s.Statement]:
        return children

    def block(self, at: int, children: list[Any]) -> tuple[s.Statement, ...]:
        return tuple(children)

    def path(self, at: int, children: list[Any]) -> Path:
        try:
            return parse_path("/".join(str(child) for child in children))
        except BadPath as error:
            raise Flaw(at, str(error)) from None

    def step(self, at: int, children: list[str]) -> str:
        tag, *item = children
        if item and item[0].startswith("-"):
            raise Flaw(at, "items are counted from 0")
        return f"{tag}[{item[0]}]" if item else str(tag)

    def number(self, at: int, children: list[str]) -> s.Literal:
        return s.Literal(str(children[0]), at)

    def string(self, at: int, children: list[str]) -> s.Literal:
        return s.Literal(unquoted(children[0]), at)

    def variable(self, at: int, children: list[str]) -> s.Variable:
        return s.Variable(str(children[0]), at)

    def path_value(self, at: int, children: list[Path]) -> s.PathValue:
        return s.PathValue(children[0], at)

    def call(self, at: int, children: list[Any]) -> s.Call:
        return s.Call(str(children[0]), tuple(children[1:]), at)

    def listing(self, at: int, children: list[s.Expression]) -> s.Listing:
        return s.Listing(tuple(children), at)

    def comparison(self, at: int, children: list[Any]) -> s.Comparison:
        return s.Comparison(children[0], str(children[1]), children[2], at)

    def assign(self, at: int, children: list[Any]) -> s.Assign:
        path, value = children
        return s.Assign(path, value, at)

    def assign_present(self, at: int, children: list[Any]) -> s.AssignPresent:
        path, value = children
        return s.AssignPresent(path, value, at)

    def set_variable(self, at: int, children: list[Any]) -> s.SetVariable:
        return s.SetVariable(str(children[0]), children[1], at)

    def delete(self, at: int, children: list[Path]) -> s.Delete:
        return s.Delete(children[0], at)

    def invoke(self, at: int, children: list[s.Call]) -> s.Invoke:
        return s.Invoke(children[0], at)

    def echo(self, at: int, children: list[s.Expression]) -> s.Echo:
        return s.Echo(children[0], at)

    def ternary(self, at: int, children: list[Any]) -> s.Choice:
        condition, action, *other = children
        return s.Choice(((condition, (action,)),), tuple(other), at)

    def if_block(self, at: int, children: list[Any]) -> s.Choice:
        parts = [child for child in children if not isinstance(child, str)]
        pairs = tuple(zip(parts[0::2], parts[1::2], strict=False))
        return s.Choice(pairs, parts[-1] if len(parts) % 2 else (), at)

    def describe(self, at: int, children: list[str]) -> s.Describe:
        name, kind = children
        if kind.startswith('"'):
            return s.Describe(str(name), "title", unquoted(kind), at)
        return s.Describe(str(name), str(kind), "", at)

    def export(self, at: int, children: list[str]) -> s.Export:
        return s.Export(str(children[0]), unquoted(children[1]), at)

    def remove_private(self, at: int, children: list[Any]) -> s.RemovePrivate:
        return s.RemovePrivate(at)

    def version(self, at: int, children: list[str]) -> s.Version:
        return s.Version(unquoted(children[0]), at)


class ReferenceReader(Reader):
    """Builds what the reference would: no names x and X; in lists, numbers are null and a double backslash stays."""

    def __init__(self, prepared: str) -> None:
        self._prepared = prepared

    def variable(self, at: int, children: list[str]) -> s.Variable:
        _check_name(children[0], at)
        return s.Variable(str(children[0]), at)

    def set_variable(self, at: int, children: list[Any]) -> s.SetVariable:
        _check_name(children[0], at)
        return s.SetVariable(str(children[0]), children[1], at)

    def listing(self, at: int, children: list[s.Expression]) -> s.Listing:
        return s.Listing(tuple(map(self._entry, children)), at)

    def _entry(self, entry: s.Expression) -> s.Expression:
        if not isinstance(entry, s.Literal):
            return entry
        if self._prepared[entry.at] != '"':
            return s.Nothing(entry.at)
        return s.Literal(self._prepared[entry.at + 1 : self._prepared.index('"', entry.at + 1)], entry.at)


def _check_name(name: str, at: int) -> None:
    if name in RESERVED:
        raise Flaw(at, "this name is reserved")


def unquoted(token: str) -> str:
    r"""The value of a string: quotes removed, \\ is one backslash, other escapes stay as they are written."""
    return token[1:-1].replace("\\\\", "\\")
