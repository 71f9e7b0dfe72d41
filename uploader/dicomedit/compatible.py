"""What only the reference refuses in a script's text. Elsewhere its ways are switched on by `Host.compatible`.

They are for comparisons and never for patients: some keep what should go. docs/dicomedit.md lists them.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from uploader.dicomedit.source import Flaw, Source, joined

STRAYS = '\nSTRAY.-9: /[^\\s"]/\n%ignore STRAY\n'
"""To the grammar: characters that belong to nothing are dropped."""
ONE_BREAK = ("_gap: _NL*", "_gap: _NL?")
"""In the grammar: one line break at most between the entries of a list."""
RESERVED = frozenset({"x", "X"})
"""Names that are wildcard digits there."""
VOID = frozenset({"removeTags", "blankValues"})
"""Functions that give the text VOID there, and nothing here."""

_DIGIT = "[0-9A-Fa-fXx@#]"
_WHOLE = re.compile(
    rf'"[^"]*"|\({_DIGIT}{{4}}[ \t]*,[ \t]*(?:{_DIGIT}{{4}}|\{{[A-Za-z][A-Za-z0-9 \-_.:]*\}}{_DIGIT}{{2}})\)'
)
_HALF = re.compile(rf"\({_DIGIT}{{4}}|(?<![\w.@#-]){_DIGIT}{{4}}\)")


def check_text(source: Source) -> None:
    """Raises Flaw for an odd number of quotation marks on a line, comment included, and for what is taken for half a
    tag, such as (2024 and 1234)."""
    kept = joined(source.text)
    start = 0
    for line in "".join(source.text[i] for i in kept).split("\n"):
        if line.count('"') % 2:
            raise Flaw(bisect_left(source.offsets, kept[start]), "an odd number of quotation marks on this line")
        start += len(line) + 1
    if half := _HALF.search(_WHOLE.sub(lambda whole: " " * len(whole[0]), source.prepared)):
        raise Flaw(half.start(), "this is taken for half of a tag")
