"""The few things the line asks of the world, and nothing more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TypeVar

from uploader.domain.arrival import Look, Origin, Piece
from uploader.domain.errors import UnreadableFile
from uploader.domain.evidence import Receipt, SignOff
from uploader.domain.finding import Finding, Ruling, Verdict
from uploader.domain.identity import PrivateIdentity, Pseudonym
from uploader.domain.lodged import Lodged, Shown
from uploader.domain.manifest import Entry, Held, Manifest
from uploader.domain.session import Address, Session
from uploader.domain.signing import Asked
from uploader.domain.submission import ROUTES, State, Submission

if TYPE_CHECKING:
    from numpy.typing import NDArray

T = TypeVar("T")

Header = Mapping[str, Any]
"""DICOM attributes by keyword: text, int, float, lists of these, and for sequences lists of Headers.
Pixel data and unknown elements are left out, and private ones too but for those few that `vendor` names; a missing
attribute has no key. Decimal Strings of more than 32 numbers, as Contour Data (3006,0050) are, may be one array of
float64 instead of a list."""

Headers = Mapping[str, Header]
"""Entry name -> Header."""

Open = Callable[[Entry], AbstractContextManager[BinaryIO]]
"""Opens a file of a session for reading from its beginning, every time anew."""

Step = Callable[..., Any]
"""`step(function, *args)` runs `function(*args)`; a durable one remembers the result."""


class Source(Protocol):
    """A place where files arrive that nobody has sorted yet."""

    def look(self, scratch: Path) -> Look:
        """What is there now. `scratch`: a private folder for what has to be unpacked, ours to keep between calls."""

    def open(self, piece: Piece) -> BinaryIO:
        """The bytes of a piece of the last look. Raises SourceBusy when it has changed or gone since."""

    def unchanged(self, origin: Origin) -> bool:
        """Whether the file is still there, to the stamp."""

    def remove(self, origin: Origin) -> bool:
        """Delete the file if it is unchanged, and the folders that this empties; whether it was deleted now."""


class Destination(Protocol):
    """A place that takes a session and can say, file by file, what it holds."""

    @property
    def name(self) -> str: ...

    def put(self, session: Session, entries: Sequence[Entry], open_entry: Open) -> None:
        """Store these files, durably. Storing the same file again changes nothing.

        Raises ArchiveUnavailable (look, and resend what is missing), ArchiveRefused, LoginRefused.
        A return is not proof: only `held` is.
        """

    def held(self, address: Address) -> Iterable[Held]:
        """What is held now, read back from the place, not remembered. Nothing for an unknown session."""

    def settle(self, session: Session) -> None:
        """After the last file: let the place read what it needs from the headers. Idempotent."""


class Sharing(Destination, Protocol):
    """A destination that can show a session in a second project without copying it."""

    def share(self, address: Address, project: str) -> None:
        """Show subject and session in `project` too. Idempotent; read back."""

    def shared(self, address: Address) -> frozenset[str]:
        """Projects in which the session is visible, its own among them, read back."""

    def unshare(self, address: Address, project: str) -> None:
        """Show it in `project` no longer, nor its subject when nothing of theirs is left there. Idempotent; read back.
        Raises ArchiveRefused when it is still shown, or is at home there."""

    def attach(self, address: Address, name: str, body: bytes) -> None:
        """Put a document of ours beside the session, where `held` does not count it. Idempotent; read back.
        Raises DigestMismatch when another one of that name is there."""

    def mark(self, address: Address, trial: str) -> None:
        """Write the trial into the session's custom field. Idempotent; read back."""


class Centre(Sharing, Protocol):
    """The trials' archive, as the service there sees it."""

    def sessions(self, project: str) -> Sequence[Lodged]:
        """Every imaging session at home in `project`. Raises ArchiveRefused when the account may not look there."""

    def papers(self, address: Address) -> Sequence[str]:
        """Names of our signed documents beside the session."""

    def paper(self, address: Address, name: str) -> bytes:
        """One of them. Raises ArchiveUnavailable when it is not there any more."""

    def trial(self, address: Address) -> str:
        """What the session's custom field says; empty when it has none."""

    def open(self, address: Address, entry: Entry) -> AbstractContextManager[BinaryIO]:
        """As of `Archive`."""

    def shown(self, address: Address) -> Shown:
        """Where session, subject and assessors are shown besides the project they are at home in."""


