"""The folder that is written: one command at a time, of one trial and one home, a session whole or not at all."""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from uploader.domain.errors import LabelTaken, Refused
from uploader.domain.manifest import Manifest, measure
from uploader.engine.plan import Job

STAGING = ".anonymising"
"""Folder of OUT that holds what is not verified yet; gone when the command ends."""


@dataclass(frozen=True, slots=True)
class Out:
    """OUT, locked for this command."""

    root: Path

    @property
    def staging(self) -> Path:
        return self.root / STAGING

    def check(self, subjects: Collection[str]) -> None:
        """Raises Refused when OUT holds anything but `subjects`, those of the trial that this home knows."""
        strangers = [p for p in self.root.iterdir() if p != self.staging and not (p.is_dir() and p.name in subjects)]
        if strangers:
            raise Refused(
                f"OUT holds {len(strangers)} thing(s) that are no subjects of this trial known to this home; "
                "give a folder that is empty, or one that was written from this home for this trial"
            )

    def publish(self, staged: Path, left_out: Sequence[Path], job: Job, made: Manifest) -> str:
        """Move the session `staged`, which is on the disk, to its place. Returns ``new``, ``same`` or ``replaced``.

        left_out: files in it that are held, and go first
        made: the others

        Raises LabelTaken when something lies there that this home did not write, and when the session is there already
        as one of another time point: it is left as it is.
        """
        target = self.root / job.pseudonym.subject / job.label
        if any((target.parent / label).exists() for label in job.otherwise):
            raise LabelTaken("OUT holds this session as one of another time point; remove that one if it is wrong")
        if target.exists():
            there = _digest(target)
            if there == made.digest:
                return "same"
            if there != job.known:
                raise LabelTaken("OUT holds other files under this session's name, which were not written from here")
        if left_out:
            for path in left_out:
                path.unlink()
            flush_tree(staged)  # else a crash of the machine might bring them back
        _prune(staged)
        replaced = target.exists()
        if replaced:
            target.rename(self.staging / f"{job.label}.old")
        target.parent.mkdir(exist_ok=True)
        staged.rename(target)
        for folder in (target.parent, self.root):
            _flush(folder)
        return "replaced" if replaced else "new"


@contextmanager
def opened(root: Path) -> Iterator[Out]:
    """OUT, locked, with an empty staging folder that goes when the block ends.

    Raises Refused when it is no folder, or another command is writing into it.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"OUT cannot be made: {error.strerror}") from None
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(descriptor)
        out = Out(root)
        shutil.rmtree(out.staging, ignore_errors=True)
        out.staging.mkdir(mode=0o700)
        try:
            yield out
        finally:
            shutil.rmtree(out.staging, ignore_errors=True)
    finally:
        os.close(descriptor)


def flush_tree(folder: Path) -> None:
    """Every file and folder to the disk, as they are now.

    One call for the whole file system, where there is one: it takes a tenth of the time of one for each file.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        done = _syncfs is not None and _syncfs(descriptor) == 0
    finally:
        os.close(descriptor)
    if not done:
        for path, _, files in os.walk(folder):
            for name in files:
                _flush(Path(path, name))
            _flush(Path(path))


_syncfs = getattr(ctypes.CDLL(None), "syncfs", None)
"""Linux only."""


def _prune(folder: Path) -> None:
    """Remove the folders that hold nothing."""
    for path, _, _ in os.walk(folder, topdown=False):
        with suppress(OSError):
            Path(path).rmdir()


def _lock(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Refused("another command is writing into OUT; wait for it, or give another folder") from None


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digest(folder: Path) -> str:
    """Digest of the session that lies there. A link, or what else is no file, makes it unlike any of ours."""
    entries = set()
    for path in folder.rglob("*"):
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            return "not ours"
        if path.is_file():
            with path.open("rb") as data:
                entries.add(measure(path.relative_to(folder).as_posix(), data))
    return Manifest(frozenset(entries)).digest
