"""One session on its way under one protocol: where it stands, and where it may go from there."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from uploader.domain.errors import Refused, WrongState


class State(StrEnum):
    ARRIVING = "arriving"
    """Files are coming in, or partners of the files are awaited."""
    RECEIVED = "received"
    """Kept in the identifiable archive; a person chooses the trial."""
    QUEUED = "queued"
    """Somebody asked for a route; the worker will take it up or is on it."""
    AWAITING_SIGNOFF = "awaiting-signoff"
    """Kept in the anonymised archive; a person looks and signs."""
    SIGNED = "signed"
    """Signed off, not yet sent."""
    RELEASED = "released"
    """The central archive holds it, read back and shared."""
    REFUSED = "refused"
    """The protocol says no."""
    WAITING = "waiting"
    """Transient trouble; the route is tried again at `due_at`."""
    HELD = "held"
    """A person must look."""
    WITHDRAWN = "withdrawn"
    """A person took it back before release."""
    RECALLED = "recalled"
    """A person took it back after release: the centre holds the site's signed word of it."""


RECALL_ASKED = "recall-asked"
"""The reason of a released one that somebody at the desk asked to take back, until a worker has done so."""

ROUTES = ("receive", "prepare", "release")
"""The three stretches of the line. Between them a submission rests in the records, not in a thread."""

ALLOWED: dict[State, frozenset[State]] = {
    State.ARRIVING: frozenset({State.QUEUED, State.WITHDRAWN}),
    State.RECEIVED: frozenset({State.QUEUED, State.WITHDRAWN}),
    State.QUEUED: frozenset(
        {
            State.RECEIVED,
            State.AWAITING_SIGNOFF,
            State.RELEASED,
            State.REFUSED,
            State.WAITING,
            State.HELD,
        }
    ),
    State.AWAITING_SIGNOFF: frozenset({State.SIGNED, State.QUEUED, State.HELD, State.WITHDRAWN}),
    State.SIGNED: frozenset({State.QUEUED, State.WITHDRAWN}),
    State.WAITING: frozenset({State.QUEUED, State.WITHDRAWN}),
    State.HELD: frozenset({State.QUEUED, State.WITHDRAWN}),
    State.REFUSED: frozenset({State.QUEUED, State.WITHDRAWN}),
    State.RELEASED: frozenset({State.RECALLED}),
    State.WITHDRAWN: frozenset(),
    State.RECALLED: frozenset({State.RECALLED}),
}
"""From where to where. Everything else is a mistake and raises WrongState."""

CHOOSABLE = frozenset({State.RECEIVED, State.REFUSED, State.HELD, State.AWAITING_SIGNOFF})
"""States in which a person may choose trial, subject and label; a held one with care, see `check_choice`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What the records know of a submission. Nothing here identifies a patient."""

    id: str
    """Made by us, eight letters and digits, e.g. ``k7q29xmd``."""
    alias: str
    """The patient's label inside the hospital, see `identity.alias`."""
    state: State
    why: str
    """Code of the error or reason of the present state, empty when all is well."""
    says: str
    """The same as one sentence for a person."""
    route: str
    """Route that is or was last under way; empty before the first."""
    attempt: int
    """Counts every time a route was begun."""
    trial: str
    """Empty until a person has chosen one."""
    protocol_version: str
    """Version pinned when the trial was chosen, e.g. ``v1``; empty before."""
    protocol_digest: str
    subject: str
    """Subject ID in the trial; empty before."""
    label: str
    """Session label in the trial, e.g. ``DEMO-001_1``; empty before."""
    scans: dict[str, str]
    """Scan ID -> modality."""
    created: datetime
    changed: datetime
    chosen: Mapping[str, str] = field(default_factory=dict)
    """Codes of the protocol that were chosen with the trial: ``arm``, ``timepoint``, ``site``; one that was not has no
    key."""
    due_at: datetime
    """When a waiting submission is due again; otherwise `changed`."""


def is_kept(about: Submission) -> bool:
    """Whether it was validated, anonymised and kept for sign-off, and nobody took it back since."""
    if about.state in (State.AWAITING_SIGNOFF, State.SIGNED, State.RELEASED):
        return True
    return about.route == "release" and about.state in (State.QUEUED, State.WAITING, State.HELD)


def stands(about: Submission) -> bool:
    """Whether nobody took it back."""
    return about.state not in (State.WITHDRAWN, State.RECALLED)


def check_not_there(trial: str, same: Iterable[Submission]) -> None:
    """Raises Refused when files are to go to a trial in which they are, or may come to be, already.

    same: the other submissions of exactly these files
    """
    for other in same:
        if other.trial == trial and stands(other):
            released = other.state is State.RELEASED
            where = f"was released to {trial}" if released else f"is in {trial} ({other.state})"
            remedy = "recall" if released else "go on with that one, or withdraw"
            raise Refused(
                f"these files are submission {other.id} already, which {where} as {other.label}; {remedy} it before "
                f"they go to {trial} again"
            )


def new_id() -> str:
    """A fresh submission ID: 40 random bits in letters and digits that people do not confuse."""
    return "".join(secrets.choice("23456789abcdefghjkmnpqrstuvwxyz") for _ in range(8))


def check_move(before: State, after: State) -> None:
    """Raises WrongState when the line has no way from `before` to `after`."""
    if after not in ALLOWED[before]:
        raise WrongState(f"a submission that is {before} cannot become {after}")


def check_choice(before: Submission) -> None:
    """Raises WrongState when trial, subject and label cannot be chosen now.

    Held before the identifiable archive had it, it must be received first; held on its way to the centre, a choice
    would forget what the centre may have, unless it was stopped before the first byte went.
    """
    if before.state not in CHOOSABLE:
        raise WrongState(f"a submission that is {before.state} cannot be given to another trial or subject")
    if before.state is State.HELD and before.route != "prepare" and before.why != "not-signed":
        raise WrongState(f"a submission held on the route {before.route} can be tried again or withdrawn, not chosen")
