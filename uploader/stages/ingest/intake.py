"""The edge of ingest: looks at the source, keeps what is complete, and lets the source go once it is registered.

Order of every taking: copy -> note in the journal -> complete in the spool -> registered by the caller ->
source deleted. A crash between any two of these neither loses nor doubles a file.
"""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from uploader.domain.arrival import Arrival, Look, Origin, Piece, Quarantined
from uploader.domain.errors import DiskFull, Misconfigured, SourceBusy, UnreadableFile
from uploader.domain.manifest import Manifest
from uploader.domain.submission import new_id
from uploader.ports import Source
from uploader.stages.ingest import durable, spool
from uploader.stages.ingest.group import Asked, Group, decide
from uploader.stages.ingest.journal import Journal, Note
from uploader.stages.ingest.quarantine import DAMAGED, Quarantine
from uploader.stages.ingest.reader import BREAKS_OFF, Reader, Reading

MEMORY_SECONDS = 7 * 86400
"""How long a source that vanished by itself is remembered: a network share may come back with it."""


class Intake:
    """Takes complete sessions from one source into the spool.

    Making one touches nothing. The first call that takes or clears anything makes the spool its own, until it is
    closed or gone: two intakes would take each other's work for ruins.

    known: whether all these SOP Instance UIDs have been received before
    """

    def __init__(self, source: Source, spool: Path, quarantine: Path, known: Callable[[frozenset[str]], bool]) -> None:
        self._source = source
        self._spool = spool
        self._known = known
        self._journal = Journal(spool / ".journal")
        self._quarantine = Quarantine(quarantine)
        self._reader = Reader(source)
        self._look = Look((), (), (), ())
        self._aside: set[Piece] = set()
        self._done: set[Piece] = set()
        self._registered: set[str] = set()
        self._deleted: set[Origin] = set()
        self._waiting: list[str] = []
        self._scratch = spool / ".unpacked"
        self._let_go: Callable[[], object] | None = None

    def recover(self) -> None:
        """Make the spool ours, and put right what a crash left; once. Raises Misconfigured when another has it."""
        if self._let_go:
            return
        self._spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            lock = durable.hold(self._spool / ".lock")
        except BlockingIOError:
            raise Misconfigured("another intake takes sessions into this spool; one spool has one worker") from None
        self._let_go = weakref.finalize(self, os.close, lock)
        self._journal.open()
        self._quarantine.recover()
        self._clear_ruins()

    def close(self) -> None:
        """The spool is free for another intake."""
        if self._let_go:
            self._let_go()
            self._let_go = None

    def poll(self) -> Sequence[Arrival]:
        """Look once, and return what has not been registered yet, durable in the spool.

        No file stops another: whatever is wrong with one is told by `waiting` or `quarantined`.
        """
        self.recover()
        self._look = self._source.look(self._scratch)
        self._waiting = list(self._look.notes)
        self._forget()
        for rejection in self._look.rejections:
            self._set_aside(rejection.code, rejection.says, (Piece(rejection.origin),), rejection.has_bytes)
        reading = self._reader.read(self._look.offers, self._journal.claimed | self._aside)
        for piece, refusal in reading.refused.items():
            self._set_aside(refusal.reason, str(refusal), (piece,))
        self._take_complete(reading)
        self._sweep()
        return self._unregistered()

    def registered(self, arrival: Arrival) -> None:
        """The records know the arrival now: its sources may go, as far as they are still what was copied."""
        self.recover()
        if arrival.submission in self._journal:
            self._registered.add(arrival.submission)
        self._sweep()

    def leftover(self) -> Sequence[Arrival]:
        """Complete arrivals in the spool, registered or not: at the start, those that a crash may have left.

        A damaged one goes to quarantine with its files, and stops no other.
        """
        self.recover()
        return list(self._sound(spool.complete(self._spool)))

    def waiting(self) -> Sequence[str]:
        """What the last look found that cannot be taken yet, in sentences free of identity."""
        return tuple(dict.fromkeys(self._waiting))

    def quarantined(self) -> Sequence[Quarantined]:
        """Everything in quarantine, oldest first."""
        return self._quarantine.listed()

    def _unregistered(self) -> list[Arrival]:
        """Taken, and not known to be in the records: the caller may have been interrupted."""
        names = [n.submission for n in self._journal if n.complete and n.submission not in self._registered]
        return list(self._sound(self._spool / name for name in names if spool.is_complete(self._spool / name)))

    def _sound(self, folders: Iterable[Path]) -> Iterator[Arrival]:
        """The arrivals in these folders of the spool, but for damaged ones."""
        for folder in folders:
            arrival = None
            with self._contained(1):
                arrival = self._read_back(folder)
            if arrival:
                yield arrival

    def _read_back(self, folder: Path) -> Arrival | None:
        try:
            return spool.arrival_in(folder)
        except UnreadableFile:
            # Its note first: what is left of the source then arrives anew, instead of being deleted.
            self._journal.drop(folder.name)
            says = "a session in the spool has a damaged manifest; its files were set aside as they are"
            self._quarantine.take_over(folder, DAMAGED, says)
            return None

    def _take_complete(self, reading: Reading) -> None:
        arriving = [*self._look.arriving, *reading.arriving]
        if arriving:
            self._waiting.append(f"{len(arriving)} file(s) are still arriving.")
        if reading.closed:
            self._waiting.append(f"{reading.closed} file(s) may not be read by the uploader.")
        plan = decide(reading.found, self._asked(arriving))
        self._waiting += plan.waiting
        for conflict in plan.conflicts:
            self._set_aside(conflict.code, conflict.says, conflict.pieces)
        for group in plan.ready:
            with self._contained(len(group.files)):
                self._take(group)

    def _asked(self, arriving: Sequence[Origin]) -> Asked:
        """What is busy. A folder is dropped as a whole, so all of it waits for its last file; of files that lie
        loose, where a sender may never pause, only the study waits that the arriving file belongs to."""
        studies = {self._reader.study_of(origin) for origin in arriving if not origin.drop}
        busy = {origin.drop for origin in arriving if origin.drop}
        return Asked(self._reader.same_bytes, busy | ({""} if "" in studies else set()), studies, self._known)

    def _take(self, group: Group) -> None:
        """Keep the session, unless it turns out to be one that was taken before under other names."""
        submission = self._fresh_id()
        with ExitStack() as undo:
            undo.callback(self._take_back, submission)
            arrival = spool.keep(
                group, self._source, self._spool / submission, lambda manifest: self._note(submission, group, manifest)
            )
            if arrival:
                self._journal.complete(submission)
            undo.pop_all()

    def _take_back(self, submission: str) -> None:
        """In this order: what lies there counts for nothing before it is forgotten."""
        spool.invalidate(self._spool / submission)
        self._journal.drop(submission)
        durable.remove_tree(self._spool / submission)

    def _fresh_id(self) -> str:
        submission = new_id()
        while submission in self._journal or (self._spool / submission).exists():
            submission = new_id()
        return submission

    def _note(self, submission: str, group: Group, manifest: Manifest) -> bool:
        """Note whose files these are; False when they are all another submission's already."""
        earlier = self._journal.with_content(manifest.digest)
        if earlier:
            self._journal.extend(earlier, group.pieces)
            return False
        self._journal.write(Note(submission, manifest.digest, frozenset(group.pieces)))
        return True

    def _set_aside(self, code: str, says: str, pieces: tuple[Piece, ...], has_bytes: bool = True) -> None:
        if self._aside.issuperset(pieces):
            return
        with self._contained(len(pieces)):
            self._quarantine.keep(code, says, pieces, self._source, has_bytes=has_bytes)
            self._aside.update(pieces)
            # What breaks off may be completed where it lies; then it is another origin, and is read again.
            self._done.update(p for p in pieces if has_bytes and (code != BREAKS_OFF or p.number))

    def _sweep(self) -> None:
        """Delete the sources whose every piece is registered or in quarantine."""
        notes = [note for note in self._journal if note.submission in self._registered]
        settled = self._done.union(*(note.pieces for note in notes))
        free = {piece.origin for piece in settled if not piece.number}
        free |= {offer.origin for offer in self._look.offers if settled.issuperset(offer.pieces)}
        with self._contained(len(free)):
            self._deleted |= {origin for origin in free if self._source.remove(origin)}
            for note in filter(self._is_spent, notes):
                self._journal.drop(note.submission)
                self._registered.discard(note.submission)
                self._deleted -= note.origins
        if stuck := sum(self._source.unchanged(origin) for origin in free):
            self._waiting.append(f"{stuck} file(s) were taken, but the uploader may not delete them.")

    def _is_spent(self, note: Note) -> bool:
        """Whether no source of the note is left. One that we did not delete may come back with its share."""
        vanished = note.origins - self._deleted
        return not vanished or (
            time.time() - note.at > MEMORY_SECONDS and not any(self._source.unchanged(origin) for origin in vanished)
        )

    def _forget(self) -> None:
        """Nothing needs to be remembered of what is no longer there."""
        there = {piece for offer in self._look.offers for piece in offer.pieces}
        there |= {Piece(rejection.origin) for rejection in self._look.rejections}
        self._aside &= there
        self._done &= there
        self._deleted &= {origin for note in self._journal for origin in note.origins}

    def _clear_ruins(self) -> None:
        """Put right what a crash left: an unfinished copy is removed, its note before it."""
        for note in self._journal:
            folder = self._spool / note.submission
            if spool.is_complete(folder):
                self._journal.complete(note.submission)
            elif note.complete and not folder.exists():
                self._registered.add(note.submission)  # the line has it already
            else:
                self._journal.drop(note.submission)
        spool.remove_incomplete(self._spool)
        for ruin in self._spool.glob(".unpack*"):
            if not durable.in_use(ruin):
                durable.remove_tree(ruin)
        durable.make_folder(self._scratch)

    @contextmanager
    def _contained(self, files: int) -> Iterator[None]:
        """Whatever the world does to these files concerns no other file."""
        try:
            yield
        except DiskFull:
            self._waiting.append(f"{files} file(s) wait: there is no room on the disk to keep them.")
        except SourceBusy:
            self._waiting.append(f"{files} file(s) changed while they were read, and are looked at again.")
        except OSError:
            self._waiting.append(f"{files} file(s) cannot be read or copied just now; the uploader tries again.")
