"""Java's regular expressions, as far as they can be said in those of `regex`; what cannot is refused, never guessed.

The author of a script is no attacker, but may write a pattern that takes for ever on one patient: there is a limit.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from uploader.dicomedit.values import Unfit

LONGEST_SECONDS = 2.0
"""What one search in one text may take; what a person would write takes a few microseconds."""
LONGEST_PATTERN = 2000
"""Characters of a pattern."""

_CLASSES = {
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Lower": "a-z",
    "Upper": "A-Z",
    "XDigit": "0-9a-fA-F",
    "Space": r" \t\n\x0b\f\r",
    "Blank": r" \t",
    "Punct": r"!-/:-@\[-`{-~",
    "ASCII": r"\x00-\x7f",
}
_ESCAPES = {
    "z": r"\Z",
    "Z": r"(?=\n?\Z)",
    "e": r"\x1b",
    "h": r"[ \t\xa0]",
    "R": r"(?:\r\n|[\n\x0b\f\r\x85\u2028\u2029])",
}
_LETTER = {"p": r"(?u:\p{L})", "P": r"(?u:\P{L})"}
_GROUP = re.compile(r"\?(?:[:=!>]|<[=!]|[ims]+:|<(?P<name>[A-Za-z][A-Za-z0-9]*)>)")
"""What may stand behind the ( of a group that does more than catch."""
_FLAGS = re.compile(r"\(\?[ims]+\)")
_TIMES = re.compile(r"\{[0-9]{1,4}(?:,(?:[0-9]{1,4})?)?\}")
_SAME = set("dDwWsSbBAtnrfaxu123456789")
_ANY = r"[^\n\r\x85\u2028\u2029]"


class BadPattern(ValueError):
    """Not a regular expression that can be understood."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern that gives up in time."""

    _compiled: Any

    @property
    def groups(self) -> int:
        return int(self._compiled.groups)

    def fits(self, text: str) -> bool:
        """Whether it fits the whole text. Raises Unfit when that takes too long."""
        return self._timed(self._compiled.fullmatch, text) is not None

    def found(self, text: str, group: int) -> str | None:
        """A group of what it finds first in the text, None when it finds nothing. Raises Unfit when that takes too
        long."""
        found = self._timed(self._compiled.search, text)
        return None if found is None else found[group]

    def _timed(self, search: Callable[..., Any], text: str) -> Any:
        try:
            return search(text, timeout=LONGEST_SECONDS)
        except TimeoutError:
            raise Unfit(f"a regular expression takes more than {LONGEST_SECONDS:g} s on this text") from None


@lru_cache(maxsize=512)
def compiled(pattern: str) -> Pattern:
    """The pattern of a script. Raises BadPattern."""
    if len(pattern) > LONGEST_PATTERN:
        raise BadPattern(f"a regular expression of more than {LONGEST_PATTERN} characters is not believed")
    import regex  # here, because it loads slowly, and most scripts have no pattern

    try:
        return Pattern(regex.compile(_Translation(pattern).text(), regex.ASCII | regex.V0))
    except (regex.error, OverflowError, RecursionError) as error:
        raise BadPattern(f"not a regular expression that can be used here ({error})") from None


class _Translation:
    def __init__(self, pattern: str) -> None:
        self._rest = pattern
        self._in_class = False
        self._names: set[str] = set()

    def text(self) -> str:
        flags = _FLAGS.match(self._rest)
        out = [self._take(flags.end())] if flags else []
        while self._rest:
            out.append(self._next())
        return "".join(out)

    def _take(self, length: int) -> str:
        taken, self._rest = self._rest[:length], self._rest[length:]
        return taken

    def _next(self) -> str:
        char = self._take(1)
        if char == "\\":
            return self._escape()
        if self._in_class:
            return self._inside(char)
        if char == "[":
            return self._class()
        if char == "(" and self._rest[:1] in {"?", "*"}:
            return self._group()
        if char == "{":
            return self._times()
        return _ANY if char == "." else char

    def _class(self) -> str:
        self._in_class = True
        opened = "[" + (self._take(1) if self._rest.startswith("^") else "")
        if self._rest.startswith("]"):
            raise BadPattern("a character class cannot be empty; write \\] for the bracket")
        return opened

    def _group(self) -> str:
        group = _GROUP.match(self._rest)
        if group is None:
            raise BadPattern("this kind of group is not supported in a regular expression")
        name = group["name"]
        if name in self._names:
            raise BadPattern("two groups of a regular expression have the same name")
        if name is not None:
            self._names.add(name)
        self._take(group.end())
        return f"(?P<{name}>" if name is not None else f"({group[0]}"

    def _times(self) -> str:
        times = _TIMES.match("{" + self._rest)
        if times is None:
            raise BadPattern("a { must be followed by how many times, at most 9999, and }")
        return "{" + self._take(times.end() - 1)

    def _inside(self, char: str) -> str:
        if char == "[" or (char == "&" and self._rest.startswith("&")):
            raise BadPattern("unions and intersections of character classes are not supported")
        self._in_class = char != "]"
        return rf"\{char}" if char in "~|-&" and self._rest.startswith(char) else char

    def _escape(self) -> str:
        char = self._take(1)
        if char == "Q":
            quoted, _, self._rest = self._rest.partition(r"\E")
            return re.escape(quoted)
        if char in {"p", "P"}:
            return self._property(negated=char == "P")
        if char == "k" and (name := re.match(r"<(\w+)>", self._rest)):
            self._take(name.end())
            return f"(?P={name[1]})"
        if char in _ESCAPES and not self._in_class:
            return _ESCAPES[char]
        if (char.isalnum() and char not in _SAME) or not char:
            raise BadPattern(rf"\{char} is not supported in a regular expression")
        return "\\" + char

    def _property(self, *, negated: bool) -> str:
        name = re.match(r"\{(\w+)\}|([A-Z])", self._rest)
        if name is not None and (name[1] or name[2]) == "L" and not self._in_class:
            self._take(name.end())
            return _LETTER["P" if negated else "p"]
        members = _CLASSES.get(name[1] or name[2]) if name else None
        if name is None or members is None or (self._in_class and negated):
            raise BadPattern("this character property is not supported in a regular expression")
        self._take(name.end())
        return members if self._in_class else f"[{'^' if negated else ''}{members}]"
