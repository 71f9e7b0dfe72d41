"""`include "base/basic_profile.das"`: other scripts' lines in the place of one, before anything is parsed.

This is ours: the reference has no includes. The line stands alone, and may have a comment behind it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from uploader.dicomedit.source import Flaw, Part, Source

Read = Callable[[str], str]
"""The text of a script by its name, such as `base/basic_profile.das`. Raises OSError or ValueError."""

_MARK = "\ufeff"
"""What some editors put at the beginning of a file."""
DEEPEST = 10
LONGEST = 1 << 22
"""Characters of a script with all that it includes."""
_LINE = re.compile(r'[ \t]*include[ \t]+"([^"]*)"[ \t]*(?://[^\r]*)?\r?')
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*", re.ASCII)


def expanded(name: str, text: str, read: Read | None) -> Source:
    """The script with what it includes. Raises BadScript, with the place of the include that is wrong, and when the
    script is empty.

    read: where included scripts come from; None refuses them
    """
    text = text.removeprefix(_MARK)
    if not text:
        raise Source(name, text).bad(Flaw(0, "the script is empty"))
    parts = list(_parts(name, text, read, (name,)))
    whole = "\n".join(part.text for part in parts)
    if len(whole) > LONGEST:
        raise Source(name, text).bad(Flaw(0, f"with what it includes the script has more than {LONGEST} characters"))
    return Source(name, whole, tuple(parts))


def _parts(name: str, text: str, read: Read | None, open_: tuple[str, ...]) -> Iterator[Part]:
    """Runs of lines in the order in which they are read."""
    lines, begin = text.split("\n"), 0
    for index, line in enumerate(lines):
        found = _LINE.fullmatch(line)
        if found is None or (index and lines[index - 1].rstrip("\r").endswith("\\")):
            continue
        if index > begin:
            yield Part(name, begin + 1, "\n".join(lines[begin:index]))
        try:
            included = _included(found[1], read, open_)
        except ValueError as error:
            at = sum(len(each) + 1 for each in lines[:index]) + found.start(1)
            raise Source(name, text).bad_at(at, str(error)) from None
        yield from _parts(found[1], included, read, (*open_, found[1]))
        begin = index + 1
    if begin < len(lines):
        yield Part(name, begin + 1, "\n".join(lines[begin:]))


def _included(name: str, read: Read | None, open_: tuple[str, ...]) -> str:
    """Raises ValueError."""
    if read is None:
        raise ValueError("nothing can be included here")
    if not _NAME.fullmatch(name):
        raise ValueError("a script is included by its name below the folder of scripts, such as base/basic_profile.das")
    if name in open_:
        raise ValueError(f"a circle: {' includes '.join((*open_[open_.index(name) :], name))}")
    if len(open_) > DEEPEST:
        raise ValueError(f"scripts include one another more than {DEEPEST} deep")
    try:
        text = read(name).removeprefix(_MARK)
    except (OSError, ValueError):
        raise ValueError(f"{name} is not a script below the folder of scripts that can be read") from None
    if text.rstrip("\r\n").endswith("\\"):
        raise ValueError(f"{name} ends in a backslash, which would join it to what follows")
    return text
