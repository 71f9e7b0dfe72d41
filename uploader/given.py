"""What the steps of the line are given: what they touch, where a session lies, and how validators see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from uploader.cases import case_of, headers_below
from uploader.domain.canonical import canonical
from uploader.domain.consignment import Consignment, signoff_digest
from uploader.domain.errors import NotSigned, PartlySent, WrongState
from uploader.domain.evidence import require
from uploader.domain.finding import Finding
from uploader.domain.identity import Identity, PrivateIdentity
from uploader.domain.policy import Permit
from uploader.domain.private import Private
from uploader.domain.renaming import Names
from uploader.domain.renaming import standing as last_decided
from uploader.domain.session import Address, Session
from uploader.domain.submission import State, Submission
from uploader.domain.trial import Protocol
from uploader.domain.waiver import Waiver, waivers
from uploader.ports import Archive, Case, Headers, Links, Records, Sharing, Validator
from uploader.readonce import headers_once
from uploader.stages.anonymise import Recipe
from uploader.stages.rename import derived
from uploader.validators.carried import carry_over, known_of

Progress = Callable[[str, int, int], None]
"""`progress(stage, done, total)`, in files."""


@dataclass(frozen=True, kw_only=True)
class Gateway:
    """Everything the line touches, already built. Tests build their own."""

    records: Records
    links: Links
    identifiable: Archive
    anonymised: Archive
    central: Sharing
    identifiable_project: str
    central_project: str
    protocol: Callable[[str, str], Protocol]
    """(trial, version) -> the protocol as it is installed now."""
    validators: Mapping[str, Validator]
    recipe: Callable[[Protocol, PrivateIdentity, Submission, Sequence[Path]], tuple[Recipe, Mapping[str, Any]]]
    """How this patient's files are anonymised for this trial, and what the receipt says of it: the digests of
    the very scripts, and versions."""
    permit: Callable[[Protocol], Permit]
    """What may be in the anonymised files, for the verifier."""
    look: Callable[[Callable[[str], Path], Path, Sequence[str]], Iterable[Finding]]
    """What a person would see in the images, given where each original lies, the folder of anonymised files, and their
    names."""
    seal: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    """Signs a document with the site's key. Raises BadSettings where the key is not at hand."""
    site: str
    spool: Path
    """Where the intake keeps what has arrived, one folder a submission."""
    work: Path
    """Where the line keeps its copies while a route is under way, one folder a submission."""
    now: Callable[[], datetime]
    shares: bool = True
    """Whether the line shows sessions in the trial's project itself; else the centre does."""
    jobs: int = 1
    retry: timedelta = timedelta(seconds=30)
    progress: Progress = lambda _stage, _done, _total: None


def under_way(gateway: Gateway, submission: str) -> Submission:
    """The submission, as long as a route of it is under way. Raises WrongState for a step that comes too late,
    such as one of a worker that was thought dead: it must not touch what was settled since."""
    about = gateway.records.get(submission)
    if about.state is not State.QUEUED:
        raise WrongState(f"submission {submission} is {about.state}; this step of the line comes too late")
    return about


def identifiable_session(gateway: Gateway, submission: Submission) -> Session:
    """Where the identifiable archive keeps it: under labels that say nothing without our key."""
    return Session(Address(gateway.identifiable_project, submission.alias, submission.id), submission.scans)


def trial_session(submission: Submission) -> Session:
    """Where the anonymised archive keeps it."""
    return Session(Address(submission.trial, submission.subject, submission.label), submission.scans)


def central_session(gateway: Gateway, submission: Submission) -> Session:
    """Where the central archive keeps it: in the site's own project, from where it is shared."""
    return Session(Address(gateway.central_project, submission.subject, submission.label), submission.scans)


@contextmanager
def as_the_centre_knows_it(gateway: Gateway, chosen: Submission) -> Iterator[None]:
    """Raises PartlySent for a NotSigned of what the centre has files of: another choice would forget them."""
    try:
        yield
    except NotSigned as error:
        if any(gateway.central.held(central_session(gateway, chosen).address)):
            raise PartlySent(f"{error} (The centre has files of it from an earlier try.)") from None
        raise


def sealed_consignment(gateway: Gateway, submission: Submission) -> tuple[str, bytes]:
    """Name and bytes of the signed word of what is sent: the same whenever it is asked for."""
    consignment = consignment_of(gateway, submission)
    return consignment.name, canonical(gateway.seal(consignment.document()))


