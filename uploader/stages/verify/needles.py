"""From what betrays the patient to the strings to look for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from uploader.stages.verify.identity import PLACEHOLDERS, Harvest
from uploader.stages.verify.vocabulary import FIELD, HOSPITAL_WORDS, PARTICLES
from uploader.stages.verify.words import fold, spellings

SHORTEST = 3
"""Characters; a shorter fragment of a name says nothing when it stands alone."""
_UNMISTAKABLE = 6
"""Letters from which a name is looked for inside longer words too."""
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)


@dataclass(frozen=True, slots=True)
class Needle:
    """One folded string to look for.

    embedded: counts inside a longer word too
    kind: ``identity``; ``date``; or ``word``, one that the field uses too, so that a find is a question and no proof
    technical: also a word of the equipment, not looked for in TECHNICAL attributes
    """

    text: str
    kind: str
    embedded: bool
    technical: bool


@dataclass(slots=True)
class Needles:
    """All that is looked for in a session, and `keep`: what may stand there all the same.

    by_text: folded string -> Needle
    numbers: identifying numbers of six digits and more, as they would stand in a DS or IS value
    """

    harvest: Harvest
    keep: tuple[str, ...]
    by_text: dict[str, Needle] = field(default_factory=dict)
    numbers: frozenset[bytes] = frozenset()


def sharpen(harvest: Harvest, keep: Iterable[str]) -> Needles:
    """The needles of a session."""
    kept = tuple(sorted({fold(k) for k in keep if fold(k)}, key=len, reverse=True))
    needles = Needles(harvest, kept)
    strong = {*_of_names(harvest.names), *_of_ids(harvest.ids)}
    weak = {*_of_places(harvest.places), *_of_institutions(harvest.institutions)} - harvest.technical
    dates = {form for date in harvest.dates for form in date_forms(date)}
    for text in strong | weak | dates:
        kind = "date" if text in dates else "word" if text in FIELD else "identity"
        needles.by_text[text] = Needle(text, kind, kind == "identity" and _embeds(text), text in harvest.technical)
    needles.numbers = frozenset(t.encode() for t in needles.by_text if t.isdecimal() and t.isascii() and len(t) >= 6)
    return needles


def date_forms(date: str) -> set[str]:
    """``YYYYMMDD`` as it is written in text, folded: figures in three orders, and with the month's name."""
    year, month, day = date[:4], date[4:6], date[6:]
    forms = {date, f"{day}{month}{year}"}
    for m, d in ((month, day), (month.lstrip("0"), day.lstrip("0"))):
        forms |= {f"{year} {m} {d}", f"{d} {m} {year}", f"{m} {d} {year}"}
        for name in {_MONTHS[int(month) - 1], _MONTHS[int(month) - 1][:3]}:
            forms |= {f"{d} {name} {year}", f"{name} {d} {year}", f"{d}{name}{year}"}
    return forms


def _of_names(values: Iterable[str]) -> Iterator[str]:
    """Name components, their words, and pairs of short ones in either order. PS3.5 6.2.1."""
    for value in values:
        for group in value.split("="):
            components = group.split("^")[:3]
            for component in components:
                for spelling in spellings(component):
                    yield from _words(spelling)
            for spelling in spellings(" ".join(components)):
                yield from _joined(spelling)


def _words(folded: str) -> Iterator[str]:
    for word in {folded, folded.replace(" ", ""), *folded.split()}:
        if _telling(word) and word not in PARTICLES and word not in PLACEHOLDERS:
            yield word


def _joined(folded: str) -> Iterator[str]:
    """The whole name, in order and with the last word first: for names of short words nothing else speaks."""
    words = folded.split()
    if len(words) > 1 and (sum(map(len, words)) > SHORTEST or not folded.isascii()):
        yield from (" ".join(words), " ".join(reversed(words)), " ".join([*words[1:], words[0]]))
        yield from (j for j in ("".join(words), "".join(reversed(words))) if _embeds(j))


def _of_ids(values: Iterable[str]) -> Iterator[str]:
    """IDs as written, without their separators, and with a blank between letters and figures."""
    for value in values:
        for spelling in spellings(value):
            squeezed = spelling.replace(" ", "")
            yield from (t for t in {spelling, squeezed, _parted(squeezed)} if _telling(squeezed) and _telling(t))
            yield from (part for part in _parted(squeezed).split() if part.isdecimal() and len(part) >= 6)


def _of_places(values: Iterable[str]) -> Iterator[str]:
    """Whole texts, and the lines of an address that say more than one word."""
    for value in values:
        for spelling in spellings(value):
            if set(spelling.split()) <= HOSPITAL_WORDS | FIELD:
                continue
            yield from (t for t in {spelling, spelling.replace(" ", "")} if _telling(t) and len(t) > SHORTEST)
        for line in value.replace("^", ",").replace("\r", ",").replace("\n", ",").replace(";", ",").split(","):
            yield from (s for s in spellings(line) if len(s) >= 8 and " " in s and _telling(s))


def _of_institutions(values: Iterable[str]) -> Iterator[str]:
    """Words that only this institution's name has."""
    for value in values:
        for spelling in spellings(value):
            yield from (w for w in spelling.split() if len(w) >= 6 and w.isalpha() and w not in HOSPITAL_WORDS)


def _telling(text: str) -> bool:
    """Long enough to say something alone: three letters, two ideographs, four figures; and not one sign repeated."""
    if text.isdecimal():
        return len(text) > SHORTEST and len(set(text)) > 1
    shortest = SHORTEST if text.isascii() else 2
    return len(text) >= shortest and len(set(text)) > 1


def _embeds(text: str) -> bool:
    """May it be looked for inside longer words? Long names, and scripts that do not part words."""
    return len(text) >= (_UNMISTAKABLE if text.isascii() else 2)


def _parted(text: str) -> str:
    """``mrn12345`` -> ``mrn 12345``."""
    return "".join(f" {c}" if i and c.isdecimal() != text[i - 1].isdecimal() else c for i, c in enumerate(text))
