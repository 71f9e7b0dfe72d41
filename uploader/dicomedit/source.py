"""The text of a script: lines joined, comments removed, and every place still known as line and column."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from uploader.domain.errors import BadScript

_JOIN = re.compile(r"\\(?:\r?\n|\Z)")


class Flaw(Exception):
    """Something wrong at an offset of the prepared text; becomes a BadScript with line and caret."""

    def __init__(self, at: int, says: str) -> None:
        super().__init__(says)
        self.at, self.says = at, says


@dataclass(frozen=True, slots=True)
class Part:
    """A run of lines of a script, or of one that it includes, and the number that the first of them has there."""

    name: str
    first_line: int
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """A script as written, and as prepared for the parser.

    text: with what it includes
    parts: where the lines of `text` come from, joined by line breaks; empty when nothing is included
    prepared: the text without comments, with lines that end in a backslash joined to the next
    offsets: for every character of `prepared`, where it stands in `text`; one more for the end
    """

    name: str
    text: str
    parts: tuple[Part, ...] = ()
    prepared: str = field(init=False)
    offsets: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        kept = _uncommented(self.text, joined(self.text))
        object.__setattr__(self, "prepared", "".join(self.text[i] for i in kept))
        object.__setattr__(self, "offsets", (*kept, len(self.text)))

    def __reduce__(self) -> tuple[Any, ...]:
        return Source, (self.name, self.text, self.parts)

    def line(self, at: int) -> str:
        """Such as `line 7`, or `base/other.das, line 7` in what the script includes."""
        part, line, _ = self._place(self._offset(at))
        return f"line {line}" if part.name == self.name else f"{part.name}, line {line}"

    def where(self, at: int) -> str:
        """Such as `site.das, line 7`, with the name of the script that the line stands in."""
        part, line, _ = self._place(self._offset(at))
        return f"{part.name}, line {line}"

    def bad(self, flaw: Flaw) -> BadScript:
        """The error for a person: name, line, column, what is wrong, the line and a caret."""
        return self.bad_at(self._offset(flaw.at), flaw.says)

    def bad_at(self, offset: int, says: str) -> BadScript:
        """As `bad`, for an offset in the text as written."""
        part, line, column = self._place(offset)
        shown = part.text.split("\n")[line - part.first_line].rstrip("\r").replace("\t", " ")
        caret = " " * (column - 1) + "^"
        return BadScript(f"{part.name}, line {line}, column {column}: {says}\n    {shown}\n    {caret}")

    def _offset(self, at: int) -> int:
        return self.offsets[min(at, len(self.offsets) - 1)]

    def _place(self, offset: int) -> tuple[Part, int, int]:
        """Part, line and column, from 1."""
        part, start = Part(self.name, 1, self.text), 0
        for part in self.parts:
            if offset <= start + len(part.text):
                break
            start += len(part.text) + 1
        before = part.text[: offset - start]
        return part, part.first_line + before.count("\n"), len(before) - (before.rfind("\n") + 1) + 1


def joined(text: str) -> list[int]:
    """Offsets of the characters that stay when a backslash at the end of a line glues the next line on."""
    kept: list[int] = []
    start = 0
    for join in _JOIN.finditer(text):
        kept.extend(range(start, join.start()))
        start = join.end()
    kept.extend(range(start, len(text)))
    return kept


def _uncommented(text: str, joined: list[int]) -> list[int]:
    """`joined` without comments: from // to the end of the line, outside strings and not behind a colon."""
    kept: list[int] = []
    in_string = in_comment = False
    for position, offset in enumerate(joined):
        char = text[offset]
        if char == "\n":
            in_string = in_comment = False
        elif char == '"' and not in_comment:
            in_string = not in_string
        elif char == "/" and not in_string and not in_comment:
            following = text[joined[position + 1]] if position + 1 < len(joined) else ""
            previous = text[joined[position - 1]] if position else ""
            in_comment = following == "/" and previous != ":"
        if not in_comment:
            kept.append(offset)
    return kept
