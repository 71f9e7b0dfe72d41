"""Several words as a sentence names them."""

from __future__ import annotations

from collections.abc import Iterable


def both(words: Iterable[str]) -> str:
    """``physicist``, ``physicist and clinician``; empty for none."""
    return _joined(words, "and")


def either(words: Iterable[str]) -> str:
    """``physicist``, ``physicist or clinician``; empty for none."""
    return _joined(words, "or")


def _joined(words: Iterable[str], word: str) -> str:
    *first, last = (*words,) or ("",)
    return f"{', '.join(first)} {word} {last}" if first else last
