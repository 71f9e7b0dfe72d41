"""What cannot be taken: its bytes, and the reason, for a person to decide. Nothing is ever thrown away here."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from uploader.domain.arrival import Piece, Quarantined
from uploader.ports import Source
from uploader.stages.ingest import durable

REASON = "reason.json"
DAMAGED = "quarantine.damaged"
"""The code of what the disk, or somebody, has spoilt after it was kept."""


class Quarantine:
    """`folder`/<reference>/ holds the bytes as ``0001``, ``0002`` … and reason.json, which alone names the files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def recover(self) -> None:
        """Make the folder where absent, and clear half copies that a crash left in it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for ruin in self._folder.glob(".*"):
            if not durable.in_use(ruin):
                durable.remove_tree(ruin)

    def keep(self, code: str, says: str, pieces: tuple[Piece, ...], source: Source, *, has_bytes: bool = True) -> None:
        """Keep a copy of the pieces. Again with the same ones, even after a crash, changes nothing.

        Raises DiskFull, SourceBusy, OSError; then nothing is kept.
        """
        reference = _reference(code, pieces)
        final, filling = self._folder / reference, self._folder / f".{reference}"
        if final.exists():
            return
        with durable.all_or_nothing(filling):
            numbered = {f"{n:04d}": piece for n, piece in enumerate(pieces, 1)}
            files = [self._copy(name, piece, filling, source, has_bytes) for name, piece in numbered.items()]
            reason = {"code": code, "says": says, "at": time.time(), "files": files}
            durable.write_json(filling / REASON, reason)
            filling.replace(final)
            durable.flush_folder(self._folder)

    def take_over(self, folder: Path, code: str, says: str) -> None:
        """Move a folder of the spool here, its files as they are. Raises OSError; then it is where it was."""
        reference = f"q{hashlib.sha256(repr((code, folder.name)).encode()).hexdigest()[:12]}"
        files = [{"file": str(f.relative_to(folder))} for f in sorted(folder.rglob("*")) if f.is_file()]
        durable.write_json(folder / REASON, {"code": code, "says": says, "at": time.time(), "files": files})
        folder.replace(self._folder / reference)
        durable.flush_folder(self._folder)
        durable.flush_folder(folder.parent)

    def listed(self) -> tuple[Quarantined, ...]:
        """All that is kept, oldest first. Changes nothing."""
        if not self._folder.exists():
            return ()
        found = [(f.name, *_told(f / REASON)) for f in self._folder.iterdir() if (f / REASON).exists()]
        found.sort(key=lambda item: (item[1], item[0]))
        return tuple(Quarantined(name, code, says) for name, _, code, says in found)

    @staticmethod
    def _copy(name: str, piece: Piece, folder: Path, source: Source, has_bytes: bool) -> Mapping[str, Any]:
        about = {"name": "/".join(piece.origin.path.reveal()), "member": piece.number, "file": ""}
        if not has_bytes:
            return about
        with source.open(piece) as data:
            entry = durable.copy(data, folder / name, name)
        return {**about, "file": name, "size": entry.size, "sha256": entry.sha256}


def _told(reason: Path) -> tuple[float, str, str]:
    """When, which code, which sentence."""
    try:
        kept = durable.read_json(reason)
        return float(kept["at"]), str(kept["code"]), str(kept["says"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return 0.0, DAMAGED, "the reason for which files were set aside is damaged; the files are kept"


def _reference(code: str, pieces: tuple[Piece, ...]) -> str:
    """The same for the same files as they are now, so that a crash does not make two of one."""
    told = [(p.origin.path.reveal(), p.origin.stamp, p.number) for p in pieces]
    return "q" + hashlib.sha256(repr((code, told)).encode("utf-8", "backslashreplace")).hexdigest()[:12]


def listed_quarantine(folder: Path) -> tuple[Quarantined, ...]:
    """What is in the quarantine folder, oldest first; nothing is touched, so that anybody may look at any time."""
    return Quarantine(folder).listed()
