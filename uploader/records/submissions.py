"""Where every submission stands. The moves are `domain.submission.ALLOWED`; each is one transaction with its
audit line, and writers come one after the other, so that what is checked is still true when it is written."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import Select, insert, select

from uploader.domain.errors import WrongState
from uploader.domain.evidence import Receipt, SignOff
from uploader.domain.finding import Verdict
from uploader.domain.manifest import Manifest
from uploader.domain.signing import Asked, Signatures
from uploader.domain.submission import (
    RECALL_ASKED,
    ROUTES,
    State,
    Submission,
    check_choice,
    check_move,
    check_not_there,
    is_kept,
    stands,
)
from uploader.records import evidence, moves
from uploader.records.accounts import Accounts
from uploader.records.audit import Change, changing, lines_about
from uploader.records.database import Clock, Database, connect, utc_now
from uploader.records.notices import Notices
from uploader.records.schema import migrate
from uploader.records.seen import Seen
from uploader.records.tables import labels, manifests, submissions
from uploader.records.workers import Workers

BIRTHS = frozenset({State.ARRIVING, State.RECEIVED, State.HELD})
"""States a submission may be created in: those that claim nothing about what was done with it."""


def open_records(url: str, password_file: Path | None = None) -> SqlRecords:
    """The records at `url`, made or brought up to date: ``sqlite:///path`` or ``postgresql+psycopg://…``.

    password_file: holds the password of the account in `url`
    Raises Misconfigured for another address, and for records that a newer program has changed.
    """
    database = connect(url, password_file=password_file)
    with ExitStack() as undo:
        undo.callback(database.close)
        migrate(database)
        undo.pop_all()
    return SqlRecords(database)


class SqlRecords:
    """`ports.Records` in a database that threads and processes share."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self.database, self._clock = database, clock
        self.accounts = Accounts(database, clock)
        self.workers = Workers(database, clock)
        self.seen = Seen(database)
        self.notices = Notices(database)

    def close(self) -> None:
        self.database.close()

    # Where it stands -------------------------------------------------------------------------------------------

    def create(self, submission: str, alias: str, scans: Mapping[str, str], state: State, says: str = "") -> None:
        """Remember a new submission. Doing it again changes nothing.

        Raises WrongState for a state that a submission cannot begin in.
        """
        if state not in BIRTHS:
            raise WrongState(f"a submission cannot begin as {state}")
        with self._changing() as change:
            if moves.row_of(change.connection, submission) is not None:
                return
            nothing = dict.fromkeys(
                ("why", "route", "trial", "protocol_version", "protocol_digest", "subject", "label"), ""
            )
            times = dict.fromkeys(("created", "changed", "due_at"), change.at)
            row = {"id": submission, "alias": alias, "state": state, "says": says, "attempt": 0}
            row |= {"scans": dict(scans), "chosen": {}}
            change.execute(insert(submissions).values({**row, **nothing, **times}))
            change.note("line", "created", submission, alias=alias, state=state, scans=dict(scans))

    def get(self, submission: str) -> Submission:
        """Raises NotFound."""
        with self.database.read() as connection:
            return moves.get(connection, submission)

    def all(self) -> Sequence[Submission]:
        """Every submission, newest first."""
        query = select(submissions).order_by(submissions.c.created.desc(), submissions.c.id)
        with self.database.read() as connection:
            return [moves.submission_of(row) for row in connection.execute(query)]

    def due(self, now: datetime, routes: Collection[str] = ROUTES) -> Sequence[tuple[str, str, int]]:
        """(submission, route, attempt) of all that is queued for these routes, longest queued first; a waiting one
        whose time has come is queued first."""
        c = submissions.c
        ripe = select(submissions).where(c.state == State.WAITING, c.due_at <= now, c.route.in_(routes))
        queued = select(c.id, c.route, c.attempt).where(c.state == State.QUEUED, c.route.in_(routes))
        if self._any(ripe):  # asked first, so that idle workers do not take turns at being the only writer
            with self._changing() as change:
                for row in change.connection.execute(ripe.order_by(c.due_at)).all():
                    moves.begin(change, moves.submission_of(row), row.route, "line")
        with self.database.read() as connection:
            rows = connection.execute(queued.order_by(c.changed, c.id)).all()
        return [(row.id, row.route, row.attempt) for row in rows]

    def queue(self, submission: str, route: str, actor: str) -> int:
        """Ask for `route`; returns the attempt, which is counted before it begins.

        Raises WrongState when it is not a state to begin it from, when no trial was chosen for ``prepare``, and
        when nobody has signed for ``release``.
        """
        with self._changing() as change:
            before = moves.get(change.connection, submission)
            moves.check_beginning(change.connection, before, route)
            return moves.begin(change, before, route, actor)

    def decide(self, submission: str, actor: str, action: str, facts: Mapping[str, Any]) -> int:
        """Write down what a person decided, and ask for ``prepare``, which goes by it, in one transaction; returns the
        attempt. Raises WrongState."""
        with self._changing() as change:
            before = moves.get(change.connection, submission)
            moves.check_beginning(change.connection, before, "prepare")
            change.note(actor, action, submission, **facts)
            return moves.begin(change, before, "prepare", actor)

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
        codes: Mapping[str, str] = MappingProxyType({}),
        onward: bool = False,
    ) -> None:
        """Pin the protocol, the subject and the label, and forget what an earlier choice led to.

        codes: of the protocol: ``arm``, ``timepoint``, ``site``, as far as they were chosen
        onward: queue ``prepare`` in the same transaction, so that nobody else's choice comes between

        Raises WrongState, LabelTaken for a label that another submission has, or once had, and Refused when another
        submission brings the same files to the trial, or brought them.
        """
        with self._changing() as change:
            before = moves.get(change.connection, submission)
            check_choice(before)
            check_not_there(trial, moves.same_files(change.connection, submission))
            moves.take_label(change, submission, trial, subject, label)
            evidence.forget_what_followed(change, submission)
            chosen = {"trial": trial, "protocol_version": version, "protocol_digest": digest, "subject": subject}
            moves.change_row(change, submission, label=label, chosen=dict(codes), **chosen)
            change.note(actor, "chosen", submission, label=label, **chosen, **codes)
            if onward:
                moves.begin(change, before, "prepare", actor)

    def rest(
        self, submission: str, attempt: int, state: State, why: str = "", says: str = "", due_at: datetime | None = None
    ) -> None:
        """Where a route left the submission. A second call for the same attempt, or one for an attempt that
        has been superseded, changes nothing. Without `due_at` a waiting one is due at once.

        Raises WrongState for a state that no route leads to, or not this one.
        """
        with self._changing() as change:
            before = moves.get(change.connection, submission)
            if before.state is not State.QUEUED or before.attempt != attempt:
                return
            check_move(before.state, state)
            if state is State.RELEASED and before.route != "release":
                raise WrongState(f"the route {before.route} does not release")
            due = due_at if state is State.WAITING and due_at else change.at
            moves.change_row(change, submission, state=state, why=why, says=says, due_at=due)
            change.note("line", "rested", submission, route=before.route, attempt=attempt, state=state, why=why)

    def withdraw(self, submission: str, actor: str, reason: str) -> None:
        """Take it back for good. A person's words stay out of the audit, which can never be corrected: it gets
        their SHA-256, and they are kept as what the submission `says`. Raises WrongState."""
        self._take_back(submission, State.WITHDRAWN, actor, reason, State.WITHDRAWN)

    def ask_recall(self, submission: str, actor: str, reason: str) -> None:
        """Somebody wants it taken back; it stays what it is until that is done. The reason is kept as that of a
        withdrawal. Raises WrongState."""
        with self._changing() as change:
            check_move(moves.get(change.connection, submission).state, State.RECALLED)
            moves.change_row(change, submission, why=RECALL_ASKED, says=reason)
            change.note(actor, RECALL_ASKED, submission, reason_digest=_digest(reason))

    def recalls_asked(self) -> Sequence[Submission]:
        """All that somebody wants taken back, as long as it is not done, longest asked first; `says` is the reason."""
        c = submissions.c
        asked = c.state.in_((State.RELEASED, State.RECALLED)) & (c.why == RECALL_ASKED)
        with self.database.read() as connection:
            rows = connection.execute(select(submissions).where(asked).order_by(c.changed, c.id))
            return [moves.submission_of(row) for row in rows]

    def recall_failed(self, submission: str, why: str, says: str) -> None:
        """It stays what it is, and nobody tries again by themselves. Nothing changes where it is done by now."""
        with self._changing() as change:
            if moves.get(change.connection, submission).why == RECALL_ASKED:
                moves.change_row(change, submission, why=why, says=says)
                change.note("line", "recall-failed", submission, why=why)

    def recall(self, submission: str, actor: str, reason: str, why: str = State.RECALLED) -> None:
        """Take back what was released; the reason is kept as that of a withdrawal. Raises WrongState.

        why: code of what is left to be done at the centre
        """
        self._take_back(submission, State.RECALLED, actor, reason, why)

    def _take_back(self, submission: str, state: State, actor: str, reason: str, why: str) -> None:
        with self._changing() as change:
            before = moves.get(change.connection, submission)
            check_move(before.state, state)
            moves.change_row(change, submission, state=state, why=str(why), says=reason, due_at=change.at)
            change.note(actor, str(state), submission, before=before.state, why=str(why), reason_digest=_digest(reason))

    def labels_of(self, trial: str, subject: str) -> frozenset[str]:
        """Every label ever given for this subject in this trial, those of withdrawn submissions too."""
        query = select(labels.c.label).where(labels.c.trial == trial, labels.c.subject == subject)
        with self.database.read() as connection:
            return frozenset(connection.scalars(query))

    def others_of(self, submission: str) -> Sequence[Submission]:
        """The subject's other submissions in the trial that went as far as sign-off and stand, the oldest first."""
        about, c = self.get(submission), submissions.c
        theirs = select(submissions).where(c.trial == about.trial, c.subject == about.subject, c.id != submission)
        with self.database.read() as connection:
            found = map(moves.submission_of, connection.execute(theirs.order_by(c.created, c.id)))
            return [each for each in found if is_kept(each)]

    def holding(self, digest: str) -> Sequence[Submission]:
        """Submissions whose files as they arrived have this manifest digest, newest first."""
        with self.database.read() as connection:
            return moves.holding(connection, manifests.c.digest == digest)

    def same_files(self, submission: str) -> Sequence[Submission]:
        """The other submissions of exactly the files that arrived as this one, as far as nobody took them back."""
        with self.database.read() as connection:
            return [each for each in moves.same_files(connection, submission) if stands(each)]

    # What is kept about it -------------------------------------------------------------------------------------

    def keep_manifest(self, submission: str, place: str, manifest: Manifest) -> None:
        """`place`: ``identifiable`` or ``anonymised``."""
        with self._about(submission) as change:
            evidence.keep_manifest(change, submission, place, manifest)

    def manifest(self, submission: str, place: str) -> Manifest:
        """Raises NotFound when none is kept."""
        with self.database.read() as connection:
            return evidence.manifest_of(connection, submission, place)

    def keep_verdict(self, submission: str, kind: str, verdict: Verdict) -> None:
        """`kind`: ``protocol`` (validators), ``anonymised`` (validators, on the anonymised files) or ``verification``.
        Evidence of findings is never kept."""
        with self._about(submission) as change:
            evidence.keep_verdict(change, submission, kind, verdict)

    def verdict(self, submission: str, kind: str) -> Verdict | None:
        with self.database.read() as connection:
            return evidence.verdict_of(connection, submission, kind)

    def keep_acquired(self, submission: str, facts: Mapping[str, Any]) -> None:
        """How its images were acquired, for the subject's later sessions. Plain JSON."""
        with self._about(submission) as change:
            evidence.keep_acquired(change, submission, facts)

    def acquired(self, submission: str) -> Mapping[str, Any]:
        """Empty where nothing was kept."""
        with self.database.read() as connection:
            return evidence.acquired_of(connection, submission)

    def keep_signoff(self, submission: str, signoff: SignOff, asked: Asked, attempt: int) -> tuple[str, ...]:
        """Returns the roles in which somebody must still sign; the state becomes signed with the last one, in the same
        transaction.

        attempt: of the submission when it was looked at
        Raises WrongState unless awaiting-signoff, and when these are no longer the bytes or the protocol signed; and
        what `Signatures.admit` raises.
        """
        with self._changing() as change:
            before = moves.get(change.connection, submission)
            if before.state is not State.AWAITING_SIGNOFF:
                raise WrongState(f"a submission that is {before.state} cannot be signed")
            moves.check_as_signed(change.connection, before, signoff, attempt)
            so_far = Signatures(asked, tuple(evidence.signoffs_of(change.connection, submission)))
            missing = so_far.admit(signoff).missing
            state = State.AWAITING_SIGNOFF if missing else State.SIGNED
            moves.change_row(change, submission, state=state, why="", says="", due_at=change.at)
            evidence.keep_signoff(change, submission, signoff, missing, state)
            return missing

    def signoffs(self, submission: str) -> Sequence[SignOff]:
        """In the order in which people signed."""
        with self.database.read() as connection:
            return evidence.signoffs_of(connection, submission)

    def keep_receipt(self, submission: str, receipt: Receipt) -> None:
        """The first receipt of a place for a digest is the one that stays."""
        with self._about(submission) as change:
            evidence.keep_receipt(change, submission, receipt)

    def receipts(self, submission: str) -> Sequence[Receipt]:
        """Oldest first."""
        with self.database.read() as connection:
            return evidence.receipts_of(connection, submission)

    def keep_provenance(self, submission: str, facts: Mapping[str, Any]) -> None:
        """What anonymised it: scripts with digests, versions. Plain JSON, else TypeError or ValueError."""
        with self._about(submission) as change:
            evidence.keep_provenance(change, submission, facts)

    def provenance(self, submission: str) -> Mapping[str, Any]:
        """Empty before anything was anonymised."""
        with self.database.read() as connection:
            return evidence.provenance_of(connection, submission)

    # What was done ---------------------------------------------------------------------------------------------

    def history(self, submission: str) -> Sequence[Mapping[str, Any]]:
        """The audit lines about this submission, oldest first: seq, at (ISO 8601, UTC), actor, action, facts."""
        return lines_about(self.database, submission)

    def note(
        self, actor: str, action: str, submission: str, facts: Mapping[str, Any], attempt: int | None = None
    ) -> None:
        """An audit line without a change, e.g. that a person looked at identifiable values.

        attempt: that in which it was when the person looked; raises WrongState when another was begun since
        """
        with self._changing() as change:
            if attempt is not None and moves.get(change.connection, submission).attempt != attempt:
                raise WrongState(f"submission {submission} went on meanwhile; look at it again")
            change.note(actor, action, submission, **facts)

    def _any(self, query: Select[Any]) -> bool:
        with self.database.read() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def _changing(self) -> AbstractContextManager[Change]:
        return changing(self.database, self._clock)

    @contextmanager
    def _about(self, submission: str) -> Iterator[Change]:
        """A change of what is kept about a submission. Raises NotFound."""
        with self._changing() as change:
            moves.get(change.connection, submission)
            yield change


def _digest(reason: str) -> str:
    return hashlib.sha256(reason.encode()).hexdigest()