def consignment_of(gateway: Gateway, submission: Submission) -> Consignment:
    """What the site says of a session that was signed off. Raises NotSigned."""
    manifest = gateway.records.manifest(submission.id, "anonymised")
    signed = require(gateway.records.signoffs(submission.id), manifest, submission.protocol_digest)
    return Consignment(
        site=gateway.site,
        project=gateway.central_project,
        submission=submission.id,
        trial=submission.trial,
        protocol=submission.protocol_version,
        protocol_digest=submission.protocol_digest,
        subject=submission.subject,
        session=submission.label,
        signoff=signoff_digest(signed),
        manifest=manifest,
    )


def arrived(gateway: Gateway, submission: str) -> Path:
    """The folder that holds the durable copy of what arrived."""
    spooled = gateway.spool / submission
    return spooled if spooled.is_dir() else original(gateway, submission)


def original(gateway: Gateway, submission: str) -> Path:
    return gateway.work / submission / "original"


def anonymised(gateway: Gateway, submission: str) -> Path:
    return gateway.work / submission / "anonymised"


def pinned(gateway: Gateway, submission: Submission) -> Protocol:
    """The protocol the submission was begun under. Raises NotSigned when its file was edited since."""
    protocol = gateway.protocol(submission.trial, submission.protocol_version)
    if protocol.digest != submission.protocol_digest:
        raise NotSigned(
            f"protocol {submission.trial} {submission.protocol_version} was edited after the trial was chosen; "
            "a used version is never edited: publish a new one and choose the trial again"
        )
    return protocol


def original_case(gateway: Gateway, submission: Submission, protocol: Protocol) -> Case:
    """The session as it arrived, its structures with the names that were decided, as its validators see it."""
    folder, manifest = original(gateway, submission.id), gateway.records.manifest(submission.id, "identifiable")
    headers = headers_once(folder, manifest, gateway.work / submission.id / "headers")
    renamed = named(gateway, submission)
    if renamed != folder:
        headers = {**headers, **headers_below(renamed, derived(folder, manifest, renamed))}
    return with_visits(gateway, submission, case_of(renamed, headers, protocol.content, submission.chosen))


def decided_names(gateway: Gateway, submission: Submission) -> Names:
    """What a person decided that structures are called, for the files as they arrived, under the pinned protocol."""
    digest = gateway.records.manifest(submission.id, "identifiable").digest
    return last_decided(gateway.records.history(submission.id), submission, digest)


def named(gateway: Gateway, submission: Submission) -> Path:
    """The folder from which is anonymised: the originals, or beside them one in which structures have new names."""
    folder = gateway.work / submission.id / "named"
    return folder if decided_names(gateway, submission) else original(gateway, submission.id)


def anonymised_case(gateway: Gateway, submission: Submission, protocol: Protocol) -> Case:
    """The anonymised session as its validators see it; which series is which input is known from the originals."""
    known = known_of(original_case(gateway, submission, protocol))  # first, so that memory never holds both sessions
    folder, manifest = anonymised(gateway, submission.id), gateway.records.manifest(submission.id, "anonymised")
    headers = headers_below(folder, [entry.name for entry in manifest])
    case = case_of(folder, headers, protocol.content, submission.chosen)
    carry_over(known, case)
    return with_visits(gateway, submission, case)


def with_visits(gateway: Gateway, submission: Submission, case: Case) -> Case:
    """The case with what is remembered of the subject's other sessions in the trial."""
    others = gateway.records.others_of(submission.id)
    before = [gateway.records.acquired(each.id) for each in others if each.created < submission.created]
    return replace(case, earlier=before, visits=[each.chosen.get("timepoint", "") for each in others])


def let_pass(gateway: Gateway, submission: Submission) -> tuple[Waiver, ...]:
    """Rules that people let pass for the files as they arrived, under the protocol that is pinned."""
    digest = gateway.records.manifest(submission.id, "identifiable").digest
    return waivers(gateway.records.history(submission.id), digest, submission.protocol_digest)


def identity_of(headers: Headers) -> PrivateIdentity:
    """Who the patient is, from the first header; that all agree is the validator `identity`'s business."""
    first = next(iter(headers.values()))
    text = {name: str(first.get(name) or "") for name in ("PatientID", "IssuerOfPatientID", "PatientName")}
    return Private(Identity(text["PatientID"].strip(), text["IssuerOfPatientID"].strip(), text["PatientName"]))
