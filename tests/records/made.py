"""What the tests of the records are made of."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from uploader.domain.evidence import SignOff
from uploader.domain.manifest import Entry, Manifest
from uploader.domain.signing import Asked
from uploader.domain.submission import State
from uploader.records import SqlRecords

ID = "k7q29xmd"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SEEN = hashlib.sha256(b"what there is to look at").hexdigest()
ONE = Asked()
TWO = Asked(("physicist", "clinician"), distinct_people=True)
PROTOCOL = hashlib.sha256(b"protocol").hexdigest()


class Watch:
    """A clock that goes on by a second whenever it is looked at, and by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def turn(self, **how_far: float) -> None:
        self.now += timedelta(**how_far)


def session(word: str = "anonymised", files: int = 2) -> Manifest:
    """A manifest that is another for another word."""
    names = [f"scans/1/DICOM/{number:04}.dcm" for number in range(1, files + 1)]
    digests = [hashlib.sha256(f"{word} {name}".encode()).hexdigest() for name in names]
    return Manifest(frozenset(Entry(n, 512, d, d[:32]) for n, d in zip(names, digests, strict=True)))


def signature(person: str = "reviewer", word: str = "anonymised", role: str = "reviewer", seen: str = "") -> SignOff:
    return SignOff(person, session(word).digest, PROTOCOL, NOON, role=role, seen=seen or SEEN)


def sign(
    records: SqlRecords, submission: str = ID, signoff: SignOff | None = None, asked: Asked = ONE
) -> Sequence[str]:
    """Keep a signature of what there is now; returns the roles that are missing."""
    return records.keep_signoff(submission, signoff or signature(), asked, records.get(submission).attempt)


def choose(records: SqlRecords, submission: str = ID, subject: str = "DEMO-001", label: str = "") -> None:
    records.choose(submission, "DEMO-RT", "v1", PROTOCOL, subject, label or f"{subject}_1", "reviewer")


def run(records: SqlRecords, route: str, end: State, submission: str = ID) -> int:
    """Begin a route and let it end."""
    attempt = records.queue(submission, route, "reviewer")
    records.rest(submission, attempt, end, "" if end is not State.HELD else "defect")
    return attempt


def bring(records: SqlRecords, state: State, submission: str = ID) -> None:
    """A submission that stands at `state`, by the shortest way a real one takes."""
    records.create(submission, "pt-3f9ac2d41b7e", {"1": "CT"}, State.ARRIVING)
    if state is State.ARRIVING:
        return
    run(records, "receive", State.RECEIVED, submission)
    if state is State.RECEIVED:
        return
    choose(records, submission, label=f"L-{submission}")
    if state in (State.REFUSED, State.WAITING, State.HELD):
        run(records, "prepare", state, submission)
        return
    if state is State.QUEUED:
        records.queue(submission, "prepare", "reviewer")
        return
    records.keep_manifest(submission, "anonymised", session())
    run(records, "prepare", State.AWAITING_SIGNOFF, submission)
    if state is State.WITHDRAWN:
        records.withdraw(submission, "reviewer", "consent withdrawn")
    if state in (State.SIGNED, State.RELEASED, State.RECALLED):
        sign(records, submission)
    if state in (State.RELEASED, State.RECALLED):
        run(records, "release", State.RELEASED, submission)
    if state is State.RECALLED:
        records.recall(submission, "reviewer", "consent withdrawn")


def files_of(url: str) -> list[Path]:
    """Every file of an SQLite database: itself, its log and its index."""
    path = Path(url.removeprefix("sqlite:///"))
    return sorted(path.parent.glob(f"{path.name}*"))
