"""The line, from end to end. Read this first.

    source -> identifiable archive -> [a person chooses the trial]
           -> validate -> anonymise -> validate again -> verify -> anonymised archive -> [a person signs off]
           -> central archive -> shared into the trial

`receive`, `prepare` and `release` are its three routes. None of them waits: what a submission is waiting
for is written in the records, not held in a thread. Every step may be run twice with the same outcome.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from uploader.cases import headers_below
from uploader.changes import told
from uploader.domain.errors import (
    DigestMismatch,
    JudgedOtherwise,
    NotRenamed,
    ResidueFound,
    SubjectTaken,
    Transient,
    UploaderError,
    WrongState,
)
from uploader.domain.finding import Severity, judge
from uploader.domain.identity import PrivateIdentity, Pseudonym
from uploader.domain.manifest import Entry, Manifest, measure
from uploader.domain.override import overrides, standing
from uploader.domain.session import Address
from uploader.domain.submission import State, Submission
from uploader.given import (
    Gateway,
    anonymised,
    anonymised_case,
    arrived,
    as_the_centre_knows_it,
    central_session,
    decided_names,
    identifiable_session,
    identity_of,
    let_pass,
    named,
    original,
    original_case,
    pinned,
    sealed_consignment,
    trial_session,
    under_way,
)
from uploader.logs import say
from uploader.ports import Archive, Step
from uploader.receipt import KEPT, document
from uploader.renaming import wrong as wrong_names
from uploader.rules import Note
from uploader.signing import check_signed
from uploader.stages.anonymise import Box, anonymise
from uploader.stages.compare import compared
from uploader.stages.deposit import deposit
from uploader.stages.rename import rename
from uploader.stages.validate import validate
from uploader.stages.verify import settled, verify
from uploader.synonyms import give_listed_names
from uploader.validators.visits import acquired


def receive(gateway: Gateway, submission: str, step: Step) -> State:
    """From the spool into the identifiable archive."""
    step(keep_identifiable, gateway, submission)
    return State.RECEIVED


def prepare(gateway: Gateway, submission: str, step: Step) -> State:
    """From the identifiable archive to the person who signs off."""
    step(fetch, gateway, submission)
    step(rename_structures, gateway, submission)
    if step(check_protocol, gateway, submission):
        return State.REFUSED
    step(anonymise_session, gateway, submission)
    step(judge_anonymised, gateway, submission)
    step(verify_session, gateway, submission)
    step(keep_anonymised, gateway, submission)
    return State.AWAITING_SIGNOFF


def release(gateway: Gateway, submission: str, step: Step) -> State:
    """From the person who signed off to the trial's project at the centre."""
    step(send_to_central, gateway, submission)
    step(consign, gateway, submission)
    step(share_into_trial, gateway, submission)
    step(keep_signed_receipt, gateway, submission)
    return State.RELEASED


ROUTES: Mapping[str, Callable[[Gateway, str, Step], State]] = {
    "receive": receive,
    "prepare": prepare,
    "release": release,
}


def carry(route: str, gateway: Gateway, submission: str, attempt: int, step: Step) -> str:
    """Run a route, and write down where the submission came to rest, whatever happened."""
    say("begun", submission=submission, route=route, attempt=attempt)
    wait = None
    try:
        state, why, says = ROUTES[route](gateway, submission, step), "", ""
    except Transient as error:
        state, why, says = State.WAITING, error.code, str(error)
        wait = min(gateway.retry * 2 ** min(attempt - 1, 10), timedelta(hours=1)).total_seconds()
    except UploaderError as error:
        state, why, says = State.HELD, error.code, str(error)
    step(rest, gateway, submission, attempt, str(state), why, says, wait)
    return str(state)


def keep_identifiable(gateway: Gateway, submission: str) -> str:
    manifest = gateway.records.manifest(submission, "identifiable")
    source = arrived(gateway, submission)
    session = identifiable_session(gateway, under_way(gateway, submission))
    receipt = deposit(
        session, manifest, _counted(gateway, "receive", manifest, _from(source)), gateway.identifiable, gateway.now
    )
    gateway.records.keep_receipt(submission, receipt)
    if source.parent == gateway.spool:
        _adopt_as_original(gateway, submission)
    return receipt.digest