class Archive(Destination, Protocol):
    """A destination that can also be read from."""

    def open(self, address: Address, entry: Entry) -> AbstractContextManager[BinaryIO]:
        """A stream of the file's bytes as they are stored now."""

    def remove(self, address: Address) -> None:
        """Remove the session. Nothing happens when there is none."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the file of an entry is, whatever it means.

    syntax: Transfer Syntax UID (0002,0010)
    pixels: bytes of its pixel data, as far as they are there; 0 without any
    whole: whether the file can be read to its end, no element breaking off
    fragments: in how many pieces compressed pixel data lie, the offset table not counted; each frame has one at least
    """

    syntax: str
    pixels: int
    whole: bool = True
    fragments: int = 0


def _no_frames(entry: str) -> Iterator[NDArray[Any]]:
    raise UnreadableFile(f"{entry}: the pixels are not at hand")


def _not_stored(entry: str) -> Stored:
    raise UnreadableFile(f"{entry}: the file is not at hand")


@dataclass(frozen=True)
class Case:
    """A session as its validators see it. Nothing in it changes while they look.

    headers: entry name -> Header
    asked: the protocol, as its file says it
    chosen: what the person chose with the trial: ``arm``, ``timepoint``, ``site``; one not chosen has no key
    frames: entry -> its decoded frames one after another, (rows, columns) or (rows, columns, samples), stored values;
        raises UnreadableFile
    stored: entry -> facts about its file; raises UnreadableFile
    earlier: of each of the same subject's earlier sessions in the trial, the oldest first, what the protocol compares
        across visits: key of an input -> attribute -> its values, as `validators.visits.acquired` tells them
    folder: where the files lie, for validators in containers; None when they are not on this disk
    visits: codes of the time points of the same subject's other sessions in the trial, each session once; None when
        that is not known
    """

    headers: Headers
    asked: Mapping[str, Any] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)
    frames: Callable[[str], Iterator[NDArray[Any]]] = _no_frames
    stored: Callable[[str], Stored] = _not_stored
    earlier: Sequence[Headers] = ()
    folder: Path | None = None
    visits: Sequence[str] | None = None
    _known: dict[Callable[..., Any], Any] = field(default_factory=dict, repr=False)

    @property
    def has_files(self) -> bool:
        """Whether there is more than headers: `frames` and `stored` can be asked."""
        return self.stored is not _not_stored

    def take(self, make: Callable[[Case], T], known: T) -> None:
        """Let `known` be what `make` says of this case."""
        self._known[make] = known

    def once(self, make: Callable[[Case], T]) -> T:
        """What `make` says of this case, asked once: validators share series, contours and dose grids this way."""
        if make not in self._known:
            self._known[make] = make(self)
        known: T = self._known[make]
        return known


class Validator(Protocol):
    """Judges one aspect of a session. Pure: same case and params, same findings.

    For every rule of the protocol that is its own it yields one Ruling, and for one that failed also the findings.
    params: what the protocol's `checks` tell a validator that came from elsewhere; ours read the protocol itself
    """

    def __call__(self, case: Case, params: Mapping[str, Any]) -> Iterator[Finding | Ruling]: ...


