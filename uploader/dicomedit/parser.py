"""From text to statements. Everything that can be wrong before a patient is touched is found here or in check.py."""

from __future__ import annotations

import re

from uploader.dicomedit import quick
from uploader.dicomedit.source import Flaw
from uploader.dicomedit.statements import Statement

DEEPEST = 50
"""Levels of brackets of any kind; scripts of people have fewer than ten."""
_BRACKET = re.compile(r'"[^"]*"|[](){}[]')


def statements(prepared: str, compatible: bool = False) -> tuple[Statement, ...]:
    """The statements of a script without comments; `compatible`: as the reference reads them. Raises Flaw."""
    _check_depth(prepared)
    found = None if compatible else quick.statements(prepared)
    if found is not None:
        return found
    from uploader.dicomedit import thorough  # here, because Lark and its tables take longer than a whole small job

    return thorough.statements(prepared, compatible)


def _check_depth(prepared: str) -> None:
    """Raises Flaw for brackets nested beyond sense, which would exhaust the stack later."""
    depth = 0
    for bracket in _BRACKET.finditer(prepared):
        depth += (bracket[0] in "([{") - (bracket[0] in ")]}")
        if depth > DEEPEST:
            raise Flaw(bracket.start(), f"brackets are nested more than {DEEPEST} deep")
