"""Which files are one session, which of them is complete, and what stands in the way. Pure decisions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import astuple, dataclass, field, replace

from uploader.domain.arrival import Piece
from uploader.domain.errors import SourceBusy
from uploader.domain.identity import Identity, PrivateIdentity
from uploader.domain.private import Private
from uploader.stages.ingest.facts import Instance

Found = Mapping[Piece, Instance]


@dataclass(frozen=True, slots=True)
class Group:
    """One session. doubles: pieces that hold the same bytes as one of `files`."""

    files: Found
    doubles: tuple[Piece, ...]

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return (*self.files, *self.doubles)

    @property
    def identity(self) -> PrivateIdentity:
        """The one patient: the fullest of what the files say of them.

        Where some files name the issuer of the ID and others leave it out, the patient is the one of the named
        issuer, for the arrival as for the link table. A session in which no file names it is that of a patient
        without an issuer: nobody here can know that it is the same one.
        """
        said = sorted({i.identity.reveal() for i in self.files.values()}, key=astuple, reverse=True)
        fullest = max(said, key=lambda i: (i.issuer, i.name))
        return Private(replace(fullest, name=fullest.name or max(i.name for i in said)))

    @property
    def instances(self) -> frozenset[str]:
        return frozenset(i.uid for i in self.files.values())


@dataclass(frozen=True, slots=True)
class Conflict:
    """Files that cannot be one session, and must not be taken in part."""

    code: str
    says: str
    pieces: tuple[Piece, ...]


@dataclass(slots=True)
class Plan:
    """What is to be done with everything found. waiting: sentences free of identity."""

    ready: list[Group] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a decision must ask of the world.

    same_bytes: whether two pieces hold the same; may raise SourceBusy
    busy: drops (`Origin.drop`) in which files are still arriving; what has a file there waits
    busy_studies: Study Instance UIDs of files that are still arriving
    known: whether all these SOP Instance UIDs were received earlier; None: RT objects do not wait for images
    """

    same_bytes: Callable[[Piece, Piece], bool]
    busy: Set[str] = frozenset()
    busy_studies: Set[str] = frozenset()
    known: Callable[[frozenset[str]], bool] | None = None


def decide(found: Found, asked: Asked) -> Plan:
    """Sort everything that was found."""
    by_uid = _by_uid(found)
    present = {uid: found[pieces[0]] for uid, pieces in by_uid.items()}
    homes = _homes(found, present, by_uid)
    groups: dict[str, dict[Piece, Instance]] = defaultdict(dict)
    for piece, instance in found.items():
        groups[homes[piece]][piece] = instance
    plan = Plan()
    for _, files in sorted(groups.items()):
        _place(plan, files, present, asked)
    return plan


def same_patient(one: Identity, other: Identity) -> bool:
    """Whether the IDs agree and the issuers do not contradict: planning systems often leave the issuer out."""
    if one is other:
        return True
    a, b = (Identity(i.patient_id, "" if not (one.issuer and other.issuer) else i.issuer, "") for i in (one, other))
    return a.key == b.key


def _place(plan: Plan, files: Found, present: Mapping[str, Instance], asked: Asked) -> None:
    """Put one group where it belongs in the plan."""
    if any(p.origin.drop in asked.busy or i.study in asked.busy_studies for p, i in files.items()):
        return  # the files that are still arriving are told of already
    try:
        group, clash = _without_doubles(files, asked.same_bytes)
    except SourceBusy:
        plan.waiting.append(f"{len(files)} file(s) changed while they were read, and are looked at again.")
        return
    if clash:
        says = f"two different files bear the same instance UID; the whole study of {len(files)} file(s) was set aside"
        plan.conflicts.append(Conflict("quarantine.sop-conflict", says, tuple(files)))
    elif not _one_patient(files):
        says = f"one study names more than one patient; all its {len(files)} file(s) were set aside"
        plan.conflicts.append(Conflict("quarantine.patient-conflict", says, tuple(files)))
    elif asked.known and (lacking := list(_lacking(group, present, asked.known))):
        plan.waiting += lacking
    else:
        plan.ready.append(group)


