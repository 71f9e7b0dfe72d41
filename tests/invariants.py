"""What must hold of a gateway at any time, whatever went wrong: I1 to I6, read from the disks and not from the program.

`check_invariants(home)` looks at the records, the spool, the work folder and the folders of the embedded archives, as
they lie on the disk, and hashes every file itself. It needs no server, and asks nothing of the line.

I1 Conservation  what was received is in the spool or the identifiable archive, what was anonymised in its archive,
                 what was released at the centre, to the byte
I2 Ack           every receipt is of a manifest that is kept, and the place holds all of it
I3 Gate          the centre holds nothing that was not verified and signed
I4 Binding       what the centre holds is what was signed, under the project, subject and label of the submission
I5 Leak          no value of a patient is where it may not be
I6 Once          each instance is at the centre once, each session under one label
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydicom import dcmread

from tests.leaks.search import blobs_below, found, names_below
from uploader.config import Settings
from uploader.domain.errors import NotFound
from uploader.domain.manifest import Manifest
from uploader.domain.submission import State, Submission
from uploader.home import ARCHIVES, Home
from uploader.phantom import PhantomIdentity
from uploader.records import SqlRecords, open_records

MAY_KNOW = frozenset({"archives/identifiable", "spool", "work", "quarantine", "diagnostics", "inbox"})
"""Folders of a home that may hold what identifies a patient."""
SHIPPED = frozenset({"trial_protocols", "dicomedit_scripts", "privacy_policies", "blanking_rules"})
"""Folders that nothing is written into."""

Files = Mapping[str, str]
"""Entry name -> SHA-256."""


@dataclass(frozen=True, order=True)
class Violation:
    """invariant: ``I1`` to ``I6``; where: submission or file"""

    invariant: str
    where: str
    says: str


@dataclass(frozen=True, order=True)
class Place:
    """A session as it lies in an embedded archive."""

    project: str
    subject: str
    label: str


def check_invariants(home: Path, patients: Sequence[PhantomIdentity] = ()) -> list[Violation]:
    """Every violation. patients: whose values are searched for (I5)."""
    settings = Settings.read(home)
    records = open_records(settings.database_url or Home(home).records_url, settings.database_password_file)
    try:
        ground = _Ground(settings, records)
        checks = (_conservation, _acknowledged, _gate, _binding, _once)
        violations = [v for check in checks for v in check(ground)]
    finally:
        records.close()
    return sorted({*violations, *_leaks(home, patients)})


class _Ground:
    """What the disks say."""

    def __init__(self, settings: Settings, records: SqlRecords) -> None:
        self.settings, self.records, self.home = settings, records, Home(settings.home)
        self.submissions = list(records.all())
        self.archives = {name: _sessions(self.home.archive(name)) for name in ARCHIVES}

    def manifest(self, submission: Submission, place: str) -> Manifest | None:
        with suppress(NotFound):
            return self.records.manifest(submission.id, place)
        return None

    def signed(self, submission: Submission) -> set[str]:
        """Digests of the files that people signed."""
        return {signoff.digest for signoff in self.records.signoffs(submission.id)}

    def place(self, submission: Submission, archive: str) -> Place:
        if archive == "identifiable":
            return Place(self.settings.identifiable.project, submission.alias, submission.id)
        project = self.settings.central.project if archive == "central" else submission.trial
        return Place(project, submission.subject, submission.label)

    def at(self, submission: Submission, archive: str) -> Files:
        """But for the papers of this submission, which say what the files are."""
        files = self.archives[archive].get(self.place(submission, archive), {})
        papers = {f"resources/UPLOADER/files/{kind}-{submission.id}.json" for kind in ("consignment", "recall")}
        return {name: sha256 for name, sha256 in files.items() if name not in papers}

    @cached_property
    def by_place(self) -> dict[Place, Submission]:
        """Who may have something at the centre, and where."""
        return {self.place(s, "central"): s for s in self.submissions if s.label}


def _conservation(ground: _Ground) -> Iterator[Violation]:
    for submission in ground.submissions:
        yield from _kept(ground, submission)
        if submission.state in (State.AWAITING_SIGNOFF, State.SIGNED, State.RELEASED):
            yield from _whole("I1", ground, submission, "anonymised", "anonymised")
        if submission.state is State.RELEASED:
            yield from _whole("I1", ground, submission, "central", "anonymised")
    known = {s.id for s in ground.submissions}
    for folder in ground.home.spool.iterdir():
        if folder.is_dir() and not folder.name.startswith(".") and folder.name not in known:
            yield Violation("I1", folder.name, "lies in the spool and no record tells of it")


def _kept(ground: _Ground, submission: Submission) -> Iterator[Violation]:
    """What was received is in the identifiable archive, or still in the spool."""
    manifest = ground.manifest(submission, "identifiable")
    if manifest is None:
        yield Violation("I1", submission.id, "nobody knows what was received")
        return
    spooled = _hashed(ground.home.spool / submission.id)
    if any(spooled.get(entry.name) != entry.sha256 for entry in manifest):
        yield from _whole("I1", ground, submission, "identifiable", "identifiable")


def _whole(invariant: str, ground: _Ground, submission: Submission, archive: str, of: str) -> Iterator[Violation]:
    manifest = ground.manifest(submission, of)
    if manifest is None or not _is_all_of(manifest, ground.at(submission, archive)):
        yield Violation(invariant, submission.id, f"the {archive} archive does not hold all of it to the byte")


def _acknowledged(ground: _Ground) -> Iterator[Violation]:
    places = {"identifiable": "identifiable", "anonymised": "anonymised", "central": "anonymised"}
    for submission in ground.submissions:
        for receipt in ground.records.receipts(submission.id):
            of = places[receipt.place]
            manifest = ground.manifest(submission, of)
            if manifest is None or (manifest.digest, len(manifest)) != (receipt.digest, receipt.files):
                yield Violation("I2", submission.id, f"a receipt of {receipt.place} is of no manifest that is kept")
            else:
                yield from _whole("I2", ground, submission, receipt.place, of)


def _gate(ground: _Ground) -> Iterator[Violation]:
    for place in ground.archives["central"]:
        submission = ground.by_place.get(place)
        if submission is None:
            yield Violation("I3", place.label, "lies at the centre and belongs to no submission")
            continue
        verdict = ground.records.verdict(submission.id, "verification")
        if verdict is None or verdict.refused:
            yield Violation("I3", submission.id, "lies at the centre and was not verified")
        if not ground.records.signoffs(submission.id):
            yield Violation("I3", submission.id, "lies at the centre and nobody has signed")


def _binding(ground: _Ground) -> Iterator[Violation]:
    for place in ground.archives["central"]:
        submission = ground.by_place.get(place)
        if submission is None:
            yield Violation("I4", place.label, "no submission goes to this project, subject and label")
            continue
        manifest, digests = ground.manifest(submission, "anonymised"), ground.signed(submission)
        signed = {e.name: e.sha256 for e in manifest or () if manifest and digests == {manifest.digest}}
        for name, sha256 in ground.at(submission, "central").items():
            if signed.get(name) != sha256:
                yield Violation("I4", f"{submission.id} {name}", "these bytes were not signed")


def _once(ground: _Ground) -> Iterator[Violation]:
    centre = ground.home.archive("central")
    where: dict[str, list[str]] = defaultdict(list)
    for path in sorted((centre / "archive").glob("*/arc001/*/SCANS/*/*/*")):
        where[str(dcmread(path, stop_before_pixels=True, force=True).get("SOPInstanceUID", path.name))].append(
            path.name
        )
    for paths in where.values():
        if len(paths) > 1:
            yield Violation("I6", paths[0], f"this instance is at the centre {len(paths)} times")
    labels = Counter((s.trial, s.label) for s in ground.submissions if s.label and s.state is not State.WITHDRAWN)
    for (_, label), times in labels.items():
        if times > 1:
            yield Violation("I6", label, f"{times} submissions go under this label")


def _leaks(home: Path, patients: Sequence[PhantomIdentity]) -> Iterator[Violation]:
    if not patients:
        return
    blobs = {**blobs_below(home, MAY_KNOW | SHIPPED), "names of files": names_below(home)}
    for patient in patients:
        for where, _ in found(blobs, patient):
            yield Violation("I5", where, "a value of a patient is found here")


def _is_all_of(manifest: Manifest, files: Files) -> bool:
    """Whether `files` are exactly those of the manifest."""
    return {entry.name: entry.sha256 for entry in manifest} == dict(files)


def _sessions(root: Path) -> dict[Place, Files]:
    """Every session that has files on the disk of an embedded archive."""
    subjects = _subjects(root / "archive.db")
    sessions: dict[Place, Files] = {}
    for folder in sorted((root / "archive").glob("*/arc001/*")):
        project, label = folder.parent.parent.name, folder.name
        files = {f"scans/{name}": sha256 for name, sha256 in _hashed(folder / "SCANS").items()}
        beside = {_beside(name): sha256 for name, sha256 in _hashed(folder / "RESOURCES").items()}
        if files or beside:
            sessions[Place(project, subjects.get((project, label), ""), label)] = {**files, **beside}
    return sessions


def _beside(name: str) -> str:
    """``UPLOADER/note.txt`` on the disk is ``resources/UPLOADER/files/note.txt`` in a listing."""
    resource, _, file = name.partition("/")
    return f"resources/{resource}/files/{file}"


def _subjects(database: Path) -> dict[tuple[str, str], str]:
    """(project, session label) -> subject label."""
    query = "SELECT e.project, e.label, s.label FROM experiments e JOIN subjects s ON s.id = e.subject"
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return {(project, label): subject for project, label, subject in connection.execute(query)}


def _hashed(folder: Path) -> dict[str, str]:
    paths = (p for p in sorted(folder.rglob("*")) if p.is_file())
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}
