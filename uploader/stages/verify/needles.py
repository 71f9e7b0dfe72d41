"""From what betrays the patient to the strings to look for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from uploader.stages.verify.dates import Calendar
from uploader.stages.verify.identity import PLACEHOLDERS, Harvest
from uploader.stages.verify.numbers import FEWEST, Numbers
from uploader.stages.verify.scripts import contracted
from uploader.stages.verify.variants import variants
from uploader.stages.verify.vocabulary import EQUIPMENT, FIELD, HOSPITAL_WORDS, NOT_ALONE, PARTICLES
from uploader.stages.verify.words import fold, spellings

SHORTEST = 3
"""Characters; a shorter fragment of a name says nothing when it stands alone."""
_UNMISTAKABLE = 6
"""Letters from which a name is looked for inside longer words too."""
_FEWEST_OF_OTHERS = 7
"""Figures that an ID other than the patient's must have to be no measurement by chance, where it has a point."""
_AS_NUMBER = re.compile(r"[0-9eE]*[-+.: ][-+.: 0-9eE]*|[0-9]+[eE][0-9]+")
_FIGURE = re.compile(r"[0-9]")
_LONG_NAME = 5
"""Letters from which a part of a name is no chance in an attribute of the equipment."""


@dataclass(frozen=True, slots=True)
class Needle:
    """One folded string to look for.

    origin: ``id``, ``name``, ``place``; or ``short``, a part of the patient's name that is looked for in free text only
    kind: ``identity``; ``word``, one that the field uses too or too short to be sure; or ``technical``, a place called
        like the equipment: a find of these two is a question and no proof
    embedded: counts inside a longer word too
    equipment: a name, not the patient's, that attributes of the originals' equipment have, too
    """

    text: str
    origin: str
    kind: str
    embedded: bool
    equipment: bool = False

    def kind_in_equipment(self) -> str | None:
        """What a find is in an attribute of the equipment; None where a known word of the field may stand."""
        if self.origin == "id":
            return self.kind
        if self.origin == "short" or (self.origin == "name" and self.text in EQUIPMENT | FIELD):
            return None
        sure = self.origin == "name" and not self.equipment and (" " in self.text or len(self.text) >= _LONG_NAME)
        return self.kind if sure else "technical"


@dataclass(slots=True)
class Needles:
    """All that is looked for in a session, and `keep`: what may stand there all the same, where we write it.

    all: the strings, each once for its strongest origin, and once more where a short one is asked about
    close: parts of the patient's own name of which words that are almost the same are asked about
    """

    harvest: Harvest
    keep: tuple[str, ...]
    all: tuple[Needle, ...]
    numbers: Numbers
    calendar: Calendar
    close: frozenset[str]


def sharpen(harvest: Harvest, keep: Iterable[str]) -> Needles:
    """The needles of a session."""
    kept = tuple(sorted({form for k in keep for form in variants(k)}, key=len, reverse=True))
    calendar = Calendar(frozenset(harvest.dates), frozenset(harvest.births))
    ids = set(_of_ids(harvest.ids))
    patients = frozenset(_numbers(value.strip() for value in harvest.patient_ids))
    written = frozenset((*_written(harvest.patient_ids, FEWEST), *_written(harvest.ids, _FEWEST_OF_OTHERS)))
    numbers = Numbers(frozenset(_numbers(ids)) | patients, patients, calendar, written)
    forward = set(_needles(harvest, ids))
    every = tuple(sorted(forward | set(_backward(forward)), key=lambda n: (len(n.text), n.text, n.origin)))
    close = frozenset(_of_names(harvest.patient_names)) - {word for form in kept for word in form.split()}
    return Needles(harvest, kept, every, numbers, calendar, close)


def _backward(needles: Collection[Needle]) -> Iterator[Needle]:
    """Names and IDs from end to beginning, where they are too long to be met by chance."""
    texts = {needle.text for needle in needles}
    for needle in needles:
        text = needle.text[::-1]
        least = _UNMISTAKABLE + 1 if text.isdecimal() else _LONG_NAME
        common = " " in text or text in texts or text in FIELD | EQUIPMENT | HOSPITAL_WORDS
        if needle.origin in ("name", "id") and needle.kind == "identity" and len(text) >= least and not common:
            yield replace(needle, text=text, kind="identity" if len(text) >= _UNMISTAKABLE else "word")


def _needles(harvest: Harvest, ids: set[str]) -> Iterator[Needle]:
    names = set(_of_names(harvest.names)) - ids
    places = {*_of_places(harvest.places), *_of_institutions(harvest.institutions)} - names - ids
    patients = set(_of_names(harvest.patient_names))
    for origin, texts in (("name", names), ("id", ids)):
        for text in texts:
            kind = "word" if text in FIELD else "identity"
            equipment = origin == "name" and text in harvest.technical and text not in patients
            yield Needle(text, origin, kind, kind == "identity" and _embeds(text), equipment)
    for text in places:
        shared = text in EQUIPMENT or text in harvest.technical
        kind = "word" if text in FIELD else "technical" if shared else "identity"
        yield Needle(text, "place", kind, kind != "word" and _embeds(text))
    short = {*_of_short_names(harvest.patient_names), *_of_short_ids(harvest.patient_ids)}
    yield from (Needle(text, "short", "word", False) for text in short - names - places)


def _numbers(texts: Iterable[str]) -> Iterator[int]:
    return (int(t) for t in texts if t.isdecimal() and t.isascii() and FEWEST <= len(t.lstrip("0")) < 20)


def _written(ids: Iterable[str], fewest: int) -> Iterator[bytes]:
    """IDs of that many figures and more with signs among them that numbers and times have, too."""
    stripped = (each.strip() for each in ids)
    return (each.encode() for each in stripped if _AS_NUMBER.fullmatch(each) and len(_FIGURE.findall(each)) >= fewest)


def _of_short_names(values: Iterable[str]) -> Iterator[str]:
    """Words of two letters, and a family name of words that name nobody elsewhere: Li; Von; None."""
    for value in values:
        for group in value.split("="):
            words = [fold(component).split() for component in group.split("^")[:3]]
            yield from (w for c in words for w in c if len(w) == 2 and w.isalpha() and w not in NOT_ALONE)
            if words[0] and all(w in PARTICLES or w in PLACEHOLDERS for w in words[0]):
                yield " ".join(words[0])


def _of_short_ids(values: Iterable[str]) -> Iterator[str]:
    """IDs of three and four signs, which are sure only where they stand alone."""
    for value in values:
        squeezed = fold(value).replace(" ", "")
        yield from (
            t for t in {squeezed, squeezed.lstrip("0")} if SHORTEST <= len(t) <= SHORTEST + 1 and len(set(t)) > 1
        )


def _of_names(values: Iterable[str]) -> Iterator[str]:
    """Name components, their words, and pairs of short ones in either order. PS3.5 6.2.1."""
    for value in values:
        for group in value.split("="):
            components = group.split("^")[:3]
            for component in components:
                for spelling in spellings(component):
                    yield from _words(spelling)
                    yield from _words(contracted(spelling))
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
            bare = squeezed.lstrip("0")
            yield from (t for t in {spelling, squeezed, _parted(squeezed)} if _telling(squeezed) and _telling(t))
            yield from (t for t in {bare} if len(t) >= FEWEST and _telling(t))
            parts = (part.lstrip("0") for part in _parted(squeezed).split() if part.isdecimal())
            yield from (part for part in parts if len(part) >= FEWEST and _telling(part))


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
