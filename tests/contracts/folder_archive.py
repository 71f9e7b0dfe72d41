"""A folder as an archive: the smallest thing that keeps the promise, and the measure of the suite itself."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from uploader.domain.errors import ArchiveRefused, DigestMismatch, LabelTaken, UnreadableFile
from uploader.domain.manifest import Entry, Held
from uploader.domain.session import Address, Session
from uploader.ports import Open


class FolderArchive:
    """Sessions below `root`/project/subject/session. `sent` names every file that was asked of a source."""

    def __init__(self, name: str, root: Path) -> None:
        self.name = name
        self.root = root
        self.sent: list[str] = []
        self.settled = 0

    def put(self, session: Session, entries: Sequence[Entry], open_entry: Open) -> None:
        label = session.address.session
        homes = set((self.root / session.address.project).glob(f"*/{label}"))
        if entries and homes - {self._home(session.address)}:
            raise LabelTaken(f"{self.name}: another subject has a session of this label")
        for entry in entries:
            self._put(self._home(session.address) / entry.name, entry, open_entry)

    def held(self, address: Address) -> Iterator[Held]:
        home = self._home(address)
        for path in sorted(p for p in home.rglob("*") if p.is_file()):
            data = path.read_bytes()
            md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
            yield Held(path.relative_to(home).as_posix(), len(data), md5)

    def settle(self, session: Session) -> None:
        self.settled += 1

    @contextmanager
    def open(self, address: Address, entry: Entry) -> Iterator[BinaryIO]:
        path = self._home(address) / entry.name
        if not path.is_file():
            raise ArchiveRefused(f"{self.name}: no such file")
        with path.open("rb") as data:
            yield data

    def remove(self, address: Address) -> None:
        shutil.rmtree(self._home(address), ignore_errors=True)

    def _home(self, address: Address) -> Path:
        return self.root / address.project / address.subject / address.session

    def _put(self, path: Path, entry: Entry, open_entry: Open) -> None:
        self.sent.append(entry.name)
        try:
            with open_entry(entry) as data:
                kept = data.read(entry.size + 1)
        except OSError:
            raise UnreadableFile(f"{entry.name} cannot be read") from None
        if hashlib.sha256(kept).hexdigest() != entry.sha256:
            raise DigestMismatch("the source", (entry.name,))
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(kept)
