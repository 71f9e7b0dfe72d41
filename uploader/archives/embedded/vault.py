"""The bytes: staged, made durable, put in their place, looked at again, thrown away.

Order of every write: file -> fsync -> rename -> fsync of the folder -> database commit -> answer.
A crash at any point leaves either no file, or a whole one that nobody was told of.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, Protocol

from uploader.domain.manifest import CHUNK


class Readable(Protocol):
    """Anything that gives bytes in chunks."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Staged:
    """A whole file on the disk that is not yet in its place.

    path: where it waits
    md5: lower-case hex of its bytes
    size: bytes
    """

    path: Path
    md5: str
    size: int


@dataclass(frozen=True, slots=True)
class Found:
    """One file as it lies on the disk now.

    path: inside its resource, POSIX
    size: bytes
    stamp: changes whenever the bytes may have: size, times and inode
    changed: modification time, seconds since 1970
    """

    path: str
    size: int
    stamp: str
    changed: float


class Vault:
    """The folder of an archive: ``archive/``, ``prearchive/``, and ``incoming/`` for what is under way."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._incoming = root / "incoming" / token_hex(8)
        self._incoming.mkdir(parents=True)
        self._alive = os.open(self._incoming, os.O_RDONLY)
        fcntl.flock(self._alive, fcntl.LOCK_EX)
        self.alone = self._sweep()
        """Whether no other process works on this archive now."""

    def close(self) -> None:
        """Give up the staging folder. The next archive that opens this root removes what is left in it."""
        if self._alive >= 0:
            os.close(self._alive)
            self._alive = -1
        shutil.rmtree(self._incoming, ignore_errors=True)

    def scratch(self) -> Path:
        """A new name in the staging folder, on the same file system as the archive."""
        return self._incoming / token_hex(8)

    def stage(self, source: Readable) -> Staged:
        """Copy `source` to its end into a staged file, in chunks, hashed on the way. `place` makes it durable.

        Whatever goes wrong, no staged file is left.
        """
        path = self.scratch()
        md5, size = hashlib.md5(usedforsecurity=False), 0
        with _whole(path), path.open("xb", buffering=0) as out:
            while chunk := source.read(CHUNK):
                md5.update(chunk)
                size += _write(out.fileno(), chunk)
        return Staged(path, md5.hexdigest(), size)

    def spool(self, source: Readable) -> Path:
        """Copy `source` into a scratch file that need not survive a crash: an archive to be unpacked."""
        path = self.scratch()
        with _whole(path), path.open("xb") as out:
            while chunk := source.read(CHUNK):
                out.write(chunk)
        return path

    def staged(self, path: Path) -> Staged:
        """A whole file at a scratch name as a staged one."""
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False))
        return Staged(path, digest.hexdigest(), path.stat().st_size)

    def second_name(self, path: Path) -> Path:
        """A staged hard link to a file that is already durable, so that it can be put elsewhere too."""
        link = self.scratch()
        os.link(path, link)
        return link

    def place(self, folder: str, staged: Iterable[tuple[str, Staged]]) -> list[Found]:
        """Put staged files at their paths below `folder`, replacing what is there.

        All are flushed to the disk before the first is renamed: by then most are there already, which is much
        faster than a flush after each. Each folder is flushed once.
        """
        staged = list(staged)
        for _, file in staged:
            _flush(file.path)
        base = self.root / folder
        fresh: set[Path] = set()
        targets: list[tuple[str, Path]] = []
        for name, file in staged:
            target = base / name
            fresh |= _make_folders(target.parent)
            file.path.replace(target)
            targets.append((name, target))
        for parent in fresh | {target.parent for _, target in targets}:
            sync_folder(parent)
        return [_found(name, target.stat()) for name, target in targets]

    def look(self, folder: str) -> Iterator[Found]:
        """Every file below `folder` as it is on the disk now, by name."""
        base = self.root / folder
        if base.is_dir():
            yield from _walk(base, "")

    def seen(self, path: Path) -> Found | None:
        """One file as it is on the disk now; None when it is not there."""
        try:
            return _found(path.name, path.stat())
        except FileNotFoundError:
            return None

    def digest(self, folder: str, path: str) -> str:
        """MD5 of the file's bytes as they are now, lower-case hex."""
        with (self.root / folder / path).open("rb") as stream:
            return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()

    def remove(self, folder: str, paths: Iterable[str]) -> None:
        """Remove files, and flush the folders they were in."""
        parents = set()
        for path in paths:
            target = self.root / folder / path
            target.unlink(missing_ok=True)
            parents.add(target.parent)
        for parent in parents:
            if parent.is_dir():
                sync_folder(parent)

    def bury(self, folder: str) -> Path | None:
        """Take a folder away in one rename; `forget` it after the commit. None when there was no such folder."""
        grave = self.scratch()
        try:
            (self.root / folder).rename(grave)
        except FileNotFoundError:
            return None
        sync_folder((self.root / folder).parent)
        return grave

    def forget(self, grave: Path | None) -> None:
        """Free the room of what was buried."""
        if grave is not None:
            shutil.rmtree(grave, ignore_errors=True)

    def move(self, source: str, target: str) -> None:
        """Rename a folder; nothing happens when there is none."""
        old, new = self.root / source, self.root / target
        if old.is_dir():
            for folder in _make_folders(new.parent):
                sync_folder(folder)
            old.rename(new)
            sync_folder(new.parent)
            sync_folder(old.parent)

    def _sweep(self) -> bool:
        """Remove the staging folders of archives that are no longer running; whether none is."""
        alone = True
        for folder in (self.root / "incoming").iterdir():
            if folder != self._incoming:
                fd = os.open(folder, os.O_RDONLY)
                try:
                    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder, ignore_errors=True)
                except BlockingIOError:
                    alone = False
                os.close(fd)
        return alone


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    _flush(folder)


def _flush(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def chunks(stream: BinaryIO) -> Iterator[bytes]:
    """The rest of an open file, in chunks; it is closed at the end, or when the reader goes away."""
    with stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def file_chunks(path: Path) -> Iterator[bytes]:
    """A file in chunks; it is opened when the first is asked for."""
    yield from chunks(path.open("rb"))


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    """Whatever goes wrong inside, no part of a file is left at `path`."""
    with ExitStack() as undo:
        undo.callback(path.unlink, missing_ok=True)
        yield
        undo.pop_all()


def _write(fd: int, data: bytes) -> int:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
    return len(data)


def _make_folders(folder: Path) -> set[Path]:
    """Make a folder and what is above it; returns the parents that got a new name and must be flushed."""
    changed: set[Path] = set()
    above = folder
    while not above.is_dir():
        above = above.parent
        changed.add(above)
    folder.mkdir(parents=True, exist_ok=True)
    return changed


def _walk(folder: Path, prefix: str) -> Iterator[Found]:
    with os.scandir(folder) as listing:
        for item in sorted(listing, key=lambda i: i.name):
            if item.is_dir(follow_symlinks=False):
                yield from _walk(Path(item.path), f"{prefix}{item.name}/")
            elif item.is_file(follow_symlinks=False):
                with suppress(FileNotFoundError):  # removed while we looked
                    yield _found(prefix + item.name, item.stat(follow_symlinks=False))


def _found(path: str, stat: os.stat_result) -> Found:
    stamp = f"{stat.st_size}.{stat.st_mtime_ns}.{stat.st_ctime_ns}.{stat.st_ino}"
    return Found(path, stat.st_size, stamp, stat.st_mtime)
