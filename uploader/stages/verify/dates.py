"""Dates in folded text: in figures, with the year in two figures, and with the name of the month."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_NAMES = """
    january january jan januar jaenner janvier janv januari enero ene gennaio gen janeiro stycznia leden ledna
    february feb februar fevrier fevr fev februari febrero febbraio fevereiro lutego unora
    march mar marz maerz mrz mars maart mrt marzo marco marca brezna
    april apr avril avr abril abr aprile kwietnia dubna
    may mai mei mayo maggio mag maio maja maj kvetna
    june jun juni juin junio giugno giu junho czerwca cervna
    july jul juli juillet juil julio luglio lug julho lipca cervence
    august aug aout augustus augusti agosto ago sierpnia srpna
    september sep sept septembre septiembre settembre set setembro wrzesnia zari
    october oct oktober okt octobre octubre ottobre ott outubro out pazdziernika rijna
    november nov novembre noviembre novembro listopada
    december dec dezember dez decembre diciembre dic dicembre dezembro grudnia prosince
"""
_MONTH = {name: number for number, line in enumerate(_NAMES.split("\n")[1:-1], 1) for name in line.split()}
"""Name of a month, folded -> its number: English, German, French, Dutch, Spanish, Italian, Portuguese, Swedish, Danish,
Polish, Czech."""

_NAME, _DAY, _YEAR = r"([a-z]{3,9})", r"(\d{1,2}) ?(?:st|nd|rd|th|er)?", r"(\d{4}|\d\d)(?!\d)"
_DAY_FIRST = re.compile(rf"(?<!\d){_DAY} ?{_NAME} ?{_YEAR}")
_MONTH_FIRST = re.compile(rf"(?<![a-z]){_NAME} ?{_DAY} {_YEAR}")
_YEAR_FIRST = re.compile(rf"(?<!\d)(\d{{4}}) ?{_NAME} ?(\d{{1,2}})(?!\d)")
_ROMAN = {n: i for i, n in enumerate(["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"], 1)}
_WITH_ROMAN = re.compile(r"(?<!\d)(\d{1,2}) ([ivx]{1,4}) (\d{4}|\d\d)(?!\d)")
_WORD = r" ?[\u5e74\u6708\u65e5\u1100-\u11ff]+ ?"
_WITH_SIGNS = re.compile(rf"(?<!\d)(\d{{4}}){_WORD}(\d{{1,2}}){_WORD}(\d{{1,2}}){_WORD}")
"""Year, month and day with the Chinese or Korean word behind each; Hangul is folded to its letters."""
_THREE = re.compile(r"(?<!\d)(?=(\d{1,4}) (\d{1,2}) (\d{4}|\d{1,2})(?!\d))")
_RUN = re.compile(r"(?<!\d)(\d{6}|\d{8}(?:\d{4}|\d{6})?)(?!\d)")
_FIGURES = re.compile(r"\d\d")


@dataclass(frozen=True, slots=True)
class Calendar:
    """The dates to look for, ``YYYYMMDD``; of `births` a form with a year of two figures is enough."""

    dates: frozenset[str]
    births: frozenset[str]

    def seen(self, folded: str, *, sure_only: bool = False) -> tuple[str, str] | None:
        """(kind, the date) of the gravest one in the text; kind ``date``, or ``date-short`` for one that may be
        chance. With `sure_only`, for binary values, none of the latter, nor any with a year of two figures or the
        month in front."""
        asked = None
        if not self.dates or not _FIGURES.search(folded):
            return None
        if sure_only and not any(year in folded for year in _years(self.dates)):
            return None
        for date, certain in _candidates(folded, not sure_only):
            if date in self.dates:
                return "date", date
            if len(date) == 6 and not sure_only:
                full = [d for d in self.dates if d[2:] == date]
                if full and (certain or not self.births.isdisjoint(full)):
                    return "date", full[0]
                asked = ("date-short", full[0]) if full else asked
        return asked


@lru_cache(maxsize=8)
def _years(dates: frozenset[str]) -> frozenset[str]:
    return frozenset(date[:4] for date in dates)


def _candidates(folded: str, words: bool) -> Iterator[tuple[str, bool]]:
    """(``YYYYMMDD`` or ``YYMMDD``, whether the month's name stands there) for all that may be a date."""
    for day, month, year in _with_names(folded, words):
        if month in _MONTH:
            yield f"{year}{_MONTH[month]:02}{day:>02}", True
    for day, month, year in _WITH_ROMAN.findall(folded):
        if month in _ROMAN:
            yield f"{year}{_ROMAN[month]:02}{day:>02}", True
    if not folded.isascii():
        yield from ((f"{year}{month:>02}{day:>02}", True) for year, month, day in _WITH_SIGNS.findall(folded))
    for one, two, three in _THREE.findall(folded):
        yield from ((date, False) for date in _of_three(one, two, three))
    for run in _RUN.findall(folded):
        yield from ((date, False) for date in _of_run(run))


def _with_names(folded: str, words: bool) -> Iterator[tuple[str, str, str]]:
    """(day, word, year) wherever a word stands as the name of a month would."""
    yield from _DAY_FIRST.findall(folded)
    yield from ((day, month, year) for year, month, day in _YEAR_FIRST.findall(folded))
    if words:
        yield from ((day, month, year) for month, day, year in _MONTH_FIRST.findall(folded))


def _of_three(one: str, two: str, three: str) -> Iterator[str]:
    if len(one) in (2, 4) and len(three) <= 2:
        yield f"{one}{two:>02}{three:>02}"
    if len(one) <= 2 and len(three) in (2, 4):
        yield from (f"{three}{two:>02}{one:>02}", f"{three}{one:>02}{two:>02}")


def _of_run(run: str) -> Iterator[str]:
    if len(run) == 6:
        yield from (run, run[4:] + run[2:4] + run[:2])
        return
    yield run[:8]
    if len(run) == 8:
        yield from (run[4:] + run[2:4] + run[:2], run[4:] + run[:4])
