"""JSON as people write it: what is wrong in it, and the line on which a thing stands."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NoReturn

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What is wrong at one place of a document.

    line: of the text, from 1
    pointer: JSON pointer (RFC 6901); empty for the whole document
    says: what is wrong and what was expected
    """

    line: int
    pointer: str
    says: str

    def __str__(self) -> str:
        return f"line {self.line}, at {self.pointer or 'the top'}: {self.says}"


def read(raw: bytes) -> Any:
    """The value of a JSON document. Raises ValueError, in words about the document, for what is none."""
    try:
        return json.loads(
            raw.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite
        )
    except UnicodeDecodeError:
        raise ValueError("line 1: is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}: is not JSON: {error.msg} at character {error.colno}") from None
    except RecursionError:
        raise ValueError("line 1: is nested too deep") from None


def lines(text: str) -> dict[str, int]:
    """JSON pointer -> the line, from 1, on which the value begins: of a JSON document that `read` takes."""
    found: dict[str, int] = {}
    path: list[str | int] = []
    name, line, at = "", 1, 0
    tokens = [*_TOKEN.finditer(text)]
    for token, after in pairwise([*tokens, None]):
        assert token is not None
        line, at = line + text.count("\n", at, token.start()), token.start()
        sign = token[0]
        if after is not None and after[0] == ":":
            name = json.loads(sign)
            path[-1] = name
        elif sign in "]}":
            path.pop()
        elif sign == ",":
            path[-1] = path[-1] + 1 if isinstance(path[-1], int) else path[-1]
        elif sign != ":":
            found[pointer(path)] = line
            if sign in "[{":
                path.append(0 if sign == "[" else "")
    return found


def pointer(parts: Iterable[str | int]) -> str:
    """RFC 6901."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names differ: of two equal ones, JSON would keep the last in silence."""
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise ValueError(f"the name {next(n for n in names if names.count(n) > 1)!r} occurs twice in one object")
    return dict(pairs)


def _finite(written: str) -> float:
    """A bound of 1e999 would be infinite, and keep nothing out."""
    return float(written) if math.isfinite(float(written)) else _no_number(written)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")
