"""A folder that others write to, walked so that nobody can lead us out of it.

Every step is relative to an open folder and follows no link, because a folder may become a link between two
looks at it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from uploader.domain.arrival import Stamp

Parts = tuple[str, ...]
"""Names below the root, outermost first."""

DEEPEST = 64
"""Levels of folders; what lies deeper is not read."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK  # opening a FIFO must not wait for its writer


def walk(root: Path) -> Iterator[tuple[Parts, os.stat_result]]:
    """Everything below `root` that is not a folder we could read, in no order. Raises OSError for the root alone."""
    todo: list[tuple[Parts, os.stat_result | None]] = [((), None)]
    while todo:
        parts, status = todo.pop()
        try:
            inside = _listing(root, parts)
        except PermissionError:
            if status is None:
                raise
            yield parts, status
            continue
        except OSError:
            if status is None:
                raise
            continue  # gone, or no longer a folder: the next look will tell
        for name, found in inside:
            if stat.S_ISDIR(found.st_mode) and len(parts) < DEEPEST:
                todo.append(((*parts, name), found))
            else:
                yield (*parts, name), found


def stamp(status: os.stat_result) -> Stamp:
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def is_plain(status: os.stat_result) -> bool:
    """Whether it is a regular file with one name: a second one may lie outside of the folder."""
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1


def open_file(root: Path, parts: Parts) -> BinaryIO:
    """The file, opened without following a link. Raises OSError."""
    with _folder(root, parts[:-1]) as folder:
        return os.fdopen(os.open(parts[-1], _FILE, dir_fd=folder), "rb")


def status_of(root: Path, parts: Parts) -> os.stat_result:
    """Raises OSError."""
    with _folder(root, parts[:-1]) as folder:
        return os.stat(parts[-1], dir_fd=folder, follow_symlinks=False)


def remove(root: Path, parts: Parts, expected: Callable[[os.stat_result], bool]) -> bool:
    """Delete the file if it is as `expected`, and the folders above it that are empty then. Raises OSError."""
    with _folder(root, parts[:-1]) as folder:
        if not expected(os.stat(parts[-1], dir_fd=folder, follow_symlinks=False)):
            return False
        os.unlink(parts[-1], dir_fd=folder)
    with suppress(OSError):  # not empty: somebody is still using it
        for depth in range(len(parts) - 1, 0, -1):
            with _folder(root, parts[: depth - 1]) as folder:
                os.rmdir(parts[depth - 1], dir_fd=folder)
    return True


def _listing(root: Path, parts: Parts) -> list[tuple[str, os.stat_result]]:
    found = []
    with _folder(root, parts) as folder, os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                found.append((entry.name, entry.stat(follow_symlinks=False)))
    return found


@contextmanager
def _folder(root: Path, parts: Parts) -> Iterator[int]:
    """The open folder `parts` below `root`, reached step by step."""
    current = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts:
            inner = os.open(part, _FOLDER, dir_fd=current)
            os.close(current)
            current = inner
        yield current
    finally:
        os.close(current)
