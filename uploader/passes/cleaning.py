"""Free text that is kept: it still says what was done, and no longer to whom, by whom, where and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from uploader.passes.known import Known, sharpen
from uploader.passes.named import named
from uploader.passes.patterns import Found, in_nets, in_numbers, labelled, titled, uids_in
from uploader.passes.textdates import dates_in
from uploader.passes.tidy import Draft, without
from uploader.passes.uids import registered

__all__ = ["Change", "Cleaner", "Known"]

_SURE_ID = 6
"""Signs below which an ID gives way to a date: 2021 may be both."""
_REMEMBERED, _LONGEST = 20_000, 1 << 10
"""Texts, after which all are forgotten and remembered anew; and signs of the longest of them."""
_ROUNDS = 40
"""Times a text is looked at; one that still names somebody then was made to, and nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that was found in a text; never the value itself.

    kind: ``patient-name``, ``id``, ``date``, ``number``, ``staff``, ``place``, ``phone``, ``email``, ``path``,
        ``uid``; ``text`` for the whole of one that could not be cleaned; or ``kept-word``, a clinical word that is
        also a name, and stayed
    position, length: in signs of the original text
    """

    kind: str
    position: int
    length: int


@dataclass(frozen=True, slots=True)
class _Claim:
    """A span of a text that goes, or has another text instead; of no kind when it only must not be touched."""

    kind: str
    start: int
    end: int
    instead: str | None = None


class Cleaner:
    """Cleans the texts of one session. A function of the text and of what was known: no text changes another.

    known: what the session's headers say
    days: by how many days dates in texts move back; None removes them
    uid: what a UID inside a text becomes; without it UIDs are removed. Must be picklable for a cleaner that travels

    A cleaned text stays as it is when it is cleaned again, but for dates and UIDs, which would move again.
    """

    def __init__(self, known: Known, days: int | None, uid: Callable[[str], str] | None = None) -> None:
        self._known, self._days, self._uid = known, days, uid
        self._needles = sharpen(known)
        self._memory: dict[str, tuple[str, tuple[Change, ...]]] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return Cleaner, (self._known, self._days, self._uid)

    def clean(self, text: str) -> str:
        """The text without what identifies, empty when nothing is left; a text without any is returned as it is."""
        return self._cleaned(text)[0]

    def changes(self, text: str) -> tuple[Change, ...]:
        """What `clean` finds in the text, in the order of the text."""
        return self._cleaned(text)[1]

    def _cleaned(self, text: str) -> tuple[str, tuple[Change, ...]]:
        if len(text) > _LONGEST:
            return self._work(text)
        known = self._memory.get(text)
        if known is None:
            if len(self._memory) >= _REMEMBERED:
                self._memory.clear()
            known = self._memory[text] = self._work(text)
        return known

    def _work(self, text: str) -> tuple[str, tuple[Change, ...]]:
        """Find and take out until nothing is found: what a removal brings together may name somebody again."""
        draft = Draft.of(text)
        changes: list[Change] = []
        removed = False
        for _ in range(_ROUNDS):
            claims, kept = self._claims(draft.text)
            changes += _changes(claims or kept, draft)
            if not claims:
                break
            removed = removed or any(claim.instead is None for claim in claims)
            draft = without(
                draft,
                [(claim.start, claim.end) for claim in claims if claim.instead is None],
                {(claim.start, claim.end): claim.instead for claim in claims if claim.instead is not None},
            )
        else:
            return "", (Change("text", 0, len(text)),)
        result = draft.written()
        return result.strip(" ") if removed else result, tuple(sorted(set(changes), key=lambda c: (c.position, c.kind)))

    def _claims(self, text: str) -> tuple[list[_Claim], list[_Claim]]:
        """What has to go or be replaced, the surest first where two overlap; and the words that stay."""
        found, stay = named(text, self._needles)
        sure = [f for f in found if f[0] == "id" and f[2] - f[1] >= _SURE_ID]
        claims: list[_Claim] = []
        taken = bytearray(len(text))
        for source in (
            self._of_uids(text),
            _to_go(in_nets(text)),
            _to_go(sure),
            self._of_dates(text),
            _to_go(labelled(text)),
            _to_go(found),
            _to_go(titled(text)),
            _to_go(in_numbers(text)),
        ):
            for claim in source:
                if taken.find(1, claim.start, claim.end) < 0:
                    taken[claim.start : claim.end] = b"\1" * (claim.end - claim.start)
                    claims.append(claim)
        return claims, list(_to_go(stay))

    def _of_uids(self, text: str) -> Iterator[_Claim]:
        for start, end in uids_in(text):
            uid = text[start:end]
            if registered(uid):
                yield _Claim("", start, end, uid)
            else:
                yield _Claim("uid", start, end, self._uid(uid) if self._uid else None)

    def _of_dates(self, text: str) -> Iterator[_Claim]:
        for each in dates_in(text, self._known.dates):
            moved = "" if self._days is None else each.moved(self._days)
            # a month may be called like somebody: May, August, Jan
            yield _Claim("date", each.start, each.end, None if not moved or named(moved, self._needles)[0] else moved)


def _to_go(found: Iterable[Found]) -> Iterator[_Claim]:
    return (_Claim(*each) for each in found)


def _changes(claims: Iterable[_Claim], draft: Draft) -> Iterator[Change]:
    """The claims in terms of the original text."""
    for claim in claims:
        first, last = draft.places[claim.start], draft.places[claim.end - 1]
        if claim.kind:
            yield Change(claim.kind, first, last - first + 1)
