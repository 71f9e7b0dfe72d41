"""Words that are almost a long name of the patient: a letter more, less or other, two that changed places, or the same
by their sound. Whether the name is meant, only a person can say.

Source: R. C. Russell and M. K. Odell's Soundex (US patent 1,261,167), here without its limit of four signs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from uploader.stages.verify.vocabulary import EQUIPMENT, FIELD, HOSPITAL_WORDS

SHORTEST = 7
"""Letters of a name that is looked for like this."""
_WORD = re.compile(rf"[^\W\d_]{{{SHORTEST - 1},}}")
_SOUNDS = str.maketrans("bfpvcgjkqsxzdtlmnr", "111122222222334556")
_COMMON = EQUIPMENT | FIELD | HOSPITAL_WORDS


class Close:
    """Looks for words that are close to one of `names`, folded."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(n for n in names if len(n) >= SHORTEST and n.isalpha() and n not in _COMMON)
        self._shorter = {form: name for name in self.names for form in _shorter(name)}
        self._sounds = {sound(name): name for name in self.names if name.isascii()}

    def seen(self, folded: str) -> str | None:
        """The name that a word of the folded text is close to, unless it is that name itself."""
        if not self.names:
            return None
        found = (self._close(word) for word in _WORD.findall(folded))
        return next(filter(None, found), None)

    def _close(self, word: str) -> str | None:
        if word in self.names or word in _COMMON:
            return None
        for form in _shorter(word):
            if form in self._shorter:
                return self._shorter[form]
        return self._sounds.get(sound(word)) if word.isascii() else None


def sound(word: str) -> str:
    """The first letter, and the sounds behind it: ``attinghausen`` and ``atinghousen`` are the same."""
    codes, last = "", ""
    for letter in word.translate(_SOUNDS):
        code = letter if letter.isdecimal() else "" if letter in "hw" else " "
        if code and code != last:
            codes += code
        last = code or last
    return word[:1] + codes.replace(" ", "")[word[:1].translate(_SOUNDS).isdecimal() :]


def _shorter(word: str) -> set[str]:
    """The word, and the word without any one of its letters: two words that share a form are close."""
    return {word, *(word[:n] + word[n + 1 :] for n in range(len(word)))}
