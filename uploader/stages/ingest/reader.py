"""Reads what a source offers, each file once."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from uploader.domain.arrival import Offer, Origin, Piece
from uploader.domain.errors import NotTaken, SourceBusy, UnreadableFile
from uploader.domain.manifest import measure
from uploader.ports import Source
from uploader.stages.ingest.facts import Instance, instance, study

BREAKS_OFF = "quarantine.truncated"
"""The one reason that may go away by itself: the rest of the file is still on its way."""


@dataclass(slots=True)
class Reading:
    """What was read. arriving: origins that have no end yet; closed: how many may not be read."""

    found: dict[Piece, Instance] = field(default_factory=dict)
    refused: dict[Piece, NotTaken] = field(default_factory=dict)
    arriving: list[Origin] = field(default_factory=list)
    closed: int = 0


class Reader:
    """Remembers what it has read for as long as it is offered."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._known: Mapping[Piece, Instance | NotTaken] = {}

    def read(self, offers: Iterable[Offer], skip: Container[Piece]) -> Reading:
        reading = Reading()
        kept: dict[Piece, Instance | NotTaken] = {}
        for offer, piece in _pieces(offers, skip):
            try:
                fact = self._known.get(piece) or self._read(piece)
            except SourceBusy:
                reading.arriving.append(piece.origin)
                continue
            except OSError:
                reading.closed += 1
                continue
            kept[piece] = fact
            _sort(fact, piece, offer, reading)
        self._known = kept
        return reading

    def same_bytes(self, one: Piece, other: Piece) -> bool:
        """Raises SourceBusy."""
        try:
            return self._digest(one) == self._digest(other)
        except OSError:
            raise SourceBusy("a file cannot be read just now") from None

    def study_of(self, origin: Origin) -> str:
        """Study Instance UID of a file that is still arriving, if its header is there already; else empty."""
        try:
            with self._source.open(Piece(origin)) as stream:
                return study(stream)
        except (SourceBusy, UnreadableFile, OSError):
            return ""

    def _read(self, piece: Piece) -> Instance | NotTaken:
        with self._source.open(piece) as stream:
            try:
                return instance(stream)
            except NotTaken as refusal:
                # It is remembered, and what led to it would keep the whole file in memory.
                refusal.__context__ = None
                return refusal.with_traceback(None)

    def _digest(self, piece: Piece) -> str:
        with self._source.open(piece) as data:
            return measure("", data).sha256


def _sort(fact: Instance | NotTaken, piece: Piece, offer: Offer, into: Reading) -> None:
    if isinstance(fact, Instance):
        into.found[piece] = fact
    elif fact.reason == BREAKS_OFF and not offer.members and not offer.stale:
        into.arriving.append(piece.origin)
    else:
        into.refused[piece] = fact


def _pieces(offers: Iterable[Offer], skip: Container[Piece]) -> Iterator[tuple[Offer, Piece]]:
    return ((offer, piece) for offer in offers for piece in offer.pieces if piece not in skip)
