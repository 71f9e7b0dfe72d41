"""What a person may do to a submission: look, choose a trial, rename, sign, release, retry, withdraw, recall.

The desk and the command line both stand on this; what people let pass is in `overruling` and `waiving`. It holds the
anonymised archive; what shows identifiable data (`changes`, `structures`) goes through `looking`, which leaves an audit
line before anything is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import count
from types import MappingProxyType
from typing import Any, Protocol

from uploader.changes import changes
from uploader.dicom import header
from uploader.domain.choice import Option, checked, open_choices
from uploader.domain.errors import NotFound, NotSigned, Refused, UnknownTrial, WrongState
from uploader.domain.evidence import SignOff
from uploader.domain.manifest import Entry, Manifest
from uploader.domain.private import Private
from uploader.domain.renaming import ACTION as RENAMED
from uploader.domain.renaming import Names, Renaming, decided_by
from uploader.domain.renaming import standing as last_decided
from uploader.domain.session import Address
from uploader.domain.sight import sight
from uploader.domain.signing import Asked, Signatures
from uploader.domain.submission import State, Submission
from uploader.domain.trial import Protocol as TrialProtocol
from uploader.given import trial_session
from uploader.ports import Archive, Header, Records
from uploader.recall import STILL_SHARED, Centre
from uploader.recall import ask as ask_recall
from uploader.renaming import confirmation, may_rename, offered, refusal, structures, told
from uploader.signing import KINDS, check_looked_at
from uploader.stages.verify.report import sentences
from uploader.viewer import Viewer
from uploader.views import (
    Change,
    Element,
    Naming,
    Roi,
    View,
    dataset_of,
    differing,
    leaves_of,
    rois_of,
    scans_of,
)

RENAMABLE = frozenset({State.REFUSED, State.HELD, State.AWAITING_SIGNOFF})
"""States in which structures may be renamed, at rest on the route ``prepare``."""
RECALLERS = ("reviewer", "admin")
"""Roles that may take back what was released."""
SIGNABLE = frozenset({State.AWAITING_SIGNOFF, State.SIGNED, State.RELEASED})
"""States in which there is an anonymised session to look at."""


class Accounts(Protocol):
    """Who may use the desk."""

    def check(self, login: str, password: str) -> frozenset[str]:
        """Roles of the account. Raises WrongPassword."""

    def everybody(self) -> Mapping[str, frozenset[str]]:
        """Login -> roles of every account."""


class Trials(Protocol):
    """The protocols of the trials this site takes part in."""

    def open(self) -> Sequence[TrialProtocol]: ...

    def newest(self, trial: str) -> TrialProtocol: ...

    def version(self, trial: str, version: str) -> TrialProtocol: ...


@dataclass(frozen=True, kw_only=True)
class Review:
    """People's actions, each of which the records audit with its actor."""

    records: Records
    accounts: Accounts
    anonymised: Archive
    looking: Callable[[Submission, str], tuple[Archive, Address]]
    """(submission, person) -> the identifiable archive and where in it; audits that the person looks."""
    trials: Trials
    receipt: Callable[[str], Mapping[str, Any]]
    """Submission -> its receipt. Raises WrongState before release."""
    notices: Callable[[str], Sequence[str]]
    """``waiting`` or ``quarantined`` -> sentences about what lies in the watched folder."""
    now: Callable[[], datetime]
    viewers: Mapping[str, Viewer] = field(default_factory=dict)
    """``identifiable``, ``anonymised`` -> the viewer of that archive, where it has one."""
    centre: Centre = field(default_factory=Centre)
    """Where sessions go, for saying so."""
    site: str = ""
    """This hospital as the trials call it, which needs no choosing where a protocol lists it."""

    def all(self) -> Sequence[Submission]:
        return self.records.all()

    def open_trials(self) -> Sequence[TrialProtocol]:
        """What can be chosen: the newest protocol of each trial to which sessions can be sent."""
        return self.trials.open()

    def show(self, submission: str) -> View:
        """Everything that may be shown without asking: nothing in it identifies a patient."""
        about = self.records.get(submission)
        manifest, provenance = self._manifest(about), self.records.provenance(submission)
        verdicts, names = {kind: self.records.verdict(submission, kind) for kind in KINDS}, self._decided(about)
        return View(
            submission=about,
            scans=scans_of(about, manifest or self.records.manifest(submission, "identifiable")),
            protocol_verdict=verdicts["protocol"],
            verification=verdicts["verification"],
            digest=manifest.digest if manifest else "",
            seen=sight(about, manifest, names, verdicts) if manifest else "",
            signatures=self.signatures(submission),
            receipts=tuple(self.records.receipts(submission)),
            history=tuple(self.records.history(submission)),
            verified=tuple(sentences(provenance.get("verified", {}))),
            changed=tuple(changes(provenance)),
            renamed=tuple(told(names)),
            renamed_by=self._renamed_by(about),
            anonymised_verdict=verdicts["anonymised"],
            titles={rule.line: rule.title for protocol in self.pinned(about) for rule in protocol.rules},
            names={rule.line: rule.name for protocol in self.pinned(about) for rule in protocol.rules},
        )

    def choose(
        self,
        submission: str,
        trial: str,
        subject: str,
        person: str,
        label: str = "",
        codes: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Choose the trial and the subject, and set the submission on its way.

        codes: ``arm``, ``timepoint``, ``site``, of what the protocol lists; raises Refused for others, and without one
        """
        protocol = self.trials.newest(trial)
        protocol.check_subject(subject)
        codes = checked(protocol, codes, self.site)
        label = label or self._label(self.records.get(submission), protocol, subject, codes.get("timepoint", ""))
        protocol.check_label(subject, label, codes.get("timepoint", ""))
        chosen = (protocol.version, protocol.digest, subject, label)
        self.records.choose(submission, trial, *chosen, person, codes=codes, onward=True)

    def choices(self, trial: TrialProtocol) -> Mapping[str, Sequence[Option]]:
        """What must be chosen with the trial, ``arm``, ``timepoint``, ``site``, and from what."""
        return open_choices(trial, self.site)

    def sign(
        self, submission: str, person: str, password: str, seen: str, attested: Collection[str] = (), role: str = ""
    ) -> tuple[str, ...]:
        """Sign what was on the screen, with the password given anew (21 CFR 11.200); returns the roles in which
        somebody must still sign. Only when there is none left, `release` goes on.

        seen: digest of all that was looked at, as `show` says it
        attested: sentences of the protocol's ``sign_off`` that the person ticked; they become part of the meaning
        role: in which the person signs; need not be said where only one is open to them
        Raises WrongPassword, NotSigned when the session changed since it was looked at, WrongState, and Refused for
        somebody who may not sign, or has signed, and while not all is attested.
        """
        about, has = self.records.get(submission), self.accounts.check(person, password)
        manifest = check_looked_at(self.records, self.anonymised, about, seen)
        if not self.pinned(about):
            raise NotSigned("the protocol under which the session was judged is another now; choose the trial again")
        so_far = self.signatures(submission)
        role = so_far.role_of(person, has, role)
        meaning = so_far.asked.meaning(attested)
        signoff = SignOff(person, manifest.digest, about.protocol_digest, self.now(), meaning, role, seen)
        return self.records.keep_signoff(submission, signoff, so_far.asked, about.attempt)

    def signatures(self, submission: str) -> Signatures:
        """Who has signed it, and who must still."""
        pinned = self.pinned(self.records.get(submission))
        return Signatures(Asked.of(pinned[0]) if pinned else Asked(), tuple(self.records.signoffs(submission)))

    def rule_name(self, submission: str, line: str) -> str:
        """What waivers call the rule of a finding; empty where the protocol that judged is another now."""
        pinned = self.pinned(self.records.get(submission))
        return "".join(protocol.rule_name(line) for protocol in pinned)

    def release(self, submission: str, person: str) -> None:
        """Ask for the signed session to be sent."""
        if self.records.get(submission).state is not State.SIGNED:
            raise WrongState(f"submission {submission} is not signed off")
        self.records.queue(submission, "release", person)

    def retry(self, submission: str, person: str) -> None:
        """Ask for the last route again: what was held, refused or waits."""
        about = self.records.get(submission)
        if about.state not in (State.HELD, State.REFUSED, State.WAITING):
            raise WrongState(f"submission {submission} is {about.state}; there is nothing to try again")
        self.records.queue(submission, about.route, person)

    def withdraw(self, submission: str, person: str, reason: str) -> None:
        """Take a submission back before release; its copies stay where they are, and say so."""
        if not reason.strip():
            raise Refused("say why the submission is withdrawn; the reason is kept with it")
        about = self.records.get(submission)
        if about.state in (State.RELEASED, State.RECALLED):
            raise WrongState(f"submission {submission} is {about.state}; to take it back at the centre, recall it")
        if about.route == "release" or any(r.place == "central" for r in self.records.receipts(submission)):
            reason = f"{reason} (The centre may hold session {about.label}; ask the central team to remove it.)"
        self.records.withdraw(submission, person, reason)

    def recall(self, submission: str, person: str, password: str, reason: str) -> None:
        """Ask for a released session to be taken back at the centre, which a worker does.

        Raises WrongPassword, WrongState, and Refused without a reason and for an account that may not.
        """
        _check_recalls(self.accounts.check(person, password))
        ask_recall(self.records, submission, person, reason)

    def look_again(self, submission: str, person: str) -> None:
        """Ask whether what was recalled is still shown, which a worker finds out; the reason stays the one given.

        Raises WrongState where the centre's people have nothing left to do, and Refused for an account that may not.
        """
        about = self.records.get(submission)
        _check_recalls(self.accounts.everybody().get(person, frozenset()))
        if about.why != STILL_SHARED:
            raise WrongState(f"submission {submission} does not wait for the central team to end its share")
        ask_recall(self.records, submission, person, about.says)

    def trial_project(self, submission: str) -> str:
        """The trial's project at the centre; empty where the protocol that judged is another now."""
        return "".join(protocol.project for protocol in self.pinned(self.records.get(submission)))

    def pinned(self, about: Submission) -> Sequence[TrialProtocol]:
        """The protocol it is judged under; none before one was chosen, and none when its file is another now."""
        with suppress(UnknownTrial, NotFound):
            protocol = self.trials.version(about.trial, about.protocol_version)
            return [protocol] if protocol.digest == about.protocol_digest else []
        return []

    def viewable(self, view: View) -> tuple[str, ...]:
        """Of ``identifiable`` and ``anonymised`` those whose images are kept and can be seen in a viewer."""
        kept = {receipt.place for receipt in view.receipts}
        there = {"identifiable": "identifiable" in kept, "anonymised": "anonymised" in kept and bool(view.digest)}
        return tuple(place for place, is_there in there.items() if is_there and place in self.viewers)

    def viewer(self, submission: str, place: str, person: str) -> str:
        """Where a browser sees the images; the archive asks who it is. Asking for those as they arrived is audited.

        Raises NotFound where there is nothing to see, and what the archive raises.
        """
        view = self.show(submission)
        if place not in self.viewable(view):
            raise NotFound("there are no such images, or no viewer for them")
        if place == "identifiable":
            _, address = self.looking(view.submission, person)
        else:
            address = trial_session(view.submission).address
        return self.viewers[place].address(address)

    def rois(self, submission: str) -> tuple[Roi, ...]:
        """Structures of every RTSTRUCT of the anonymised session."""
        about = self.records.get(submission)
        manifest = self._manifest(about)
        if manifest is None:
            return ()
        address = trial_session(about).address
        return tuple(rois_of(self.anonymised, address, about, manifest))

    def structures(self, submission: str, person: str) -> Naming:
        """Structures as they arrived, beside the names of the protocol that was chosen. Audited."""
        about = self.records.get(submission)
        sets = self._sets(about, person)
        asked = self._asked(about)
        found = structures(sets, asked, self._decided(about))
        can = may_rename(asked) and about.state in RENAMABLE and about.route == "prepare"
        return Naming(found, tuple(offered(asked)), can, confirmation(asked), self._renamed_by(about))

    def rename(
        self, submission: str, person: str, names: Names, confirmed: Collection[tuple[str, int]] = frozenset()
    ) -> None:
        """Decide what structures are called in the trial, and prepare the session anew. What arrived stays as it is.

        names: all that are to be renamed; those decided before and not among them keep the name with which they arrived
        confirmed: (entry, ROI number) of those that the person confirmed one by one, where the protocol asks for it
        Raises WrongState, and Refused for names that the structures cannot get. Looking at them is audited.
        """
        about = self.records.get(submission)
        if about.state not in RENAMABLE or about.route != "prepare":
            raise WrongState(f"submission {submission} is {about.state}; its structures cannot be renamed now")
        asked = self._asked(about)
        if not may_rename(asked):
            raise Refused("the protocol that was chosen does not let sites rename structures")
        names = {entry: new for entry, new in names.items() if new}
        fault = refusal(asked, names, self._decided(about), confirmed, partial(self._sets, about, person))
        if fault:
            raise Refused(fault)
        digest = self.records.manifest(submission, "identifiable").digest
        renaming = Renaming(person, digest, about.trial, about.protocol_version, names)
        self.records.decide(submission, person, RENAMED, renaming.facts)

    def elements(self, submission: str, name: str, person: str) -> tuple[Element, ...]:
        """Every element of one file as it arrived: what a finding about a session that was not kept is judged by.
        Audited."""
        about = self.records.get(submission)
        entry = _entry(self.records.manifest(submission, "identifiable"), name)
        archive, address = self.looking(about, person)
        leaves = leaves_of(dataset_of(archive, address, entry))
        return tuple(Element(where, leaf.name, Private(leaf.value), leaf.within) for where, leaf in leaves.items())

    def changes(self, submission: str, name: str, person: str) -> tuple[Change, ...]:
        """Every element of one file that anonymisation changed, before and after. Audited."""
        about = self.records.get(submission)
        before_entry = _entry(self.records.manifest(submission, "identifiable"), name)
        after_entry = _entry(self.records.manifest(submission, "anonymised"), name)
        archive, address = self.looking(about, person)
        before = leaves_of(dataset_of(archive, address, before_entry))
        after = leaves_of(dataset_of(self.anonymised, trial_session(about).address, after_entry))
        return tuple(differing(before, after))

    def examples(self, submission: str) -> Mapping[str, str]:
        """Scan ID -> name of its first file: what `changes` is usually asked about."""
        manifest = self.records.manifest(submission, "identifiable")
        return {scan: entry.name for scan, entry in manifest.first_of_scans().items()}

    def _sets(self, about: Submission, person: str) -> Mapping[str, Header]:
        """The RTSTRUCTs as they arrived, by entry. Audited."""
        archive, address = self.looking(about, person)
        entries = self.records.manifest(about.id, "identifiable")
        wanted = [entry for entry in entries if about.scans.get(entry.scan) == "RTSTRUCT"]
        return {entry.name: header(dataset_of(archive, address, entry)) for entry in wanted}

    def _asked(self, about: Submission) -> Mapping[str, Any]:
        """What the chosen protocol says; nothing before one was chosen."""
        return next((protocol.content for protocol in self.pinned(about)), {})

    def _decided(self, about: Submission) -> Names:
        return last_decided(self.records.history(about.id), about, self._arrived(about))

    def _renamed_by(self, about: Submission) -> str:
        """Who decided what structures are called now; empty for nobody."""
        return decided_by(self.records.history(about.id), about, self._arrived(about))

    def _arrived(self, about: Submission) -> str:
        """Digest of the files as they arrived."""
        return self.records.manifest(about.id, "identifiable").digest

    def _label(self, about: Submission, protocol: TrialProtocol, subject: str, timepoint: str) -> str:
        """The label it was given before for this subject and visit, else the next free one. None is used twice."""
        before = (about.trial, about.subject, about.chosen.get("timepoint", ""))
        if about.label and before == (protocol.trial, subject, timepoint):
            return about.label
        taken = self.records.labels_of(protocol.trial, subject)
        return next(label for n in count(1) if (label := protocol.label(subject, n, timepoint)) not in taken)

    def _manifest(self, about: Submission) -> Manifest | None:
        """What would be or was signed; None where there is nothing to sign."""
        if about.state not in SIGNABLE and about.route != "release":
            return None
        try:
            return self.records.manifest(about.id, "anonymised")
        except NotFound:
            return None


def _check_recalls(roles: Collection[str]) -> None:
    if not set(RECALLERS).intersection(roles):
        raise Refused(f"this account may not recall a session: that is for the role {' or '.join(RECALLERS)}")


def _entry(manifest: Manifest, name: str) -> Entry:
    for entry in manifest:
        if entry.name == name:
            return entry
    raise NotFound("the session has no file of that name")
