"""What a session's own headers say about people, numbers, days and places, and the strings to look for that follow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import permutations

from uploader.passes.spellings import contracted, fold, spellings, squeezed, words
from uploader.passes.vocabulary import CLINICAL, GENERIC_PLACE, PARTICLES, PLACEHOLDERS, TITLES

_LONGEST = 80
"""Signs of one string; of a longer name its beginning is looked for, of a longer place its words."""
_SURE_ID, _UNMISTAKABLE = 5, 6
"""Signs from which an ID, and letters from which a name, is looked for inside longer words."""
_MISTYPED = 7
"""Letters of a name of the patient from which a word with one letter more, less or other is taken for it."""
_WAYS = 48
"""Spellings of a component: sixteen with umlauts, four in other letters, and each contracted."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the session's own headers say, as plain strings.

    names: the patient's PN values as written, all component groups
    ids: patient IDs, accession, study, visit, admission, order and other numbers
    dates: birth date and dates of the session, ``YYYYMMDD``
    staff: PN values of anyone else
    places: institution, department, address, station names, telephone
    """

    names: frozenset[str] = field(default=frozenset(), repr=False)
    ids: frozenset[str] = field(default=frozenset(), repr=False)
    dates: frozenset[str] = field(default=frozenset(), repr=False)
    staff: frozenset[str] = field(default=frozenset(), repr=False)
    places: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True)
class Needle:
    """A folded string without separators.

    kind: of the change its find makes
    people: numbers of those it names, empty for IDs and places
    alone: counts only where nothing is glued to it, and not across separators
    """

    kind: str
    people: frozenset[int]
    alone: bool


@dataclass(frozen=True, slots=True)
class Person:
    """The folded words of one person's name, and which of its small words belong to it."""

    words: frozenset[str]
    particles: frozenset[str]

    @property
    def initials(self) -> frozenset[str]:
        return frozenset(word[0] for word in self.words)


@dataclass(slots=True)
class Needles:
    """All that is looked for, ready.

    beginnings: of the texts
    embedded: long ones, which count inside words too, by their first two signs, the longest first
    mistyped: what long names of the patient are with one letter less
    """

    by_text: dict[str, Needle]
    people: list[Person]
    beginnings: set[str]
    embedded: dict[str, list[str]]
    mistyped: dict[str, Needle]

    def close_to(self, word: str) -> Needle | None:
        """The name that a folded word is close to, as a mistyped one is."""
        if len(word) < _MISTYPED - 1 or not self.mistyped:
            return None
        return next((self.mistyped[form] for form in _shorter(word) if form in self.mistyped), None)

    def within(self, word: str) -> Iterator[tuple[int, int]]:
        """Where long needles stand inside a folded word, from left to right, the longest where several begin."""
        at = 0
        while at < len(word):
            long = next((text for text in self.embedded.get(word[at : at + 2], ()) if word.startswith(text, at)), "")
            if long:
                yield at, at + len(long)
            at += len(long) or 1


def sharpen(known: Known) -> Needles:
    """The needles of a session. What two groups share counts for the graver: IDs, patient, staff, places."""
    by_text: dict[str, Needle] = {}
    people: list[Person] = []
    for value in known.ids:
        for text in _of_id(value):
            by_text.setdefault(text, Needle("id", frozenset(), text.isdecimal() and len(text) < _SURE_ID))
    for kind, values in (("patient-name", known.names), ("staff", known.staff)):
        for value in sorted(values):
            for group in value.split("="):
                _add_person(group, kind, by_text, people)
    for value in known.places:
        for text, kind in _of_place(value):
            by_text.setdefault(text, Needle(kind, frozenset(), len(text) < _SURE_ID))
    beginnings = {text[:n] for text in by_text for n in range(1, len(text) + 1)}
    parts = {part for person in people for part in person.words if len(part) >= _MISTYPED and part not in CLINICAL}
    found = {part: by_text[part] for part in parts if part in by_text}
    patients = {part: needle for part, needle in found.items() if needle.kind == "patient-name"}
    mistyped = {form: needle for part, needle in sorted(patients.items()) for form in _shorter(part)}
    return Needles(by_text, people, beginnings, _embedded(by_text), mistyped)


def _shorter(word: str) -> set[str]:
    """The word, and without any one of its letters: two words that share one are close."""
    return {word, *(word[:at] + word[at + 1 :] for at in range(min(len(word), _LONGEST)))}


