"""Whose text it is: what was read in an image, compared with what names the patient, as an optical reader errs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

_CONFUSED = str.maketrans("oqdil|!jszbg", "000111115286")
"""Letters and figures that are taken for one another: 0 O Q D, 1 I l |, 5 S, 2 Z, 8 B, 6 G."""
_MERGED = (("rn", "m"), ("vv", "w"), ("cl", "d"))
"""Letters that stand together are taken for one."""
_SOME, _LONG, _LONGER = 5, 6, 10
"""Letters from which one may be wrong in a word by itself, and one, and two, wherever it stands."""
_DATE_LONG = 9
"""Letters and figures of a date without what stands between them: 12APR1961."""
_CERTAIN, _FULL_DATE = 4, 8
"""Letters of a name, and letters and figures of a date, that stand in a line by no chance."""
_FIGURES = 5
"""Figures in a row that may be an ID."""
_MONTH = "jan|feb|mar|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez"
_YEAR, _DAY = "(?:1[89]|20)[0-9]{2}", "(?:0?[1-9]|[12][0-9]|3[01])"
_TWO = "[0-9]{2}"
_BETWEEN = r"\s?[-./:,\s]\s?"
_DATE = re.compile(
    rf"(?<![0-9])(?:{_YEAR}{_BETWEEN}{_DAY}{_BETWEEN}{_DAY}"
    rf"|{_DAY}{_BETWEEN}{_DAY}{_BETWEEN}(?:{_YEAR}|{_TWO})"
    rf"|{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
    rf"|(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2]){_YEAR}"
    rf"|(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]){_YEAR})(?![0-9])"
    rf"|(?<![0-9]){_DAY}[-./,\s]*(?:{_MONTH})[a-z]*[-./,\s]*(?:{_YEAR}|{_TWO})(?![0-9])"
    rf"|(?<![a-z])(?:{_MONTH})[a-z]*[-./,\s]*{_DAY}[-./,\s]+{_YEAR}(?![0-9])"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class Kind(Enum):
    """What a text is, worst first."""

    IDENTITY = "identity"
    """It has a name, an ID or the birth date of the patient in it, to the letter, and too long for chance."""
    LIKENESS = "likeness"
    """It has one of these in it as a reader errs, or a short one."""
    DATE = "date"
    NUMBER = "number"
    """It has a number as long as IDs are."""
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Known:
    """What names the patient, as plain text in any spelling.

    names: of the patient and of people around, with ^, commas or blanks between the parts
    ids: patient, accession and other numbers
    births: dates as YYYYMMDD that tell who it is
    dates: other dates of the session as YYYYMMDD
    """

    names: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    births: frozenset[str] = frozenset()
    dates: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return "<private>"

    def kind(self, text: str) -> Kind:
        """What a line that was read in an image is."""
        words, run = _words(text), "".join(_words(text))
        if self._certain(words, run):
            return Kind.IDENTITY
        if any(_named(part, words, run) for part in self._parts()):
            return Kind.LIKENESS
        if any(_numbered(number, words, run) for number in self._numbers()) or _dated(self.births, run):
            return Kind.LIKENESS
        if _DATE.search(folded(text)) or _dated(self.dates, run):
            return Kind.DATE
        return Kind.NUMBER if re.search(f"[0-9]{{{_FIGURES}}}", _figures(text)) else Kind.TEXT

    def _certain(self, words: list[str], run: str) -> bool:
        names = {part for part in self._parts() if len(part) >= _CERTAIN}
        numbers = (number for number in self._numbers() if len(number) >= _FIGURES)
        births = (spelling for date in self.births for spelling in _spellings(date) if len(spelling) >= _FULL_DATE)
        return not names.isdisjoint(words) or any(each in run for each in (*numbers, *births))

    def broken(self, first: str, second: str) -> bool:
        """Whether a name, an ID or the birth date begins at the end of one line and goes on in the next, where neither
        line has it by itself."""
        before, behind = ("".join(_words(text)) for text in (first, second))
        if not (before and behind):
            return False
        for wanted in (each for each in self._parts() | self._numbers() if len(each) >= _LONG):
            if _stands(wanted, before[-len(wanted) :] + behind[: len(wanted)]):
                return True
        return _dated(self.births, before[-_DATE_LONG:] + behind[:_DATE_LONG])

    def _parts(self) -> set[str]:
        """The words of the names."""
        return {part for name in self.names for part in _words(name)}

    def _numbers(self) -> set[str]:
        """The IDs, without what stands between their letters and figures."""
        return {"".join(_words(each)) for each in self.ids}


def folded(text: str) -> str:
    """Small letters without accents."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", folded(text))


def _alike(word: str) -> str:
    return word.translate(_CONFUSED)


def _merged(word: str) -> str:
    for several, one in _MERGED:
        word = word.replace(several, one)
    return _alike(word)


def _figures(text: str) -> str:
    """The text, with letters that stand among figures taken for figures, and blanks and strokes between them gone."""
    parts = [_alike(w) if sum(c.isdigit() for c in w) * 2 >= len(w) else f" {w} " for w in _words(text)]
    return "".join(parts)


def _named(part: str, words: list[str], run: str) -> bool:
    """A short name must be a word by itself; in a longer one a letter may be wrong, and it may stand in a run."""
    if len(part) < 2:
        return False
    if len(part) < 4:
        return part in words or (len(part) == 3 and _alike(part) in map(_alike, words))
    return _stands(part, run) or (len(part) == _SOME and any(_nearly(part, word) for word in words))


def _numbered(number: str, words: list[str], run: str) -> bool:
    if len(number) < 4:
        return len(number) > 1 and _alike(number) in map(_alike, words)
    return _stands(number, run)


def _nearly(part: str, word: str) -> bool:
    """One letter added, dropped or changed."""
    return abs(len(word) - len(part)) <= 1 and distance(_alike(part), _alike(word)) <= 1


def _stands(wanted: str, run: str) -> bool:
    """Whether it stands somewhere in the run, as a reader errs."""
    allowed = 2 if len(wanted) >= _LONGER else 1 if len(wanted) >= _LONG else 0
    spellings = dict.fromkeys((spelt(wanted), spelt(run)) for spelt in (_alike, _merged))
    return any(one in other or (allowed and distance(one, other) <= allowed) for one, other in spellings)


def distance(wanted: str, text: str) -> int:
    """The fewest letters to add, drop or change so that `wanted` stands somewhere in `text` (P. Sellers, 1980)."""
    row = list(range(len(wanted) + 1))
    best = row[-1]
    for letter in text:
        above = row
        row = [0]
        for n, each in enumerate(wanted, 1):
            row.append(min(above[n] + 1, row[n - 1] + 1, above[n - 1] + (each != letter)))
        best = min(best, row[-1])
    return best


def _dated(dates: Iterable[str], figures: str) -> bool:
    """Whether one of them stands among letters and figures without anything between."""
    alike = _alike(figures)
    return any(spelling in (alike if spelling.isdigit() else figures) for d in dates for spelling in _spellings(d))


def _spellings(date: str) -> tuple[str, ...]:
    """The ways to write a date YYYYMMDD, without what stands between the parts."""
    if not re.fullmatch("[0-9]{8}", date) or not 1 <= int(date[4:6]) <= 12:
        return ()
    year, month, day = date[:4], date[4:6], date[6:]
    name = _MONTHS[int(month) - 1]
    return (
        *(date, day + month + year, month + day + year, day + name + year, f"{int(day)}{name}{year}"),
        *(name + day + year, f"{int(day)}{int(month)}{year}", f"{int(month)}{int(day)}{year}"),
    )
