"""Dates inside text, in the spellings that people use, each to be written again in its own spelling."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, partial
from itertools import chain

from uploader.passes.spellings import fold

_ROWS = (
    "january february march april may june july august september october november december",
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "januar februar maerz april mai juni juli august september oktober november dezember",
    "jan feb mrz apr mai jun jul aug sep okt nov dez",
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "janv fevr mars avr mai juin juil aout sept oct nov dec",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
)
"""Months in English, German, French, Spanish, Italian, Dutch and Portuguese, in full and short, in ASCII."""
_ALIASES = {
    "may": (4, 1),
    "sept": (8, 1),
    "marz": (2, 2),
    "mar": (2, 1),
    "jaenner": (0, 2),
    "janner": (0, 2),
    "fev": (1, 5),
}
_MONTHS = {
    name: (month, row) for row in reversed(range(len(_ROWS))) for month, name in enumerate(_ROWS[row].split())
} | _ALIASES
"""Folded name -> month from 0 and row of `_ROWS`."""

_YEAR, _GAP = r"((?:19|20)\d\d)", r"((?:\.? ?(?:of|de|del) |\.?[-/._, ]{0,2}))"
_ACCENTS = {"a": "[aàáâä]", "e": "[eéèê]", "u": "[uùûü]", "c": "[cç]"}
_PLAIN_NAMES = sorted(_MONTHS, key=len)[::-1]
_NAMES = ("".join(f"{_ACCENTS.get(c, c)}[\u0300-\u036f]?" for c in name) for name in _PLAIN_NAMES)
_NAME = f"({'|'.join(_NAMES)})"
_ORDINAL = r"((?:st|nd|rd|th|er|\.)?)"
_RUN = re.compile(rf"(?<!\d){_YEAR}(\d\d)(\d\d)(\d{{6}}|\d{{4}}|)(?!\d)")
_SHORT_RUN = re.compile(r"(?<!\d)(?:\d{8}|\d{6})(?!\d)")
_YEAR_FIRST = re.compile(rf"(?<!\d){_YEAR}([-/.] ?|[_ ])(\d{{1,2}})\2(\d{{1,2}})(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(?=((\d{1,2})([-/.] ?|[_ ])(\d{1,2})\3((?:19|20)\d\d(?!\d)|\d\d(?!\d))))")
_GOES_ON_BEFORE, _GOES_ON_BEHIND = re.compile(r"\d[-/.]"), re.compile(r"[-/.]\d")
_SPACED = [re.compile(rf"(?<!\d)(?=(\d(?:[ ._/-]{{1,3}}\d){{{more}}}(?!\d)))") for more in (7, 5)]
_EAST_ASIAN = re.compile(rf"(?<!\d){_YEAR}( ?年 ?)(\d{{1,2}})( ?月 ?)(\d{{1,2}})( ?日)")
_DAY_NAMED = rf"(?<!\d)(?<!\d[-/.])(\d{{1,2}}){_ORDINAL}{_GAP}{_NAME}{_GAP}({_YEAR[1:-1]}|\d\d)(?!\d)"
_NAMED_DAY = rf"{_NAME}{_GAP}(\d{{1,2}}){_ORDINAL}([-/._, ]{{1,2}})({_YEAR[1:-1]}|\d\d)(?!\d)"
_YEAR_NAMED = rf"(?<!\d){_YEAR}{_GAP}{_NAME}{_GAP}(\d{{1,2}})(?!\d)"
_MONTH_ONLY = rf"{_NAME}{_GAP}{_YEAR}(?!\d)"
MONTH_FORMS = (_DAY_NAMED, _NAMED_DAY, _YEAR_NAMED, _MONTH_ONLY)
_BEFORE_FIGURE = re.compile(r"(?<![^\W\d_])([^\W\d_]++)[\W_]{0,3}(?:(?:of|de|del) )?\d")
_MONTH_ENDINGS = tuple(name + glued for name in _MONTHS for glued in ("", "of", "de", "del"))
"""How a word ends behind which a figure makes a date, as it does in all spellings with a month in letters."""


@cache
def with_months(form: str, *, plain: bool) -> re.Pattern[str]:
    """Compiled when the first month is met, for with all the months in it that takes long; much less for texts that
    are `plain` ASCII, as most are."""
    if plain:
        return re.compile(form.replace(_NAME, f"({'|'.join(_PLAIN_NAMES)})"), re.IGNORECASE | re.ASCII)
    return re.compile(form, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SpelledDate:
    """A date in a text, from `start` to `end`; `write` spells another day in the same way."""

    start: int
    end: int
    day: date
    write: Callable[[date], str]

    def moved(self, days: int) -> str:
        """The text of the day `days` earlier; empty where there is none."""
        try:
            return self.write(self.day - timedelta(days))
        except OverflowError:
            return ""


def dates_in(text: str, known: frozenset[str]) -> list[SpelledDate]:
    """All dates in a text, in their order; none overlaps another.

    known: dates of the session, ``YYYYMMDD``. Of what may be read in two ways, theirs is the right one, else the
        day comes first; runs such as ``090321``, and two figures for the year between dots, count only when known.
    """
    plain = text if text.isascii() else "".join(str(unicodedata.decimal(c, c)) for c in text)
    found: list[SpelledDate] = []
    taken = bytearray(len(text))
    for find in (_runs, _figures, _named, _spaced):
        for each in find(plain, known):
            if taken.find(1, each.start, each.end) < 0:
                taken[each.start : each.end] = b"\1" * (each.end - each.start)
                found.append(each)
    return sorted(found, key=lambda each: each.start)


def _runs(text: str, known: frozenset[str]) -> Iterator[SpelledDate]:
    for match in _RUN.finditer(text):
        if day := _day(*match.group(1, 2, 3)):
            yield SpelledDate(*match.span(), day, partial(_before_time, match[4]))
    for match in _SHORT_RUN.finditer(text) if known else ():
        for form in ("%y%m%d", "%d%m%y", "%m%d%y") if len(match[0]) == 6 else ("%d%m%Y", "%m%d%Y"):
            if day := next((d for d in map(_of_known, known) if d and _written(form, d) == match[0]), None):
                yield SpelledDate(*match.span(), day, partial(_written, form))
                break


def _figures(text: str, known: frozenset[str]) -> Iterator[SpelledDate]:
    for match in _EAST_ASIAN.finditer(text):
        year, *_, day_text, _ = match.groups()
        if day := _day(year, match[3], day_text):
            yield SpelledDate(*match.span(), day, partial(_east_asian, match[2], match[4], match[6]))
    for match in _YEAR_FIRST.finditer(text):
        year, sign, month, day_text = match.groups()
        loose = sign in "_ " and not len(month) == len(day_text) == 2
        if (day := _day(year, month, day_text)) and not loose:
            yield SpelledDate(*match.span(), day, _in_order("ymd", sign, _padded(month, day_text), 4))
    for match in _YEAR_LAST.finditer(text):
        yield from _year_last(match, known)


def _year_last(match: re.Match[str], known: frozenset[str]) -> Iterator[SpelledDate]:
    _, one, sign, two, year = match.groups()
    readings = [
        (day, order)
        for order, month, day_text in (("dmy", two, one), ("mdy", one, two))
        for century in (_centuries(year) if len(year) == 2 else ("",))
        if (day := _day(century + year, month, day_text))
    ]
    of_session = [reading for reading in readings if _written("%Y%m%d", reading[0]) in known]
    if of_session or (readings and _surely(match, one, sign, two, year)):
        day, order = (of_session or readings)[0]
        yield SpelledDate(*match.span(1), day, _in_order(order, sign, _padded(one, two), len(year)))


def _surely(match: re.Match[str], one: str, sign: str, two: str, year: str) -> bool:
    """Are three numbers that may be a date one, though not of the session? Not where they are part of more."""
    both = len(one) == len(two) == 2
    if len(year) == 4:
        return sign not in "_ " or both
    around = match.string[max(0, match.start(1) - 2) : match.start(1)], match.string[match.end(1) : match.end(1) + 2]
    parts_of_more = _GOES_ON_BEFORE.fullmatch(around[0]) or _GOES_ON_BEHIND.fullmatch(around[1])
    return not parts_of_more and (sign == "/" or (sign in ".-" and both))


def _spaced(text: str, known: frozenset[str]) -> Iterator[SpelledDate]:
    """Dates of the session with signs between all their figures; the next day is written without."""
    for match in chain.from_iterable(form.finditer(text) for form in _SPACED) if known else ():
        for each in _runs(re.sub(r"\D", "", match[1]), known):
            if _written("%Y%m%d", each.day) in known:
                yield SpelledDate(*match.span(1), each.day, each.write)


def _named(text: str, known: frozenset[str]) -> Iterator[SpelledDate]:
    if not names_month(text):
        return
    plain = text.isascii()
    day_named, named_day, year_named, month_only = (with_months(form, plain=plain) for form in MONTH_FORMS)
    for match in day_named.finditer(text):
        day_text, ordinal, gap, name, other_gap, year = match.groups()
        yield from _with_name(match, known, (year, name, day_text), ("D", ordinal, gap, "N", other_gap, "Y"))
    for match in named_day.finditer(text):
        name, gap, day_text, ordinal, other_gap, year = match.groups()
        yield from _with_name(match, known, (year, name, day_text), ("N", gap, "D", ordinal, other_gap, "Y"))
    for match in year_named.finditer(text):
        year, gap, name, other_gap, day_text = match.groups()
        yield from _with_name(match, known, (year, name, day_text), ("Y", gap, "N", other_gap, "D"))
    for match in month_only.finditer(text):
        name, gap, year = match.groups()
        yield from _with_name(match, known, (year, name, "15"), ("N", gap, "Y"))


def names_month(text: str) -> bool:
    """Can there be a date in the text whose month is written in letters? Quick, and never wrong about a date."""
    return any(word.endswith(_MONTH_ENDINGS) for word in _BEFORE_FIGURE.findall(fold(text)))


def _with_name(
    match: re.Match[str], known: frozenset[str], parts: tuple[str, str, str], layout: tuple[str, ...]
) -> Iterator[SpelledDate]:
    year, name, day_text = parts
    found = _MONTHS.get(fold(name))
    if found is None:
        return
    years = [year] if len(year) == 4 else [century + year for century in _centuries(year)]
    days = [day for each in years if (day := _day(each, str(found[0] + 1), day_text))]
    days.sort(key=lambda day: _written("%Y%m%d", day) not in known)
    glued = match.start() > 0 and match.string[match.start() - 1].isalpha() and match[0][0].isalpha()
    if days and not (glued and len(year) == 2 and _written("%Y%m%d", days[0]) not in known):

        def write(d: date) -> str:
            same = d.month == found[0] + 1
            signs = {
                "D": f"{d.day:02}" if day_text.startswith("0") or len(name + day_text) == 5 else str(d.day),
                "N": name if same else _cased(_ROWS[found[1]].split()[d.month - 1], name),
                "Y": f"{d.year % 100:02}" if len(year) == 2 else f"{d.year:04}",
            }
            return "".join(signs.get(piece, "" if piece in _SUFFIXES else piece) for piece in layout)

        yield SpelledDate(*match.span(), days[0], write)


_SUFFIXES = frozenset({"st", "nd", "rd", "th", "er"})
"""Endings of English and French ordinals, which the next day need not have; left out."""


def _cased(name: str, like: str) -> str:
    return name.upper() if like.isupper() else name.capitalize() if like[0].isupper() else name


def _in_order(order: str, sign: str, padded: bool, year_figures: int) -> Callable[[date], str]:
    """Writes day, month and year in this order with `sign` between them."""

    def write(d: date) -> str:
        width = "02" if padded else ""
        year = f"{d.year:04}" if year_figures == 4 else f"{d.year % 100:02}"
        return sign.join({"d": f"{d.day:{width}}", "m": f"{d.month:{width}}", "y": year}[each] for each in order)

    return write


def _padded(one: str, two: str) -> bool:
    return len(one) == len(two) == 2 or "0" in (one[0], two[0])


def _before_time(time: str, d: date) -> str:
    """`d` as it stands before a time of day, which does not move."""
    return _written("%Y%m%d", d) + time


def _east_asian(year: str, month: str, day: str, d: date) -> str:
    """`d` before these three signs."""
    return f"{d.year}{year}{d.month}{month}{d.day}{day}"


def _written(form: str, d: date) -> str:
    figures = {"%Y": f"{d.year:04}", "%y": f"{d.year % 100:02}", "%m": f"{d.month:02}", "%d": f"{d.day:02}"}
    return "".join(figures[form[at : at + 2]] for at in range(0, len(form), 2))


def _centuries(year: str) -> tuple[str, str]:
    return ("20", "19") if int(year) < 70 else ("19", "20")


def _of_known(text: str) -> date | None:
    return _day(text[:4], text[4:6], text[6:8]) if len(text) == 8 and text.isdecimal() else None


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
