"""One session: its facts gathered, what was decided carried out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from uploader.central.rules import Facts, Listed, Share, decide
from uploader.central.word import Reason, Site, Word, Wrong, word_of
from uploader.domain.consignment import Consignment
from uploader.domain.errors import ArchiveRefused, Held, LabelTaken, Transient, UnreadableFile, UploaderError
from uploader.domain.lodged import Lodged
from uploader.domain.manifest import Entry, Manifest
from uploader.domain.session import Address
from uploader.part10 import value_of
from uploader.ports import Centre

TRIAL_TAG = 0x00120020
"""Clinical Trial Protocol ID (0012,0020), LO."""


_REASONS: dict[type[UploaderError], Reason] = {
    LabelTaken: Reason.LABEL_TAKEN,
    ArchiveRefused: Reason.ARCHIVE_REFUSED,
}


class Standing(StrEnum):
    """Where a session stands."""

    SHARED = "shared"
    RECALLED = "recalled"
    WAITS = "waits"
    """A person must look."""
    TO_SHARE = "to share"
    """Would be shared, where nothing may be changed."""
    TO_END = "to end"
    """Its shares would be ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What is told of one session."""

    site: str
    session: str
    """Its label as it is now."""
    id: str
    """The archive's own."""
    subject: str
    trial: str = ""
    """As its site signed it; empty where nothing is believed."""
    state: Standing = Standing.WAITS
    projects: tuple[str, ...] = ()
    """Further projects in which it is shown now, as far as is known."""
    reason: str = ""
    """Why it waits, a `Reason`."""
    says: str = ""
    changed: bool = False
    """Whether this visit shared it, or ended a share."""

    def document(self) -> dict[str, Any]:
        """Plain JSON."""
        return {**asdict(self), "projects": list(self.projects)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What it takes to visit the sessions of a site."""

    centre: Centre
    site: Site
    trials: Mapping[str, str]
    """Trial -> its project."""
    act: bool
    """False looks only."""

    def at(self, session: Lodged, names: Sequence[str], twins: Sequence[str]) -> Row:
        """Look at one session, and do what is to be done. What the archive refuses, or cannot do now, is told.

        names: of the documents beside it
        twins: labels of other sessions with a consignment of the same name
        """
        row = self.unseen(session)
        try:
            word = word_of({name: self.centre.paper(session.address, name) for name in names}, self.site)
            if isinstance(word.consignment, Consignment):
                row = replace(row, trial=word.consignment.trial)
            facts = gather(self.centre, session, word, twins)
            return self._carried_out(replace(row, projects=_sorted(facts.shown.partly)), facts)
        except (Held, Transient) as error:
            return waiting(row, error)

    def unseen(self, session: Lodged) -> Row:
        """The row of a session of which no more is known than that it is there."""
        address = session.address
        return Row(site=self.site.name, session=address.session, id=session.id, subject=address.subject)

    def _carried_out(self, row: Row, facts: Facts) -> Row:
        decision = decide(facts, self.trials)
        if isinstance(decision, Listed):
            return replace(row, reason=decision.wrong.reason, says=decision.wrong.says)
        row = replace(row, says="; ".join(decision.notes))
        if isinstance(decision, Share):
            return self._share(row, facts, decision.project)
        return self._end(row, facts, decision.projects)

    def _share(self, row: Row, facts: Facts, project: str) -> Row:
        if project in facts.shown.whole:
            return replace(row, state=Standing.SHARED)
        if not self.act:
            return replace(row, state=Standing.TO_SHARE)
        self.centre.share(facts.session.address, project)
        projects = _sorted(facts.shown.partly | {project})
        return replace(row, state=Standing.SHARED, projects=projects, changed=True)

    def _end(self, row: Row, facts: Facts, projects: frozenset[str]) -> Row:
        if not projects:
            return replace(row, state=Standing.RECALLED)
        if not self.act:
            return replace(row, state=Standing.TO_END)
        for project in sorted(projects):
            self.centre.unshare(facts.session.address, project)
        left = _sorted(facts.shown.partly - projects)
        return replace(row, state=Standing.RECALLED, projects=left, changed=True)


def waiting(row: Row, error: UploaderError) -> Row:
    """The row of a session that an error stopped."""
    return replace(row, reason=_REASONS.get(type(error), Reason.ARCHIVE_UNAVAILABLE), says=str(error))


def gather(centre: Centre, session: Lodged, word: Word, twins: Sequence[str]) -> Facts:
    """Everything the rules ask for; what costs much only where the site's word is believed and stands."""
    address, consignment = session.address, word.consignment
    facts = Facts(session=session, word=word, shown=centre.shown(address), twins=twins)
    if isinstance(consignment, Wrong) or word.recall is not None:
        return facts
    held = tuple(centre.held(address))
    if consignment.manifest.lacking(held):
        return replace(facts, held=held, said=centre.trial(address))
    headers = _headers(centre, address, consignment.manifest)
    return replace(facts, held=held, said=centre.trial(address), headers=headers)


def _headers(centre: Centre, address: Address, manifest: Manifest) -> dict[str, str | None]:
    return {scan: _trial_in(centre, address, entry) for scan, entry in manifest.first_of_scans().items()}


def _trial_in(centre: Centre, address: Address, entry: Entry) -> str | None:
    """What one file says; its pixels are not even fetched."""
    try:
        with centre.open(address, entry) as stream:
            return value_of(stream, TRIAL_TAG).decode("ascii", "replace").strip(" \0")
    except UnreadableFile:
        return None


def _sorted(projects: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(projects))
