"""Which sources belong to which submission, until they are gone: what a crash must neither lose nor double.

An entry is written before its arrival is complete, and dropped when none of its sources is left. It holds
names of source files: like the spool, it may know who the patients are.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from uploader.domain.arrival import Origin, Piece, Stamp
from uploader.domain.private import Private
from uploader.stages.ingest import durable


@dataclass(frozen=True, slots=True)
class Note:
    """One submission and its sources.

    content: digest of the manifest, to recognise the same files under other names
    complete: the arrival is durable in the spool, or the line has taken it from there
    at: when it was taken, seconds since 1970
    """

    submission: str
    content: str
    pieces: frozenset[Piece]
    complete: bool = False
    at: float = field(default_factory=time.time)

    @property
    def origins(self) -> frozenset[Origin]:
        return frozenset(piece.origin for piece in self.pieces)


class Journal:
    """All notes that are still needed, in memory and, before that, on the disk. Empty until it is opened."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._notes: dict[str, Note] = {}

    def open(self) -> None:
        """Read what an earlier process noted. A damaged note is put aside: what it named is looked at as if it
        were new, so that it may arrive twice, but is not lost."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for ruin in self._folder.glob("*.part"):
            ruin.unlink()
        for path in sorted(self._folder.glob("*.json")):
            try:
                self._notes[path.stem] = _read(path)
            except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
                path.replace(path.with_suffix(".damaged"))

    def __iter__(self) -> Iterator[Note]:
        return iter(tuple(self._notes.values()))

    @property
    def claimed(self) -> frozenset[Piece]:
        """Pieces that have been taken already."""
        return frozenset(piece for note in self for piece in note.pieces)

    def with_content(self, content: str) -> Note | None:
        return next((note for note in self if note.content == content), None)

    def write(self, note: Note) -> None:
        durable.write_json(self._path(note.submission), _as_json(note))
        self._notes[note.submission] = note

    def extend(self, note: Note, pieces: Iterable[Piece]) -> None:
        """The same files were found again, under these names too."""
        self.write(replace(note, pieces=note.pieces | frozenset(pieces)))

    def complete(self, submission: str) -> None:
        note = self._notes[submission]
        if not note.complete:
            self.write(replace(note, complete=True))

    def __contains__(self, submission: object) -> bool:
        return submission in self._notes

    def drop(self, submission: str) -> None:
        if self._notes.pop(submission, None):
            self._path(submission).unlink(missing_ok=True)
            durable.flush_folder(self._folder)

    def _path(self, submission: str) -> Path:
        return self._folder / f"{submission}.json"


def _as_json(note: Note) -> dict[str, Any]:
    return {
        "submission": note.submission,
        "content": note.content,
        "complete": note.complete,
        "at": note.at,
        "pieces": [
            {"path": p.origin.path.reveal(), "stamp": asdict(p.origin.stamp), "number": p.number} for p in note.pieces
        ],
    }


def _read(path: Path) -> Note:
    kept = durable.read_json(path)
    pieces = frozenset(
        Piece(Origin(Private(tuple(p["path"])), Stamp(**p["stamp"])), p["number"]) for p in kept["pieces"]
    )
    return Note(kept["submission"], kept["content"], pieces, kept["complete"], kept["at"])
