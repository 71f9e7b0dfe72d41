"""One worker a home: a lock that the kernel frees when its holder is gone, however it went."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from uploader.domain.errors import Misconfigured
from uploader.home import Home


@contextmanager
def the_only_worker(home: Home) -> Iterator[None]:
    """Hold the lock of this home's worker; raises Misconfigured when another process has it."""
    with try_worker(home) as held:
        if not held:
            raise Misconfigured("a worker of this home is running already; one home has one worker")
        yield


@contextmanager
def try_worker(home: Home) -> Iterator[bool]:
    """Whether this process is now the one that carries this home's submissions. The kernel frees the lock."""
    home.worker_lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(home.worker_lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


@contextmanager
def one_at_a_time(home: Home) -> Iterator[None]:
    """One-shot commands of a home wait for each other: each may start and stop its archives."""
    home.commands_lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(home.commands_lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            click.echo("another command works on this home; waiting for it", err=True)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