def fetch(gateway: Gateway, submission: str) -> int:
    """Bring the originals from the identifiable archive into the work folder, as far as they are not there."""
    session = identifiable_session(gateway, under_way(gateway, submission))
    manifest = gateway.records.manifest(submission, "identifiable")
    folder = original(gateway, submission)
    fetched = 0
    for done, entry in enumerate(manifest, 1):
        target = folder / entry.name
        if not _is(entry, target):
            _fetch_one(gateway.identifiable, session.address, entry, target)
            fetched += 1
        gateway.progress("fetch", done, len(manifest))
    return fetched


def rename_structures(gateway: Gateway, submission: str) -> int:
    """Give structures the names that a person or the protocol decided, in copies: what arrived stays as it is. Raises
    NotRenamed."""
    about = under_way(gateway, submission)
    shutil.rmtree(gateway.work / submission / "named", ignore_errors=True)
    give_listed_names(gateway, about)
    names = decided_names(gateway, about)
    if names:
        wrong = wrong_names(pinned(gateway, about).content, names)
        if wrong:
            raise NotRenamed(wrong)
        manifest = gateway.records.manifest(submission, "identifiable")
        plans = [entry.name for entry in manifest if about.scans.get(entry.scan) in ("RTPLAN", "RTDOSE")]
        rename(original(gateway, submission), manifest, names, plans, named(gateway, about))
    return sum(map(len, names.values()))


def check_protocol(gateway: Gateway, submission: str) -> bool:
    chosen = under_way(gateway, submission)
    protocol = pinned(gateway, chosen)
    protocol.check_subject(chosen.subject)
    case = original_case(gateway, chosen, protocol)
    verdict = validate(case, protocol, gateway.validators, let_pass(gateway, chosen))
    gateway.records.keep_verdict(submission, "protocol", verdict)
    gateway.records.keep_acquired(submission, acquired(case))
    return verdict.refused


def anonymise_session(gateway: Gateway, submission: str) -> str:
    chosen = under_way(gateway, submission)
    protocol = pinned(gateway, chosen)
    before = gateway.records.manifest(submission, "identifiable")
    first = next(iter(before)).name
    identity = identity_of(headers_below(original(gateway, submission), [first]))
    bind(gateway, chosen, identity)
    originals = [original(gateway, submission) / entry.name for entry in before]
    recipe, facts = gateway.recipe(protocol, identity, chosen, originals)
    notes: set[Note] = set()
    boxes: dict[str, tuple[Box, ...]] = {}
    after = anonymise(
        named(gateway, chosen),
        anonymised(gateway, submission),
        before,
        recipe,
        gateway.jobs,
        lambda done: gateway.progress("anonymise", done, len(before)),
        notes,
        boxes,
    )
    gateway.records.keep_manifest(submission, "anonymised", after)
    gateway.records.keep_provenance(submission, {**facts, "cleaned": told(notes), "blanked": boxes})
    return after.digest


def judge_anonymised(gateway: Gateway, submission: str) -> int:
    """Judge the anonymised files under the same protocol, and hold their verdict against that on the originals.

    Raises JudgedOtherwise, with the findings in the records, where a rule differs that must not: the fault is ours.
    """
    chosen = under_way(gateway, submission)
    protocol = pinned(gateway, chosen)
    before, case = gateway.records.verdict(submission, "protocol"), anonymised_case(gateway, chosen, protocol)
    if before is None:
        raise WrongState(f"submission {submission} was not judged before it was anonymised")
    blanked = bool(gateway.records.provenance(submission).get("blanked"))
    verdict = compared(before, validate(case, protocol, gateway.validators), protocol, blanked)
    gateway.records.keep_verdict(submission, "anonymised", verdict)
    if faults := [f for f in verdict.findings if f.severity is Severity.REFUSAL]:
        more = f", and {len(faults) - 3} more" if len(faults) > 3 else ""
        raise JudgedOtherwise("; ".join(f.says for f in faults[:3]) + more)
    return len(verdict.rulings)


