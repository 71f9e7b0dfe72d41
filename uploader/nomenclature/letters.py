"""How alike two spellings are, letter by letter.

The library is loaded when somebody first asks: most processes that know names suggest none.
"""

from __future__ import annotations

from collections.abc import Collection


def likeness(one: str, other: str) -> float:
    """In percent; `rapidfuzz.fuzz.ratio`."""
    from rapidfuzz.fuzz import ratio

    return ratio(one, other)


def nearest(word: str, known: Collection[str], least: float) -> str:
    """The one of `known` that is most like the word, by `least` percent at least; empty for none."""
    from rapidfuzz import fuzz, process

    found = process.extractOne(word, known, scorer=fuzz.ratio, score_cutoff=least)
    return found[0] if found else ""
