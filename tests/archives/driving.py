"""A session on its way to an archive, driven as the line drives it: again after what may pass, stopped by the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import requests

from tests.archives.central import by_hand
from tests.contracts.sessions import Given
from uploader.archives.xnat import XnatArchive
from uploader.domain.errors import Transient, UploaderError
from uploader.domain.evidence import Receipt
from uploader.domain.manifest import Held
from uploader.stages.deposit import deposit

ATTEMPTS = 3
"""The line never gives up on what may pass; a test does after as many."""


@dataclass(frozen=True)
class Outcome:
    """How it came to rest: with a receipt, held or misconfigured with `error`, or still waiting with one."""

    receipt: Receipt | None
    error: UploaderError | None

    @property
    def waits(self) -> bool:
        return isinstance(self.error, Transient)


def driven(given: Given, archive: XnatArchive, attempts: int = ATTEMPTS) -> Outcome:
    error: UploaderError | None = None
    for _ in range(attempts):
        try:
            return Outcome(deposit(given.session, given.manifest, given.open, archive, _now), None)
        except UploaderError as caught:
            error = caught
            if not isinstance(caught, Transient):
                break
    return Outcome(None, error)


def _now() -> datetime:
    return datetime(2026, 11, 28, tzinfo=UTC)


def stored(url: str, given: Given) -> set[Held]:
    """What the archive at `url` really has under the label, in whatever project, asked by another client."""
    label = given.address.session
    ours = _rows(by_hand(url, "GET", f"/data/experiments?format=json&columns=ID,label&label={label}"))
    assert len(ours) <= 1, "one session became several"
    files: set[Held] = set()
    for row in ours:
        for file in _rows(by_hand(url, "GET", f"/data/experiments/{row['ID']}/scans/ALL/files?format=json")):
            scan = file["URI"].split("/scans/")[1].split("/")[0]
            held = Held(f"scans/{scan}/{file['collection']}/{file['Name']}", int(file["Size"]), file["digest"])
            assert held not in files, "a file is there twice"
            files.add(held)
    return files


def _rows(answer: requests.Response) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = answer.json()["ResultSet"]["Result"]
    return rows