def bind(gateway: Gateway, chosen: Submission, identity: PrivateIdentity) -> None:
    """Bind the subject ID to the patient. Raises SubjectTaken.

    A mistyped ID must not bind a patient for good: a binding under which no submission stands, and none was ever
    signed, gives way.
    """
    try:
        gateway.links.assign(chosen.trial, identity, chosen.subject)
    except SubjectTaken:
        known = gateway.links.find(chosen.trial, identity)
        for subject in {chosen.subject, known.subject if known else chosen.subject}:
            if not _stands(gateway, chosen, subject) and gateway.links.forget(Pseudonym(chosen.trial, subject)):
                gateway.records.note("line", "link-forgotten", chosen.id, {"trial": chosen.trial, "subject": subject})
        gateway.links.assign(chosen.trial, identity, chosen.subject)


def _stands(gateway: Gateway, chosen: Submission, subject: str) -> bool:
    """Whether another submission of the trial goes, or went, under this subject ID."""
    others = (s for s in gateway.records.all() if (s.trial, s.subject) == (chosen.trial, subject) and s.id != chosen.id)
    return any(s.state is not State.WITHDRAWN or gateway.records.signoffs(s.id) for s in others)


def verify_session(gateway: Gateway, submission: str) -> int:
    """Prove every file. Raises ResidueFound, with the findings in the records."""
    chosen = under_way(gateway, submission)
    protocol = pinned(gateway, chosen)
    before, after = (gateway.records.manifest(submission, place) for place in ("identifiable", "anonymised"))
    overridden = standing(overrides(gateway.records.history(submission), after.digest))
    findings = verify(
        original(gateway, submission).joinpath,
        anonymised(gateway, submission),
        before,
        after,
        keep=frozenset({chosen.subject, chosen.label, chosen.trial, protocol.sponsor, protocol.title, gateway.site}),
        named=frozenset({chosen.subject, chosen.label}),
        permit=gateway.permit(protocol),
        boxes=gateway.records.provenance(submission).get("blanked"),
        jobs=gateway.jobs,
        overridden=overridden,
        progress=lambda done: gateway.progress("verify", done, len(after)),
        tell=lambda report: gateway.records.keep_provenance(
            submission, {**gateway.records.provenance(submission), "verified": report}
        ),
    )
    names = [entry.name for entry in after]
    seen = gateway.look(original(gateway, submission).joinpath, anonymised(gateway, submission), names)
    findings += settled(seen, overridden)
    verdict = judge(f"{chosen.trial} {chosen.protocol_version}", chosen.protocol_digest, findings)
    gateway.records.keep_verdict(submission, "verification", verdict)
    refusals = [f for f in verdict.findings if f.severity is Severity.REFUSAL]
    if refusals:
        raise ResidueFound(
            f"the verifier found {len(refusals)} fault(s), first {refusals[0].code} at {refusals[0].where}"
        )
    return len(after)


def keep_anonymised(gateway: Gateway, submission: str) -> str:
    manifest = gateway.records.manifest(submission, "anonymised")
    session = trial_session(under_way(gateway, submission))
    _clear_if_other(gateway.anonymised, session.address, manifest)
    source = _counted(gateway, "keep", manifest, _from(anonymised(gateway, submission)))
    receipt = deposit(session, manifest, source, gateway.anonymised, gateway.now)
    gateway.records.keep_receipt(submission, receipt)
    shutil.rmtree(gateway.work / submission, ignore_errors=True)
    return receipt.digest


