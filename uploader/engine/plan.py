"""Which session gets which subject and number, and what its files are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from uploader.domain.automatic import automatic_subjects
from uploader.domain.choice import offered
from uploader.domain.errors import Refused, SourceBusy
from uploader.domain.identity import PrivateIdentity, Pseudonym
from uploader.domain.private import Private
from uploader.domain.trial import Protocol
from uploader.engine.find import parts_of
from uploader.engine.originals import Originals
from uploader.recipes import Kitchen
from uploader.records.linktable import LinkTable
from uploader.sources.tree import open_file
from uploader.stages.ingest.glance import studied
from uploader.stages.ingest.group import Group
from uploader.stages.ingest.scans import named


@dataclass(frozen=True, slots=True)
class Job:
    """One session to be made.

    scans: scan ID -> modality
    names: our names of its files, ``scans/3/DICOM/0001.dcm``, in their order
    original: where each of them lies
    known: digest of the session as this home wrote it last; empty for never
    otherwise: what it would be called at the trial's other time points
    """

    identity: PrivateIdentity
    pseudonym: Pseudonym
    number: int
    label: str
    scans: Mapping[str, str]
    names: tuple[str, ...]
    original: Callable[[str], Path]
    known: str
    otherwise: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Naming:
    """Who gives the subjects their IDs.

    subject: the ID of the one patient; empty when the program makes IDs
    timepoint: code of the visit of which all sessions are; empty where the trial has none, or labels do not name it
    """

    protocol: Protocol
    links: LinkTable
    kitchen: Kitchen
    subject: str
    timepoint: str = ""

    def label(self, subject: str, number: int) -> str:
        """Label of a session. Raises Refused where it names the time point, and none was given."""
        return self.protocol.label(subject, number, self.timepoint)

    def otherwise(self, subject: str, number: int) -> tuple[str, ...]:
        """What the same session would be called at the trial's other time points, where that is something else."""
        visits = [option.code for option in offered(self.protocol).get("timepoint", ())]
        labels = {self.protocol.label(subject, number, code) for code in visits}
        return tuple(sorted(labels - {self.label(subject, number)}))

    def subject_of(self, identity: PrivateIdentity) -> Pseudonym:
        """The patient's subject, bound in the link table. Raises SubjectTaken, Held."""
        trial = self.protocol.trial
        if self.subject:
            return self.links.assign(trial, identity, self.subject)
        candidates = automatic_subjects(self.kitchen.key_of(trial), identity, self.protocol)
        return self.links.allocate(trial, identity, candidates)


def check_subject(protocol: Protocol, subject: str, groups: Sequence[Group]) -> None:
    """Raises Refused for an ID that is not the trial's, and for one ID and several patients."""
    protocol.check_subject(subject)
    patients = len({group.identity.reveal().key for group in groups})
    if patients > 1:
        raise Refused(f"--subject names one patient, and IN holds {patients}; use --ids automatic")


def jobs_for(root: Path, groups: Sequence[Group], naming: Naming) -> list[Job]:
    """The sessions of every patient in the order of their dates, subjects and numbers given for good.
    Raises SourceBusy when a file is gone."""
    patients: dict[bytes, list[Group]] = {}
    for group in groups:
        patients.setdefault(group.identity.reveal().key, []).append(group)
    jobs = []
    for _, theirs in sorted(patients.items()):
        theirs.sort(key=_by_date(root))
        pseudonym = naming.subject_of(theirs[0].identity)
        numbers = naming.links.number_sessions(pseudonym, [_study(group) for group in theirs])
        jobs += [_job(root, g, pseudonym, n, naming) for g, n in zip(theirs, numbers, strict=True)]
    return jobs


def _job(root: Path, group: Group, pseudonym: Pseudonym, number: int, naming: Naming) -> Job:
    pieces, scans = named(group.files)
    original = Originals(root, Private({name: piece.origin for name, piece in pieces.items()}))
    label, otherwise = naming.label(pseudonym.subject, number), naming.otherwise(pseudonym.subject, number)
    known = naming.links.made(pseudonym, number)
    return Job(group.identity, pseudonym, number, label, scans, tuple(sorted(pieces)), original, known, otherwise)


def _study(group: Group) -> str:
    """The study that most of the files name: RT objects are with their images, and may name another one."""
    studies = [i.study for i in group.files.values()]
    return min(set(studies), key=lambda study: (-studies.count(study), study))


def _by_date(root: Path) -> Callable[[Group], tuple[str, str]]:
    def date(group: Group) -> tuple[str, str]:
        first = min(group.files, key=parts_of)
        try:
            with open_file(root, parts_of(first)) as stream:
                return studied(stream), _study(group)
        except OSError:
            raise SourceBusy("a file of IN is gone since it was looked at: leave IN alone until the end") from None

    return date
