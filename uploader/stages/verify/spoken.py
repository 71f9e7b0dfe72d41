"""Kana and Hangul in Latin letters, by the names that Unicode gives them: やまだ, yamada; 길동, gildong."""

from __future__ import annotations

import re
import unicodedata

SYLLABLES = re.compile("[\u3041-\u30ff\uff66-\uff9d\uac00-\ud7a3]")
_HEPBURN = (("si", "shi"), ("ti", "chi"), ("tu", "tsu"), ("hu", "fu"), ("zi", "ji"), ("di", "ji"), ("du", "zu"))
_SOFT = (("sy", "sh"), ("ty", "ch"), ("zy", "j"))


def spoken(text: str) -> set[str]:
    """`text` with its syllables in Latin letters, as Unicode and as Hepburn write them, long vowels short, too."""
    written = _written(unicodedata.normalize("NFKC", text))
    forms = {written, _hepburn(written)}
    return forms | {re.sub(r"([aou])[u]|(oo)", lambda m: m[1] or "o", form) for form in forms}


def _written(text: str) -> str:
    out, double = "", False
    for sign in text:
        kind, _, letter = _name(sign)
        if kind not in ("HIRAGANA", "KATAKANA", "HANGUL"):
            out += "" if sign == "ー" else sign
            continue
        small, syllable = letter.startswith("SMALL "), letter.rpartition(" ")[2].lower()
        if small and syllable == "tu":
            double = True
            continue
        if small and syllable.startswith("y") and out.endswith("i"):
            out = out[:-1]
        out += (syllable[:1] if double else "") + syllable
        double = False
    return out


def _name(sign: str) -> tuple[str, str, str]:
    """``HIRAGANA``, ``LETTER``, ``SMALL TU``."""
    kind, _, rest = unicodedata.name(sign, "").partition(" ")
    what, _, letter = rest.partition(" ")
    return kind, what, letter


def _hepburn(written: str) -> str:
    for one, other in (*_SOFT, *_HEPBURN):
        written = re.sub(f"(?<![cst]){one}", other, written)
    return written
