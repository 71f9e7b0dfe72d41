"""What is to be done with a session. Pure: every fact is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from uploader.central.word import Reason, Word, Wrong
from uploader.domain.consignment import Consignment, Recall
from uploader.domain.lodged import Lodged, Shown
from uploader.domain.manifest import Held


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One session as it is now."""

    session: Lodged
    word: Word
    shown: Shown
    twins: Sequence[str]
    """Labels of other sessions of the project with the same consignment."""
    held: Sequence[Held] = ()
    """Its files as the archive lists them."""
    said: str = ""
    """Trial in its custom field; empty for none."""
    headers: Mapping[str, str | None] = field(default_factory=dict)
    """Scan -> trial in the header (0012,0020) of one of its files; None for one that cannot be read."""


@dataclass(frozen=True, slots=True)
class Share:
    """Show it in `project`, unless it is."""

    project: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unshare:
    """The site took it back: show it in `projects` no longer."""

    projects: frozenset[str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """A person must look; nothing is changed."""

    wrong: Wrong


Decision = Share | Unshare | Listed


def decide(facts: Facts, trials: Mapping[str, str]) -> Decision:
    """What to do.

    trials: trial -> its project
    """
    recall = facts.word.recall
    if isinstance(recall, Recall) and _concerns(recall, facts):
        return _taken_back(facts, trials)
    if recall is not None:
        return Listed(_bad_recall(recall))
    consignment = facts.word.consignment
    if isinstance(consignment, Wrong):
        return Listed(consignment)
    if wrong := _wrong(facts, consignment, trials):
        return Listed(wrong)
    return Share(trials[consignment.trial], _notes(facts, consignment))


def _wrong(facts: Facts, consignment: Consignment, trials: Mapping[str, str]) -> Wrong | None:
    """The first thing that keeps it from being shared."""
    return (
        _place_wrong(facts, consignment)
        or _files_wrong(facts, consignment, trials.get(consignment.trial, ""))
        or _trial_wrong(facts, consignment, trials)
    )


def _concerns(recall: Recall, facts: Facts) -> bool:
    """Whether it takes back this very session: what was consigned, or where nothing is, what lies under its labels."""
    consignment, address = facts.word.consignment, facts.session.address
    if isinstance(consignment, Consignment):
        return recall.concerns(consignment)
    return (recall.subject, recall.session) == (address.subject, address.session)


def _taken_back(facts: Facts, trials: Mapping[str, str]) -> Unshare:
    ours = facts.shown.partly & frozenset(trials.values())
    elsewhere = sorted(facts.shown.partly - ours)
    notes = [f"still shown in {project}, which is no trial's project here: end that by hand" for project in elsewhere]
    return Unshare(ours, tuple(notes))


def _bad_recall(recall: Recall | Wrong) -> Wrong:
    if isinstance(recall, Wrong):
        return Wrong(Reason.BAD_RECALL, recall.says)
    return Wrong(Reason.BAD_RECALL, f"{recall.name} takes back another session than this")


def _place_wrong(facts: Facts, consignment: Consignment) -> Wrong | None:
    address = facts.session.address
    if facts.twins and address.session != consignment.session:
        return Wrong(Reason.TWICE, f"its consignment lies beside {', '.join(facts.twins)} too")
    if address.subject != consignment.subject:
        says = f"it lies under subject {address.subject}; its site sent it for {consignment.subject}"
        return Wrong(Reason.OTHER_SUBJECT, says)
    return None


def _files_wrong(facts: Facts, consignment: Consignment, project: str) -> Wrong | None:
    """Before it is shared the files must be exactly what was sent; afterwards the centre may have added some."""
    manifest = consignment.manifest
    lacking = [entry.name for entry in manifest.lacking(facts.held)]
    known = {entry.name for entry in manifest}
    differing = manifest.differing(facts.held)
    changed = sorted({*lacking, *(name for name in differing if name in known)})
    foreign = [name for name in differing if name not in known]
    if changed:
        return Wrong(Reason.MANIFEST_DIFFERS, f"{len(changed)} file(s) are not as they were sent, first {changed[0]}")
    if len(set(facts.held)) != len(facts.held):
        return Wrong(Reason.MANIFEST_DIFFERS, "the archive lists a file twice")
    if foreign and project not in facts.shown.whole:
        return Wrong(Reason.MANIFEST_DIFFERS, f"{len(foreign)} file(s) were not sent with it, first {foreign[0]}")
    return None


def _trial_wrong(facts: Facts, consignment: Consignment, trials: Mapping[str, str]) -> Wrong | None:
    trial = consignment.trial
    unread = sorted(scan for scan, said in facts.headers.items() if said is None)
    other = sorted(scan for scan, said in facts.headers.items() if said not in (None, trial))
    if not facts.said:
        return Wrong(Reason.NO_TRIAL, f"its custom field trial is empty; its site sent it for {trial}")
    if facts.said != trial:
        return Wrong(Reason.TRIAL_DIFFERS, f"its custom field says {facts.said}; its site sent it for {trial}")
    if unread:
        return Wrong(Reason.UNREADABLE, f"a file of scan {unread[0]} cannot be read as DICOM")
    if other:
        says = f"(0012,0020) of scan {other[0]} is not {trial}, for which its site sent it"
        return Wrong(Reason.TRIAL_DIFFERS, says)
    if {entry.scan for entry in consignment.manifest} != facts.headers.keys():
        return Wrong(Reason.UNREADABLE, "not every scan was looked at")
    if trial not in trials:
        return Wrong(Reason.UNKNOWN_TRIAL, f"no trial {trial} is in the settings")
    return None


def _notes(facts: Facts, consignment: Consignment) -> tuple[str, ...]:
    label, notes = facts.session.address.session, []
    if label != consignment.session:
        notes.append(f"its site sent it as {consignment.session}")
    if added := len(consignment.manifest.differing(facts.held)):
        notes.append(f"{added} file(s) were added at the centre")
    return tuple(notes)
