"""The text of a script: lines joined, comments removed, and every place still known as line and column."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from uploader.domain.errors import BadScript

_JOIN = re.compile(r"\\(?:\r?\n|\Z)")


class Flaw(Exception):
    """Something wrong at an offset of the prepared text; becomes a BadScript with line and caret."""

    def __init__(self, at: int, says: str) -> None:
        super().__init__(says)
        self.at, self.says = at, says


@dataclass(frozen=True, slots=True)
class Source:
    """A script as written, and as prepared for the parser.

    prepared: the text without comments, with lines that end in a backslash joined to the next
    offsets: for every character of `prepared`, where it stands in `text`; one more for the end
    """

    name: str
    text: str
    prepared: str = field(init=False)
    offsets: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        kept = _uncommented(self.text, joined(self.text))
        object.__setattr__(self, "prepared", "".join(self.text[i] for i in kept))
        object.__setattr__(self, "offsets", (*kept, len(self.text)))

    def place(self, at: int) -> tuple[int, int]:
        """Line and column, from 1, in the text as written."""
        offset = self.offsets[min(at, len(self.offsets) - 1)]
        before = self.text[:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1

    def line(self, at: int) -> int:
        return self.place(at)[0]

    def bad(self, flaw: Flaw) -> BadScript:
        """The error for a person: name, line, column, what is wrong, the line and a caret."""
        line, column = self.place(flaw.at)
        shown = self.text.split("\n")[line - 1].rstrip("\r").replace("\t", " ")
        caret = " " * (column - 1) + "^"
        return BadScript(f"{self.name}, line {line}, column {column}: {flaw.says}\n    {shown}\n    {caret}")


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
