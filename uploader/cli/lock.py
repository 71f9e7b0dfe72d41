"""Who does what in a home: locks that the kernel frees when their holder is gone, however it went."""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import click

from uploader.domain.errors import Misconfigured
from uploader.gateway import Built
from uploader.home import Home


class Duty:
    """Something that one process of a home does at a time, such as watching the folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def mine(self) -> bool:
        """Whether it is this process's now; it is then for as long as the process lives, or until `leave`."""
        if self._descriptor is None:
            descriptor = _opened(self._path)
            if _taken(descriptor):
                self._descriptor = descriptor
            else:
                os.close(descriptor)
        return self._descriptor is not None

    def leave(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def name(self) -> str:
        """A name for whoever has this duty in this home on this machine; the same after a restart."""
        assert self._descriptor is not None
        token = os.pread(self._descriptor, 16, 0).decode()
        if not token:
            token = secrets.token_hex(4)
            os.pwrite(self._descriptor, token.encode(), 0)
        return f"{socket.gethostname()}-{token}"


@contextmanager
def a_worker(built: Built) -> Iterator[str]:
    """Be a worker of this home; gives the name that no other living worker has.

    Raises Misconfigured when another process is, and the records are not on a server that several can share.
    """
    for number in count(1):
        place = Duty(_place(built.home, number))
        if place.mine():
            break
        if not built.records.database.shared:
            raise Misconfigured(
                "a worker of this home is running already; one home has one worker, unless database_url names a server"
            )
    try:
        yield place.name()
    finally:
        place.leave()


def _place(home: Home, number: int) -> Path:
    return home.worker_lock if number == 1 else home.worker_lock.with_stem(f"{home.worker_lock.stem}-{number}")


def watching_of(home: Home) -> Path:
    """Lock of the worker that watches the folder."""
    return home.worker_lock.with_stem("watcher")


@contextmanager
def try_worker(built: Built) -> Iterator[bool]:
    """Whether this process may carry submissions by itself: no worker does. Where workers elsewhere may share the
    records, it never may."""
    place = Duty(built.home.worker_lock)
    try:
        yield not built.records.database.shared and place.mine()
    finally:
        place.leave()


@contextmanager
def one_at_a_time(home: Home) -> Iterator[None]:
    """One-shot commands of a home wait for each other: each may start and stop its archives."""
    descriptor = _opened(home.commands_lock)
    try:
        if not _taken(descriptor):
            click.echo("another command works on this home; waiting for it", err=True)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _opened(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
