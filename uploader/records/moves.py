"""Reads and moves a submission inside the transaction of its caller, where what a move needs is checked, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from uploader.domain.errors import LabelTaken, NotFound, WrongState
from uploader.domain.evidence import SignOff
from uploader.domain.submission import State, Submission, check_move
from uploader.records import evidence
from uploader.records.audit import Change
from uploader.records.tables import labels, manifests, submissions

BEGINNINGS: Mapping[State, frozenset[str]] = {
    State.ARRIVING: frozenset({"receive"}),
    State.RECEIVED: frozenset({"prepare"}),
    State.AWAITING_SIGNOFF: frozenset({"prepare"}),
    State.SIGNED: frozenset({"release"}),
}
"""Routes that may be begun from a state. From waiting, held and refused: the last one again."""


def row_of(connection: Connection, submission: str) -> Row[Any] | None:
    """As the table has it; None where there is no such submission."""
    return connection.execute(select(submissions).where(submissions.c.id == submission)).first()


def get(connection: Connection, submission: str) -> Submission:
    """Raises NotFound."""
    row = row_of(connection, submission)
    if row is None:
        raise NotFound("there is no such submission")
    return submission_of(row)


def submission_of(row: Row[Any]) -> Submission:
    """The submission that a row of the table tells of."""
    return Submission(**{**row._mapping, "state": State(row.state)})


def holding(connection: Connection, digest: ColumnElement[bool]) -> list[Submission]:
    """Submissions of which the manifest of what arrived fits, newest first."""
    same = select(manifests.c.submission).where(manifests.c.place == "identifiable", digest)
    query = select(submissions).where(submissions.c.id.in_(same)).order_by(submissions.c.created.desc())
    return [submission_of(row) for row in connection.execute(query)]


def same_files(connection: Connection, submission: str) -> list[Submission]:
    """The other submissions of the files that arrived as this one, newest first."""
    its = select(manifests.c.digest).where(manifests.c.submission == submission, manifests.c.place == "identifiable")
    return [each for each in holding(connection, manifests.c.digest.in_(its)) if each.id != submission]


def change_row(change: Change, submission: str, **values: Any) -> None:
    """These columns, and when it was changed last."""
    change.execute(update(submissions).where(submissions.c.id == submission).values(changed=change.at, **values))


def check_beginning(connection: Connection, before: Submission, route: str) -> None:
    """Raises WrongState where `route` cannot begin now, as `SqlRecords.queue` tells."""
    check_move(before.state, State.QUEUED)
    if route not in BEGINNINGS.get(before.state, {before.route}):
        raise WrongState(f"a submission that is {before.state} cannot begin the route {route}")
    if route == "prepare" and not before.trial:
        raise WrongState("choose a trial first")
    if route == "release" and not evidence.signoffs_of(connection, before.id):
        raise WrongState("nobody has signed this session off")


def begin(change: Change, before: Submission, route: str, actor: str) -> int:
    """Queue the route; returns the attempt. Preparing anew forgets what people signed."""
    attempt = before.attempt + 1
    if route == "prepare":
        evidence.forget_signoffs(change, before.id)
    queued = {"state": State.QUEUED, "route": route, "attempt": attempt, "why": "", "says": "", "due_at": change.at}
    change_row(change, before.id, **queued)
    change.note(actor, "queued", before.id, route=route, attempt=attempt, before=before.state)
    return attempt


def take_label(change: Change, submission: str, trial: str, subject: str, label: str) -> None:
    """Give the label to this submission for good. Raises LabelTaken where another one has it, or once had."""
    query = select(labels).where(labels.c.trial == trial, labels.c.label == label)
    taken = change.connection.execute(query).first()
    if taken is None:
        row = {"trial": trial, "label": label, "subject": subject, "submission": submission}
        change.execute(insert(labels).values(row))
    elif (taken.submission, taken.subject) != (submission, subject):
        raise LabelTaken(f"the session label {label} is already used in trial {trial}; choose another")


def check_as_signed(connection: Connection, before: Submission, signoff: SignOff, attempt: int) -> None:
    """Raises WrongState for other bytes, another protocol or another attempt than was signed: whatever names, choices
    or findings become, becomes so in another attempt."""
    digest = evidence.manifest_of(connection, before.id, "anonymised").digest
    now = (digest, before.protocol_digest, before.attempt)
    if now != (signoff.digest, signoff.protocol_digest, attempt):
        raise WrongState("the session is no longer the one that was signed; look at it again")