def send_to_central(gateway: Gateway, submission: str) -> str:
    """Send exactly the bytes that were signed: each file's SHA-256 is checked as it streams through."""
    chosen = under_way(gateway, submission)
    manifest = gateway.records.manifest(submission, "anonymised")
    with as_the_centre_knows_it(gateway, chosen):
        check_signed(gateway.records, chosen, pinned(gateway, chosen))
    sealed_consignment(gateway, chosen)  # so that what cannot be signed stops here, and not when it is there
    kept, sent = trial_session(chosen), central_session(gateway, chosen)

    def open_entry(entry: Entry) -> AbstractContextManager[BinaryIO]:
        return gateway.anonymised.open(kept.address, entry)

    receipt = deposit(sent, manifest, _counted(gateway, "release", manifest, open_entry), gateway.central, gateway.now)
    gateway.records.keep_receipt(submission, receipt)
    return receipt.digest


def consign(gateway: Gateway, submission: str) -> str:
    """Put beside the session what the centre goes by: its trial, and last the signed word of what was sent."""
    chosen = under_way(gateway, submission)
    address = central_session(gateway, chosen).address
    name, body = sealed_consignment(gateway, chosen)
    gateway.central.mark(address, chosen.trial)
    gateway.central.attach(address, name, body)
    return name


def share_into_trial(gateway: Gateway, submission: str) -> str:
    chosen = under_way(gateway, submission)
    with as_the_centre_knows_it(gateway, chosen):
        project = pinned(gateway, chosen).project
    if gateway.shares:
        gateway.central.share(central_session(gateway, chosen).address, project)
    return project


def keep_signed_receipt(gateway: Gateway, submission: str) -> str:
    chosen = under_way(gateway, submission)
    with as_the_centre_knows_it(gateway, chosen):
        project = pinned(gateway, chosen).project if gateway.shares else ""
    receipt = gateway.seal(document(gateway.records, chosen, gateway.site, gateway.central_project, project))
    gateway.records.keep_provenance(submission, {**gateway.records.provenance(submission), KEPT: json.dumps(receipt)})
    return str(receipt["digest"])


def rest(
    gateway: Gateway, submission: str, attempt: int, state: str, why: str, says: str, wait_seconds: float | None
) -> None:
    due_at = None if wait_seconds is None else gateway.now() + timedelta(seconds=wait_seconds)
    gateway.records.rest(submission, attempt, State(state), why, says, due_at)
    say("rested", submission=submission, state=state, code=why or "none", attempt=attempt)


# Files on their way --------------------------------------------------------------------------------------------


def _from(folder: Path) -> Callable[[Entry], AbstractContextManager[BinaryIO]]:
    return lambda entry: (folder / entry.name).open("rb")


def _counted(
    gateway: Gateway, stage: str, manifest: Manifest, open_entry: Callable[[Entry], AbstractContextManager[BinaryIO]]
) -> Callable[[Entry], AbstractContextManager[BinaryIO]]:
    opened: set[str] = set()

    def opening(entry: Entry) -> AbstractContextManager[BinaryIO]:
        opened.add(entry.name)
        gateway.progress(stage, len(opened), len(manifest))
        return open_entry(entry)

    return opening


def _is(entry: Entry, path: Path) -> bool:
    if not path.is_file() or path.stat().st_size != entry.size:
        return False
    with path.open("rb") as data:
        return measure(entry.name, data) == entry


def _fetch_one(archive: Archive, address: Address, entry: Entry, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    with archive.open(address, entry) as data, part.open("wb") as out:
        shutil.copyfileobj(data, out, 1 << 20)
    if not _is(entry, part):
        part.unlink()
        raise DigestMismatch(archive.name, (entry.name,))
    part.replace(target)


def _adopt_as_original(gateway: Gateway, submission: str) -> None:
    """The spool's copy becomes the work copy: read back from the archive, it need not stay durable."""
    target = original(gateway, submission)
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(gateway.spool / submission, target)  # a rename, or a copy where the work folder is on another disk


def _clear_if_other(archive: Archive, address: Address, manifest: Manifest) -> None:
    """Labels are ours and used once, so what differs here is what an earlier attempt of this submission left."""
    if manifest.differing(archive.held(address)):
        archive.remove(address)