def _by_uid(found: Found) -> Mapping[str, list[Piece]]:
    by_uid: dict[str, list[Piece]] = defaultdict(list)
    for piece, instance in found.items():
        by_uid[instance.uid].append(piece)
    return by_uid


def _homes(found: Found, present: Mapping[str, Instance], by_uid: Mapping[str, list[Piece]]) -> dict[Piece, str]:
    """Piece -> Study Instance UID of the session it goes with."""
    frames = _studies_by_frame(found)
    homes = {piece: _home(instance, present, frames, ()) for piece, instance in found.items()}
    merged: dict[str, str] = {}

    def final(home: str) -> str:
        while home in merged:
            home = merged[home]
        return home

    for first, *others in by_uid.values():
        for other in others:  # one instance UID in two sessions: they are judged together
            if final(homes[other]) != final(homes[first]):
                merged[final(homes[other])] = final(homes[first])
    return {piece: final(home) for piece, home in homes.items()}


def _studies_by_frame(found: Found) -> Mapping[str, list[Instance]]:
    frames: dict[str, list[Instance]] = defaultdict(list)
    for instance in found.values():
        if not instance.rt:
            for frame in instance.frames:
                frames[frame].append(instance)
    return frames


def _home(
    instance: Instance,
    present: Mapping[str, Instance],
    frames: Mapping[str, list[Instance]],
    trail: tuple[str, ...],
) -> str:
    """The study of what an RT object refers to, through other RT objects; its own for everything else."""
    if not instance.rt or instance.uid in trail:
        return instance.study
    targets = list(_partners(instance, present))
    studies = Counter(_home(t, present, frames, (*trail, instance.uid)) for t in targets)
    if not studies:
        studies = Counter(i.study for f in instance.frames for i in frames.get(f, ()) if _together(instance, i))
        if len(studies) > 1:
            return instance.study
    if not studies or instance.study in studies:
        return instance.study
    return min(studies, key=lambda study: (-studies[study], study))


def _partners(instance: Instance, present: Mapping[str, Instance]) -> Iterator[Instance]:
    for uid in instance.images | instance.parts:
        if uid in present and _together(instance, present[uid]):
            yield present[uid]


def _together(one: Instance, other: Instance) -> bool:
    return same_patient(one.identity.reveal(), other.identity.reveal())


def _without_doubles(files: Found, same_bytes: Callable[[Piece, Piece], bool]) -> tuple[Group, bool]:
    """The group with every instance once, and whether two files claim to be one instance and are not the same."""
    first: dict[str, Piece] = {}
    doubles = []
    for piece, instance in files.items():
        if instance.uid not in first:
            first[instance.uid] = piece
        elif same_bytes(first[instance.uid], piece):
            doubles.append(piece)
        else:
            return Group({}, ()), True
    return Group({piece: files[piece] for piece in first.values()}, tuple(doubles)), False


def _one_patient(files: Found) -> bool:
    identities = {i.identity for i in files.values()}
    named = [i.reveal() for i in identities if i.reveal().issuer] or [next(iter(identities)).reveal()]
    return all(same_patient(named[0], i.reveal()) for i in identities)


def _lacking(group: Group, present: Mapping[str, Instance], known: Callable[[frozenset[str]], bool]) -> Iterator[str]:
    """What the RT objects of the group still wait for, in words."""
    for instance in group.files.values():
        if not instance.rt:
            continue
        here = {i.uid for i in _partners(instance, present)}
        images, parts = instance.images - here, instance.parts - here
        if images and not known(images):
            yield f"An {instance.rt} waits for {len(images)} image(s) it refers to."
        if parts and not known(parts):
            yield f"An {instance.rt} waits for {len(parts)} other RT object(s) it refers to."
