"""What a source hands over: files that belong together, in a folder of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from uploader.domain.identity import PrivateIdentity
from uploader.domain.manifest import Manifest
from uploader.domain.private import Private


@dataclass(frozen=True, slots=True)
class Arrival:
    """One study, complete, durable in `folder`, its files already under our own names.

    folder: holds exactly the files of `manifest`
    scans: scan ID -> modality
    identity: the one patient of the study
    instances: SOP Instance UIDs (0008,0018) of the files, so that a later RT object finds its images
    """

    submission: str
    folder: Path
    manifest: Manifest
    scans: Mapping[str, str]
    identity: PrivateIdentity
    instances: Private[frozenset[str]]


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One thing that could not be taken, kept with its reason.

    reference: our name of it in the quarantine folder
    code: dotted, in docs/findings.md, e.g. ``quarantine.not-dicom``
    says: one sentence for a person; never the file's name, which may be a patient
    """

    reference: str
    code: str
    says: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """What changes when somebody writes to a file: bytes, and times in nanoseconds by the file system's clock."""

    size: int
    mtime_ns: int
    ctime_ns: int


@dataclass(frozen=True, slots=True)
class Origin:
    """A file of a source, as it was at one moment. The same path with another stamp is another origin.

    path: its parts below the source's root; they may name a patient
    """

    path: Private[tuple[str, ...]]
    stamp: Stamp

    @property
    def drop(self) -> str:
        """The top-level folder the file was dropped in, empty for one that lies loose; to compare, not to show."""
        path = self.path.reveal()
        return path[0] if len(path) > 1 else ""


@dataclass(frozen=True, slots=True)
class Piece:
    """One file to take: number 0 is the origin's own bytes, 1 and up are members of the zip it is."""

    origin: Origin
    number: int = 0


@dataclass(frozen=True, slots=True)
class Offer:
    """An origin that has been quiet long enough to be read.

    members: how many files the zip holds; 0 for a file that is no zip
    stale: quiet for so long that nobody is going to complete it
    """

    origin: Origin
    members: int
    stale: bool

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return tuple(Piece(self.origin, n) for n in range(1, self.members + 1)) or (Piece(self.origin),)


@dataclass(frozen=True, slots=True)
class Rejection:
    """What a source will not offer.

    has_bytes: False for what is not read at all, such as a link; it stays where it lies
    """

    origin: Origin
    code: str
    says: str
    has_bytes: bool


@dataclass(frozen=True, slots=True)
class Look:
    """What a source holds at one moment.

    arriving: files that change, or changed a short while ago
    notes: sentences for a person about what else is not offered yet
    """

    offers: tuple[Offer, ...]
    rejections: tuple[Rejection, ...]
    arriving: tuple[Origin, ...]
    notes: tuple[str, ...]