def _add_person(group: str, kind: str, by_text: dict[str, Needle], people: list[Person]) -> None:
    number = len(people)
    components = group.split("^")[:3] if "^" in group else [re.sub(r"\s*,\s*", "^", group)]
    components = [part for component in components for part in component.split("^")]
    said = {word for component in components for spelled in spellings(component) for word in words(spelled)}
    parts = frozenset(w for w in said if not (w in PARTICLES or w in PLACEHOLDERS or w in TITLES or w.isdecimal()))
    people.append(Person(parts, frozenset(said & PARTICLES)))
    for text in {t[:_LONGEST] for t in _of_name(components, parts)}:
        other = by_text.get(text)
        if other is None:
            by_text[text] = Needle(kind, frozenset({number}), _short(text))
        elif other.people:
            by_text[text] = Needle(other.kind, other.people | {number}, other.alone)


def _short(text: str) -> bool:
    return len(text) < (3 if text.isascii() else 2)


def _of_name(components: list[str], parts: frozenset[str]) -> Iterator[str]:
    """Words, components run together, names run together in all orders, and words with the initials of others."""
    for way in dict.fromkeys(zip(*(_in_all_ways(component) for component in components), strict=True)):
        tellers = [[w for w in component if w in parts or contracted(w) != w] for component in way]
        for component, telling in zip(way, tellers, strict=True):
            if telling:
                yield from ("".join(component), "".join(telling), *telling)
        joined = ["".join(component) for component, telling in zip(way, tellers, strict=True) if telling]
        flat = [word for telling in tellers for word in telling]
        for names in (joined[:4], flat[:6]):
            for count in (2, 3):
                yield from ("".join(order) for order in permutations(names, count) if len("".join(order)) > 3)
        yield from _with_initials(flat[:6])


def _in_all_ways(component: str) -> list[tuple[str, ...]]:
    """The words of a component: as written, and in each other spelling, always as many ways."""
    ways = [tuple(words(spelled)) for spelled in sorted(spellings(component), key=lambda s: (s != component, s))]
    ways += [tuple(contracted(word) for word in way) for way in ways]
    return (ways * _WAYS)[:_WAYS]


def _with_initials(names: list[str]) -> Iterator[str]:
    """``jsmith``, ``smithj``, ``jdsmith``."""
    for name in (n for n in names if len(n) >= 3 and n.isascii()):
        others = [n[0] for n in names if n != name]
        for initials in {*others, "".join(others)} - {""}:
            yield from (text for text in (initials + name, name + initials) if text not in CLINICAL)


def _of_id(value: str) -> Iterator[str]:
    """An ID without its separators, without leading zeros, and its long number; none too short to say anything."""
    for spelled in spellings(value):
        text = squeezed(spelled)
        if text in PLACEHOLDERS or len(set(text)) < 2:
            continue
        numbers = [number.lstrip("0") for number in re.findall(r"[0-9]+", text)]
        for each in {text, text.lstrip("0"), *(number for number in numbers if len(number) >= 5)}:
            if len(each) >= (4 if each.isdecimal() else 3):
                yield each[:_LONGEST]


def _of_place(value: str) -> Iterator[tuple[str, str]]:
    """(text, kind): the whole, its lines, the words that only it has, its telephone numbers."""
    lines = {value, *re.split(r"[\r\n,;^=]+", value)}
    for spelled in {s for line in lines for s in spellings(line)}:
        parts = words(spelled)
        figures = "".join(re.findall(r"[0-9]+", fold(spelled)))
        if len(figures) >= 6 and not any(c.isalpha() for c in spelled):
            yield from ((text, "phone") for text in {figures, figures.lstrip("0"), figures[2:]})
        if not set(parts) - GENERIC_PLACE - CLINICAL - PARTICLES or all(p.isdecimal() for p in parts):
            continue
        if 3 <= len("".join(parts)) <= _LONGEST:
            yield "".join(parts), "place"
        yield from ((word, "place") for word in parts if _names_a_place(word))


def _names_a_place(word: str) -> bool:
    known = word in GENERIC_PLACE or word in CLINICAL or word in PARTICLES
    return not known and not any(c.isdecimal() for c in word) and len(word) >= (4 if word.isascii() else 2)


def _embedded(texts: Iterable[str]) -> dict[str, list[str]]:
    """A dictionary, for an expression of so many alternatives takes longer to compile than the texts to be read."""
    long = (t for t in texts if t.isalpha() and t not in CLINICAL and len(t) >= (_UNMISTAKABLE if t.isascii() else 2))
    embedded: dict[str, list[str]] = {}
    for text in sorted(long, key=len, reverse=True):
        embedded.setdefault(text[:2], []).append(text)
    return embedded
