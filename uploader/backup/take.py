"""Take a copy, while the gateway runs or not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from uploader.backup import sums
from uploader.backup.plan import RECORDS, SECRETS, Kind, Part, files, parts
from uploader.domain.errors import BadBackup, DiskFull
from uploader.home import Home
from uploader.records.database import Database
from uploader.records.move import keep
from uploader.records.snapshot import snapshot
from uploader.stages.ingest.durable import flush_folder, flush_tree

_NO_ROOM = frozenset({28, 122})
"""ENOSPC, EDQUOT."""


@dataclass(slots=True)
class Taken:
    """What was done."""

    copy: Path
    files: int = 0
    copied: int = 0
    """Of these new or changed since the copy before."""
    vanished: list[str] = field(default_factory=list)
    """Were removed while the copy was taken, below the home."""


def take(home: Home, to: Path, *, secrets_to: Path | None = None, server: Database | None = None) -> list[Taken]:
    """A new folder below `to`, named by the time, and one below `secrets_to` with the keys.

    server: where the records lie, if not in the home; the copy has them as the file that a home has

    Raises BadBackup where the two would lie together or inside the home, or something in it is a link; DiskFull. Then
    there is no new copy.
    """
    _check_places(home, to, secrets_to)
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    taken = [_take(home, parts(home), to, stamp, server)]
    if secrets_to:
        taken.append(_take(home, SECRETS, secrets_to, stamp, None))
    return taken


def copies(to: Path) -> list[Path]:
    """The finished copies below `to`, oldest first."""
    return sorted(each for each in to.glob("????-??-??T??-??-??Z") if (each / sums.NAME).is_file())


def _check_places(home: Home, to: Path, secrets_to: Path | None) -> None:
    places = [place.resolve() for place in (to, secrets_to) if place]
    for place in places:
        if place == home.root or home.root in place.parents:
            raise BadBackup(f"{place} lies inside the home; a copy must lie on another disk")
    if len(places) == 2 and (
        places[0] == places[1] or places[0] in places[1].parents or places[1] in places[0].parents
    ):
        raise BadBackup("the keys must not lie with the data: name two places apart, best on two media")


def _take(home: Home, wanted: Iterable[Part], to: Path, stamp: str, server: Database | None) -> Taken:
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    before = copies(to)
    last = before[-1] if before else None
    known = sums.read(last) if last else {}
    part_folder, done = to / f"{stamp}.part", to / stamp
    try:
        part_folder.mkdir(mode=0o700)
        taken = Taken(done)
        found: dict[str, str] = {}
        for part in wanted:
            if server and part.path == RECORDS:
                _keep_records(server, part_folder, found)
            else:
                _copy_part(home, part, part_folder, last, known, taken, found)
        sums.write(part_folder, found)
        flush_tree(part_folder)
        part_folder.rename(done)
        flush_folder(to)
    except OSError as error:
        shutil.rmtree(part_folder, ignore_errors=True)
        if error.errno in _NO_ROOM:
            raise DiskFull(f"no room for a copy at {to}; nothing of it was kept") from None
        raise
    except BadBackup:
        shutil.rmtree(part_folder, ignore_errors=True)
        raise
    return taken


def _keep_records(server: Database, into: Path, found: dict[str, str]) -> None:
    (into / RECORDS).parent.mkdir(mode=0o700)
    keep(server, into / RECORDS)
    found[RECORDS] = sums.digest(into / RECORDS)


def _copy_part(
    home: Home, part: Part, into: Path, last: Path | None, known: Mapping[str, str], taken: Taken, found: dict[str, str]
) -> None:
    for source in files(home.root, part):
        path = source.relative_to(home.root).as_posix()
        target = into / path
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if part.kind is Kind.DATABASE:
            snapshot(source, target)
            found[path] = sums.digest(target)
            taken.copied += 1
        elif last and path in known and _unchanged(source, last / path):
            os.link(last / path, target)
            found[path] = known[path]
        else:
            _copy(source, target, path, taken, found)
    taken.files = len(found)


def _copy(source: Path, target: Path, path: str, taken: Taken, found: dict[str, str]) -> None:
    try:
        shutil.copy2(source, target, follow_symlinks=False)
    except FileNotFoundError:
        taken.vanished.append(path)
        return
    with target.open("rb") as data:
        os.fsync(data.fileno())
    found[path] = sums.digest(target)
    taken.copied += 1


def _unchanged(source: Path, before: Path) -> bool:
    """By size and time: archives and spool never write into a file that is there."""
    try:
        now, then = source.stat(), before.stat()
    except FileNotFoundError:
        return False
    return (now.st_size, now.st_mtime_ns) == (then.st_size, then.st_mtime_ns)