class Records(Protocol):
    """What this gateway remembers about its submissions. Every change is one transaction with its audit line."""

    def create(self, submission: str, alias: str, scans: Mapping[str, str], state: State, says: str = "") -> None:
        """Remember a new submission. Doing it again changes nothing."""

    def get(self, submission: str) -> Submission:
        """Raises NotFound."""

    def all(self) -> Sequence[Submission]:
        """Every submission, newest first."""

    def due(self, now: datetime, routes: Collection[str] = ROUTES) -> Iterable[tuple[str, str, int]]:
        """(submission, route, attempt) of all that is queued for these routes; a waiting one whose time has come is
        queued first."""

    def queue(self, submission: str, route: str, actor: str) -> int:
        """Ask for `route`; returns the attempt. Raises WrongState when it is not a state to begin it from."""

    def decide(self, submission: str, actor: str, action: str, facts: Mapping[str, Any]) -> int:
        """An audit line of what a person decided, and ``prepare``, which goes by it, in one transaction; returns the
        attempt. Raises WrongState."""

    def choose(
        self,
        submission: str,
        trial: str,
        version: str,
        digest: str,
        subject: str,
        label: str,
        actor: str,
        *,
        codes: Mapping[str, str] = ...,
        onward: bool = False,
    ) -> None:
        """Pin the protocol, the subject and the label, and forget what an earlier choice led to.
        `codes`: ``arm``, ``timepoint`` and ``site`` of the protocol, as far as they were chosen.
        `onward` queues ``prepare`` in the same transaction.
        Raises WrongState, LabelTaken, and Refused when another submission brings the same files to the trial."""

    def rest(
        self, submission: str, attempt: int, state: State, why: str = "", says: str = "", due_at: datetime | None = None
    ) -> None:
        """Where a route left the submission. A second call for the same attempt, or one for an attempt that
        has been superseded, changes nothing."""

    def withdraw(self, submission: str, actor: str, reason: str) -> None: ...

    def ask_recall(self, submission: str, actor: str, reason: str) -> None:
        """Somebody wants it taken back; it stays what it is until that is done. Raises WrongState."""

    def recalls_asked(self) -> Sequence[Submission]:
        """All that somebody wants taken back, as long as it is not done; `says` is the reason."""

    def recall_failed(self, submission: str, why: str, says: str) -> None:
        """It stays what it is, and nobody tries again by themselves."""

    def recall(self, submission: str, actor: str, reason: str, why: str = ...) -> None:
        """Take back what was released; again changes the reason. `why`: code of what is left to be done at the centre.
        Raises WrongState."""

    def keep_manifest(self, submission: str, place: str, manifest: Manifest) -> None:
        """`place`: ``identifiable`` or ``anonymised``."""

    def manifest(self, submission: str, place: str) -> Manifest:
        """Raises NotFound when none is kept."""

    def keep_verdict(self, submission: str, kind: str, verdict: Verdict) -> None:
        """`kind`: ``protocol`` (validators), ``anonymised`` (validators, on the anonymised files) or ``verification``.
        Evidence of findings is never kept."""

    def verdict(self, submission: str, kind: str) -> Verdict | None: ...

    def keep_acquired(self, submission: str, facts: Mapping[str, Any]) -> None:
        """How its images were acquired, for the subject's later sessions. Plain JSON."""

    def acquired(self, submission: str) -> Mapping[str, Any]:
        """Empty where nothing was kept."""

    def keep_signoff(self, submission: str, signoff: SignOff, asked: Asked, attempt: int) -> tuple[str, ...]:
        """Returns the roles in which somebody must still sign; the state becomes signed with the last one, in the same
        transaction. Raises WrongState unless awaiting-signoff in this attempt, and what `Signatures.admit` raises."""

    def signoffs(self, submission: str) -> Sequence[SignOff]:
        """In the order in which people signed; none of before the session was prepared anew."""

    def keep_receipt(self, submission: str, receipt: Receipt) -> None: ...

    def receipts(self, submission: str) -> Sequence[Receipt]: ...

    def keep_provenance(self, submission: str, facts: Mapping[str, Any]) -> None:
        """What anonymised it: scripts with digests, versions. Plain JSON."""

    def provenance(self, submission: str) -> Mapping[str, Any]: ...

    def history(self, submission: str) -> Sequence[Mapping[str, Any]]:
        """The audit lines about this submission, oldest first: at, actor, action, and what they say."""

    def note(
        self, actor: str, action: str, submission: str, facts: Mapping[str, Any], attempt: int | None = None
    ) -> None:
        """An audit line without a change, e.g. that a person looked at identifiable values. `attempt`: that in which
        they looked; raises WrongState when another was begun since."""

    def labels_of(self, trial: str, subject: str) -> frozenset[str]:
        """Every session label ever given for this subject in this trial."""

    def others_of(self, submission: str) -> Sequence[Submission]:
        """The subject's other submissions in the trial that went as far as sign-off and stand, the oldest first."""

    def holding(self, digest: str) -> Sequence[Submission]:
        """Submissions whose files as they arrived have this manifest digest, newest first."""

    def same_files(self, submission: str) -> Sequence[Submission]:
        """The other submissions of exactly the files that arrived as this one, and that nobody took back."""


class Links(Protocol):
    """The link table: identity <-> pseudonym. In the hospital, and only there."""

    def assign(self, trial: str, identity: PrivateIdentity, subject: str) -> Pseudonym:
        """Bind `subject` to the patient within `trial`; the same again changes nothing.
        Raises SubjectTaken when it is another patient's, or when this patient has another one."""

    def forget(self, pseudonym: Pseudonym) -> bool:
        """Undo a binding that was a slip; whether it was undone. One under which `uploader anonymise` made sessions
        stays."""

    def find(self, trial: str, identity: PrivateIdentity) -> Pseudonym | None: ...

    def reveal(self, pseudonym: Pseudonym) -> PrivateIdentity:
        """Raises NotFound."""
