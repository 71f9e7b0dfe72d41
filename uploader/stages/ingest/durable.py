"""Writing so that it is there after a power cut: bytes, fsync, rename, fsync of the folder."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from uploader.domain.errors import DiskFull
from uploader.domain.manifest import CHUNK, Entry


def copy(data: BinaryIO, target: Path, name: str) -> Entry:
    """Write the stream's bytes to the new file `target`, and return them measured as `name`."""
    sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    with target.open("xb") as out:
        while chunk := data.read(CHUNK):
            sha256.update(chunk)
            md5.update(chunk)
            size += len(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    return Entry(name, size, sha256.hexdigest(), md5.hexdigest())


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """`path` holds either what it held before or all of `content`."""
    part = path.with_name(f"{path.name}.part")
    with part.open("w") as out:
        json.dump(content, out, sort_keys=True)
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)
    flush_folder(path.parent)


def read_json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def make_folder(path: Path) -> Path:
    """A new folder that only this program's account can enter."""
    path.mkdir(mode=0o700, parents=True)
    return path


def flush_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_tree(root: Path) -> None:
    """Every folder from the leaves up to the one that holds `root`."""
    for folder, _, _ in os.walk(root, topdown=False):
        flush_folder(Path(folder))
    flush_folder(root.parent)


@contextmanager
def all_or_nothing(folder: Path) -> Iterator[None]:
    """Make `folder`, and remove it again if what is done in it fails. Raises DiskFull when no room is left.

    While it is being filled it is locked, so that another process that starts up does not take it for a ruin.
    """
    make_folder(folder)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    with ExitStack() as after, ExitStack() as undo:
        after.callback(os.close, descriptor)
        undo.callback(shutil.rmtree, folder, ignore_errors=True)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise DiskFull("no room to keep what has arrived; it stays where it is until there is") from None
            raise
        undo.pop_all()


def hold(path: Path) -> int:
    """A descriptor that holds the lock of the file `path` until it is closed, or this process is gone.

    Raises BlockingIOError when somebody else has it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with ExitStack() as undo:
        undo.callback(os.close, descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        undo.pop_all()
    return descriptor


def in_use(folder: Path) -> bool:
    """Whether a living process is filling `folder`."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def remove_tree(folder: Path) -> None:
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)
