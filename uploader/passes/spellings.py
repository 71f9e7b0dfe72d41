"""Text brought to one form, and one text in its other spellings: Müller, mueller, muller; Иванов, ivanov."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

_UNDECOMPOSED = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h", "ı": "i", "ŧ": "t"}
_WRITTEN_OUT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "Ø": "Oe", "Å": "Aa"}
)
_DIGRAPH = re.compile("([aou])e|a(a)")
_CYRILLIC = dict(zip("абвгдезиклмнопрстуфыэіґ", "abvgdeziklmnoprstufyeig", strict=True)) | {
    **{"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ь": "", "є": "ye", "ї": "yi"},
}
_OTHER_SCRIPTS = tuple(
    str.maketrans(table)
    for table in (
        _CYRILLIC | {"й": "y", "ё": "yo", "ю": "yu", "я": "ya"},
        _CYRILLIC | {"й": "i", "ё": "e", "ю": "iu", "я": "ia", "є": "ie", "ї": "i"},
        _CYRILLIC | {"й": "j", "ё": "e", "ю": "ju", "я": "ja", "ж": "z", "х": "h", "ц": "c", "ч": "c", "ш": "s"},
        dict(zip("αβγδεζηικλμνξοπρστυφω", "avgdeziiklmnxoprstyfo", strict=True))
        | {"θ": "th", "χ": "ch", "ψ": "ps", "ς": "s"},
    )
)
"""How Cyrillic is written in English, in passports and by scholars, and Greek."""
_GREEK_PAIRS = (("ου", "ou"), ("αυ", "av"), ("ευ", "ev"), ("γγ", "ng"))
_ATOM = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_A-Za-z]+")


@lru_cache(maxsize=8192)
def _folded_sign(sign: str) -> str:
    """One sign folded; marks and signs of no width become nothing, digits of all scripts become ASCII."""
    decomposed = unicodedata.normalize("NFKD", sign.casefold())
    shown = (c for c in decomposed if unicodedata.category(c) not in ("Mn", "Mc", "Me", "Cf"))
    return "".join(_UNDECOMPOSED.get(c) or str(unicodedata.digit(c, c)) for c in shown)


@dataclass(frozen=True, slots=True)
class Atom:
    """A word, or the part of one between changes of case, figures and script.

    folded: without diacritics, in lower case
    start, end: where it stands in the original text
    glued: nothing stands between it and the atom before it
    """

    folded: str
    start: int
    end: int
    glued: bool

    @property
    def signs(self) -> range:
        return range(len(self.folded))

    @property
    def figures(self) -> bool:
        return self.folded[0] in "0123456789"


def atoms(text: str) -> list[Atom]:
    """The atoms of a text: ``PTVSmith_2`` -> ptv, smith, 2."""
    shape, origin = _shape(text)
    found: list[Atom] = []
    last = -1
    for match in _ATOM.finditer(shape):
        start, end = match.span()
        found.append(Atom(match[0].lower(), origin[start], _with_marks(text, origin[end - 1] + 1), start == last))
        last = end
    return found


def _with_marks(text: str, end: int) -> int:
    """The end of a sign that ends at `end`, with the accents and vowel signs that are written behind it."""
    while not text.isascii() and end < len(text) and unicodedata.category(text[end]).startswith("M"):
        end += 1
    return end


def _shape(text: str) -> tuple[str, Sequence[int]]:
    """`text` with its signs folded but for the case of Latin letters, and the place of each in the original."""
    if text.isascii():
        return text, range(len(text))
    shape: list[str] = []
    origin: list[int] = []
    for place, sign in enumerate(text):
        folded = _folded_sign(sign)
        shape.append(folded.capitalize() if folded.isascii() and sign.isupper() else folded)
        origin.extend([place] * len(folded))
    return "".join(shape), origin


def fold(text: str) -> str:
    """`text` folded, its signs of punctuation kept."""
    return text.lower() if text.isascii() else "".join(map(_folded_sign, text))


def words(text: str) -> list[str]:
    """The folded words of a text, parted at all but letters and figures."""
    return re.findall(r"[^\W_]+", fold(text))


def squeezed(text: str) -> str:
    """The folded letters and figures of a text, without all else."""
    return "".join(words(text))


def spellings(text: str) -> set[str]:
    """`text` as it is and as others would write it: umlauts in two letters, Cyrillic and Greek in Latin ones."""
    if text.isascii():
        return {text}
    text = unicodedata.normalize("NFC", text)
    lower = text.casefold()
    greek = "".join(c for c in unicodedata.normalize("NFD", lower) if not unicodedata.combining(c))
    for pair, sound in _GREEK_PAIRS:
        greek = greek.replace(pair, sound)
    forms = {lower.translate(table) for table in _OTHER_SCRIPTS[:3]} | {greek.translate(_OTHER_SCRIPTS[3])}
    return {*_written_out(text), *(form for form in forms if form != lower)}


def _written_out(text: str) -> set[str]:
    """Each of the first few signs that can be written in two letters as it is, and so."""
    forms = {text}
    for sign in [sign for sign in dict.fromkeys(text) if ord(sign) in _WRITTEN_OUT][:4]:
        forms |= {form.replace(sign, str(_WRITTEN_OUT[ord(sign)])) for form in forms}
    return forms


def contracted(word: str) -> str:
    """``mueller`` -> ``muller``, as it is folded when somebody else wrote it with its umlaut; short words stay."""
    return _DIGRAPH.sub(lambda m: m[1] or m[2], word) if len(word) >= 5 else word
