"""What a folder tree holds: the sessions in it, and the files that are in none."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from sys import intern
from typing import BinaryIO

from uploader.domain.arrival import Origin, Piece, Stamp
from uploader.domain.errors import NotTaken, SourceBusy
from uploader.domain.identity import PrivateIdentity
from uploader.domain.manifest import CHUNK
from uploader.domain.private import Private
from uploader.sources.tree import Parts, open_file, stamp, walk
from uploader.stages.ingest.facts import Instance
from uploader.stages.ingest.glance import instance
from uploader.stages.ingest.group import Asked, Group, decide

Progress = Callable[[str, int, int], None]
"""`progress(stage, done, total)`, in files."""


@dataclass(frozen=True, slots=True)
class Aside:
    """A file that is in no session.

    number: its place among all files of the tree in the order of their names, from 1; the name may be a patient
    code, says: as in docs/findings.md
    """

    number: int
    code: str
    says: str


@dataclass(frozen=True, slots=True)
class Found:
    """paths: all files below the root, in the order of their names; they may name a patient
    doubles: how many files hold the same bytes as another
    """

    paths: Private[tuple[Parts, ...]]
    groups: tuple[Group, ...]
    aside: tuple[Aside, ...]
    doubles: int

    @property
    def files(self) -> int:
        return len(self.paths.reveal())


def look(root: Path, progress: Progress) -> Found:
    """Every session below `root`; each file's header is read once. Raises OSError for the root alone."""
    paths = sorted((parts, stat.S_ISREG(status.st_mode)) for parts, status in walk(root))
    found: dict[Piece, Instance] = {}
    aside: list[Aside] = []
    pool = _Pool()
    for number, (parts, regular) in enumerate(paths, 1):
        try:
            fact, stamped = _read(root, parts, regular)
        except NotTaken as refusal:
            aside.append(Aside(number, refusal.reason, str(refusal)))
        else:
            found[Piece(Origin(Private(parts), stamped))] = pool.shared(fact)
        progress("look", number, len(paths))
    plan = decide(found, Asked(lambda one, other: _same_bytes(root, one, other)))
    numbers = {parts: number for number, (parts, _) in enumerate(paths, 1)} if plan.conflicts else {}
    for conflict in plan.conflicts:
        aside += [Aside(numbers[parts_of(p)], conflict.code, conflict.says) for p in conflict.pieces]
    aside.sort(key=lambda each: each.number)
    doubles = sum(len(group.doubles) for group in plan.ready)
    return Found(Private(tuple(parts for parts, _ in paths)), tuple(plan.ready), tuple(aside), doubles)


def parts_of(piece: Piece) -> Parts:
    """Where the file lies below the root."""
    return piece.origin.path.reveal()


def _read(root: Path, parts: Parts, regular: bool) -> tuple[Instance, Stamp]:
    """What the file is, and its stamp before it was read. Raises NotTaken."""
    if not regular:
        raise NotTaken("quarantine.not-regular", "a link, a device, or a folder that cannot be read; it was not opened")
    try:
        with open_file(root, parts) as stream:
            before = stamp(os.fstat(stream.fileno()))
            return instance(stream), before
    except OSError:
        raise NotTaken("quarantine.not-regular", "a file cannot be opened, or not be read to its end") from None


class _Pool:
    """Keeps equal parts of many facts once: a tree of a hundred thousand files has few patients and series."""

    def __init__(self) -> None:
        self._identities: dict[PrivateIdentity, PrivateIdentity] = {}
        self._sets: dict[frozenset[str], frozenset[str]] = {}

    def shared(self, fact: Instance) -> Instance:
        return Instance(
            uid=fact.uid,
            study=intern(fact.study),
            series=intern(fact.series),
            series_number=intern(fact.series_number),
            number=intern(fact.number),
            modality=intern(fact.modality),
            identity=self._identities.setdefault(fact.identity, fact.identity),
            rt=fact.rt,
            images=self._sets.setdefault(fact.images, fact.images),
            parts=self._sets.setdefault(fact.parts, fact.parts),
            frames=self._sets.setdefault(fact.frames, fact.frames),
        )


def _same_bytes(root: Path, one: Piece, other: Piece) -> bool:
    """Raises SourceBusy."""
    try:
        with open_file(root, parts_of(one)) as left, open_file(root, parts_of(other)) as right:
            return all(a == b for a, b in _chunks(left, right))
    except OSError:
        raise SourceBusy("a file cannot be read just now") from None


def _chunks(left: BinaryIO, right: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    while True:
        pair = left.read(CHUNK), right.read(CHUNK)
        yield pair
        if not any(pair):
            return
