"""Java's regular expressions, as far as they can be said in Python's; what cannot is refused, never guessed."""

from __future__ import annotations

import re
from functools import lru_cache

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
    "L": r"^\W\d_",
}
_ESCAPES = {
    "z": r"\Z",
    "Z": r"(?=\n?\Z)",
    "e": r"\x1b",
    "h": r"[ \t\xa0]",
    "R": r"(?:\r\n|[\n\x0b\f\r\x85\u2028\u2029])",
}
_SAME = set("dDwWsSbBAtnrfaxu0123456789")
_ANY = r"[^\n\r\x85\u2028\u2029]"


class BadPattern(ValueError):
    """Not a regular expression that can be understood."""


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern of a script for Python's `re`. Raises BadPattern."""
    try:
        return re.compile(_Translation(pattern).text(), re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise BadPattern(f"not a regular expression that can be used here ({error})") from None


class _Translation:
    def __init__(self, pattern: str) -> None:
        self._rest = pattern
        self._in_class = False

    def text(self) -> str:
        out = []
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
            self._in_class = True
            return char + (self._take(1) if self._rest.startswith("^") else "")
        if char == "(" and re.match(r"\?<[A-Za-z]", self._rest):
            self._take(2)
            return "(?P<"
        return _ANY if char == "." else char

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
        if char.isalnum() and char not in _SAME:
            raise BadPattern(rf"\{char} is not supported in a regular expression")
        return "\\" + char

    def _property(self, *, negated: bool) -> str:
        name = re.match(r"\{(\w+)\}|([A-Z])", self._rest)
        members = _CLASSES.get(name[1] or name[2]) if name else None
        if name is None or members is None or (self._in_class and (negated or members.startswith("^"))):
            raise BadPattern("this character property is not supported in a regular expression")
        self._take(name.end())
        if self._in_class:
            return members
        inverse = members.startswith("^")
        return f"[{'^' if negated != inverse else ''}{members.lstrip('^')}]"
