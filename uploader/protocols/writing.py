"""A protocol as text that people can read and edit."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

WIDTH = 118


def text(document: Mapping[str, Any]) -> str:
    """JSON; what fits in a line is in one."""
    return _broken(document, "") + "\n"


def write_new(path: Path, document: Mapping[str, Any]) -> None:
    """Raises FileExistsError where there is a file: a version is never written over."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "w", encoding="utf-8") as out:
        out.write(text(document))


def _text(value: Any, indent: str) -> str:
    line = _line(value)
    return line if len(indent) + len(line) <= WIDTH and not _deep(value) else _broken(value, indent)


def _line(value: Any) -> str:
    if isinstance(value, Mapping):
        inside = ", ".join(f"{json.dumps(name)}: {_line(each)}" for name, each in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_line, value))}]"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e9:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)


def _deep(value: Any) -> bool:
    """Lists of objects stand on lines of their own."""
    return isinstance(value, (list, tuple)) and any(isinstance(each, Mapping) for each in value)


def _broken(value: Any, indent: str) -> str:
    if not isinstance(value, (Mapping, list, tuple)) or not value:
        return _line(value)
    inner = indent + "  "
    if isinstance(value, Mapping):
        rows = [f"{inner}{json.dumps(name)}: {_text(each, inner)}" for name, each in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    if any(isinstance(each, (Mapping, list, tuple)) for each in value):
        rows = [inner + _text(each, inner) for each in value]
    else:
        rows = _filled([_line(each) for each in value], inner)
    return "[\n" + ",\n".join(rows) + f"\n{indent}]"


def _filled(words: Sequence[str], indent: str) -> list[str]:
    """As many in a line as fit."""
    rows, row = [], indent + words[0]
    for word in words[1:]:
        if len(row) + len(word) + 3 > WIDTH:
            rows.append(row)
            row = indent + word
        else:
            row += f", {word}"
    return [*rows, row]
