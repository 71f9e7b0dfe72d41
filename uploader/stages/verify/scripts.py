"""Names written over from one script or spelling into another: Иванов, ivanov; Müller, mueller, muller."""

from __future__ import annotations

import re
import unicodedata

from uploader.stages.verify.spoken import SYLLABLES, spoken

_WRITTEN_OUT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ø": "oe", "å": "aa", "Ø": "Oe", "Å": "Aa"}
)
_CYRILLIC = dict(zip("абвгдезиклмнопрстуфыэіґ", "abvgdeziklmnoprstufyeig", strict=True)) | {
    "ж": "zh",
    "х": "kh",
    "ц": "ts",
    "ч": "ch",
    "ш": "sh",
    "щ": "shch",
    "ъ": "",
    "ь": "",
    "є": "ye",
    "ї": "yi",
}
_ENGLISH = str.maketrans(_CYRILLIC | {"й": "y", "ё": "yo", "ю": "yu", "я": "ya"})
_PASSPORT = str.maketrans(_CYRILLIC | {"й": "i", "ё": "e", "ю": "iu", "я": "ia", "є": "ie", "ї": "i"})
_GREEK = str.maketrans(
    dict(zip("αβγδεζηικλμνξοπρστυφω", "avgdeziiklmnxoprstyfo", strict=True))
    | {"θ": "th", "χ": "ch", "ψ": "ps", "ς": "s"}
)
_DIPHTHONGS = (("ου", "ou"), ("αυ", "av"), ("ευ", "ev"), ("γγ", "ng"))
_ALIKE = str.maketrans("аеорсхуіѕјкмтнвαορνικτυ", "aeopcxyisjkmthbaopvikty")
_MIXED = re.compile(r"[a-z](?=[^\W\d_]*[Ͱ-ӿ])|[Ͱ-ӿ](?=[^\W\d_]*[a-z])")
_OTHER_SCRIPT = re.compile(r"[Ͱ-ӿ]")
"""Greek and Cyrillic letters."""
_DIGRAPH = re.compile("([aou])e")


def written_over(text: str) -> set[str]:
    """Other spellings of `text`, which is not ASCII: diacritics written out, Greek, Cyrillic, kana and Hangul in Latin
    letters, and letters that only look Latin as what they look like."""
    text = unicodedata.normalize("NFKC", text)
    forms = {text.translate(_WRITTEN_OUT)}
    if _OTHER_SCRIPT.search(text):
        lower = text.casefold()
        forms |= {lower.translate(_ENGLISH), lower.translate(_PASSPORT), _from_greek(lower)}
        if _MIXED.search(lower):
            forms.add(lower.translate(_ALIKE))
    if SYLLABLES.search(text):
        forms |= spoken(text)
    return forms


def contracted(folded: str) -> str:
    """``mueller`` -> ``muller``: as it is folded when somebody else wrote it with its umlaut."""
    return _DIGRAPH.sub(r"\1", folded)


def _from_greek(lower: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFD", lower) if not unicodedata.combining(c))
    for pair, sound in _DIPHTHONGS:
        bare = bare.replace(pair, sound)
    return bare.translate(_GREEK)
