"""This machine: what only we may read, room on the disk, the records and their audit."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence

from uploader.doctor.observation import Observation, note, well, wrong
from uploader.gateway import Built
from uploader.home import KEYS
from uploader.records import verify

LEAST_FREE = 20_000_000_000
"""Bytes: spool, work folder and archive hold a session three times, and sessions of 5 GB come."""
LEAST_SHARE = 0.05
"""Of the disk. Below that an archive may refuse, and databases stop."""


def secrets(built: Built, keys: Sequence[str] = KEYS) -> Iterator[Observation]:
    """Every key and password is there, and nobody else may read it."""
    folder = built.home.secrets
    open_to_others = [path.name for path in sorted(folder.iterdir()) if path.stat().st_mode & 0o077]
    if open_to_others:
        names = ", ".join(open_to_others)
        yield wrong("secrets", f"others may read {names} in {folder}", f"chmod 600 {folder}/*, and renew what was read")
    for name in keys:
        built.home.key(name)
    if not open_to_others:
        yield well("secrets", f"{len(keys)} key(s) and the passwords are readable by this account only")


def disk(built: Built) -> Iterator[Observation]:
    """Room where sessions are kept."""
    usage = shutil.disk_usage(built.home.root)
    says = f"{usage.free / 1e9:.0f} GB free of {usage.total / 1e9:.0f} GB at {built.home.root}"
    if usage.free < LEAST_FREE // 10 or usage.free < usage.total * LEAST_SHARE:
        yield wrong("disk", says, "make room, or move the home to a larger volume: no session is taken when it is full")
    elif usage.free < LEAST_FREE:
        yield note("disk", says, "three times the largest session should be free; make room before it is needed")
    else:
        yield well("disk", says)


def records(built: Built) -> Iterator[Observation]:
    """They answer, and nobody has changed the audit."""
    anchor = built.home.anchor if built.home.anchor.exists() else None
    report = verify(built.records.database, anchor=anchor)
    if report.broken_at is not None:
        says = f"the audit is broken at line {report.broken_at}: it was changed, or lines are missing"
        yield wrong("records", says, "stop the gateway, keep the database as it is, and restore the last good backup")
    elif anchor is None:
        yield note("records", f"{report.lines} audit lines, whole, but there is no anchor", "start the worker once")
    else:
        yield well("records", f"{report.lines} audit lines, whole, and as anchored")
