"""The incoming spool: one folder a submission, complete exactly when it holds its `manifest.json`.

The spool knows who the patients are: it is one of the four places that may.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from uploader.domain.arrival import Arrival, Piece
from uploader.domain.errors import SourceBusy, UnreadableFile
from uploader.domain.identity import Identity
from uploader.domain.manifest import Entry, Manifest
from uploader.domain.private import Private
from uploader.ports import Source
from uploader.stages.ingest import durable
from uploader.stages.ingest.group import Group
from uploader.stages.ingest.scans import named

MANIFEST = "manifest.json"
_OURS = re.compile(r"scans/[0-9A-Z-]+/DICOM/[0-9]+\.dcm")
"""How every file of an arrival is called."""


def keep(group: Group, source: Source, folder: Path, before_complete: Callable[[Manifest], bool]) -> Arrival | None:
    """Copy the group's files into the new folder `folder`, named after the submission.

    before_complete: called when all is durable but not yet complete; answers False to have the copy removed
    Raises DiskFull, SourceBusy (a file changed meanwhile), OSError; then there is no folder.
    """
    names, scans = named(group.files)
    with durable.all_or_nothing(folder):
        entries = frozenset(_copy(source, piece, folder, name) for name, piece in names.items())
        durable.flush_tree(folder)
        if not all(source.unchanged(origin) for origin in {piece.origin for piece in group.pieces}):
            raise SourceBusy("a file changed while it was copied; the session is taken when it is quiet again")
        arrival = Arrival(folder.name, folder, Manifest(entries), scans, group.identity, Private(group.instances))
        wanted = before_complete(arrival.manifest)
        if wanted:
            durable.write_json(folder / MANIFEST, _as_json(arrival))
    if wanted:
        return arrival
    durable.remove_tree(folder)
    return None


def arrival_in(folder: Path) -> Arrival:
    """What is kept in a complete folder of the spool. Raises UnreadableFile when its manifest is damaged, OSError."""
    try:
        arrival = _from_json(durable.read_json(folder / MANIFEST), folder)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise UnreadableFile("the manifest of a session in the spool is damaged") from None
    if arrival.submission != folder.name or not all(_OURS.fullmatch(entry.name) for entry in arrival.manifest):
        raise UnreadableFile("the manifest of a session in the spool is not of that session")
    return arrival


def complete(spool: Path) -> Iterator[Path]:
    """The folders of all arrivals that are complete, by name."""
    return (f for f in _folders(spool) if is_complete(f))


def remove_incomplete(spool: Path) -> None:
    """Clear what a crash left half copied: its source is still there."""
    for folder in _folders(spool):
        # In this order: it may become complete, and be let go of, between the two looks.
        if not durable.in_use(folder) and not is_complete(folder):
            durable.remove_tree(folder)


def is_complete(folder: Path) -> bool:
    return (folder / MANIFEST).exists()


def invalidate(folder: Path) -> None:
    """What is in the folder is no arrival any more."""
    (folder / MANIFEST).unlink(missing_ok=True)


def _folders(spool: Path) -> Iterator[Path]:
    return (f for f in sorted(spool.iterdir()) if f.is_dir() and not f.name.startswith("."))


def _copy(source: Source, piece: Piece, folder: Path, name: str) -> Entry:
    target = folder / name
    if not target.parent.exists():
        durable.make_folder(target.parent)
    with source.open(piece) as data:
        return durable.copy(data, target, name)


def _from_json(kept: Mapping[str, Any], folder: Path) -> Arrival:
    return Arrival(
        kept["submission"],
        folder,
        Manifest(frozenset(Entry(**entry) for entry in kept["entries"])),
        {str(scan): str(kind) for scan, kind in kept["scans"].items()},
        Private(Identity(**kept["identity"])),
        Private(frozenset(kept["instances"])),
    )


def _as_json(arrival: Arrival) -> dict[str, Any]:
    return {
        "submission": arrival.submission,
        "entries": [asdict(entry) for entry in arrival.manifest],
        "scans": dict(arrival.scans),
        "identity": asdict(arrival.identity.reveal()),
        "instances": sorted(arrival.instances.reveal()),
    }
