"""Taking back a session that the centre has: a signed word beside it, and an end to what the site shared."""

from __future__ import annotations

from dataclasses import dataclass

from uploader.domain.canonical import canonical
from uploader.domain.consignment import recall_of
from uploader.domain.errors import ArchiveRefused, Refused, WrongState
from uploader.domain.session import Address
from uploader.domain.submission import State
from uploader.given import Gateway, central_session, consignment_of, pinned
from uploader.logs import say


@dataclass(frozen=True, slots=True)
class Recalled:
    """What became of it.

    open: what is still to be done at the centre, empty when the session is shown in no trial's project any more
    """

    open: str


def recall(gateway: Gateway, submission: str, person: str, reason: str) -> Recalled:
    """Take a released session back; doing it again tries again what was refused. The copies stay where they are.

    The reason stays in the hospital. Raises Refused, WrongState, and what the archive raises: then nothing counts as
    done, and it is safe to call again.
    """
    if not reason.strip():
        raise Refused("say why the session is recalled; the reason is kept with it, in this hospital only")
    about = gateway.records.get(submission)
    if about.state not in (State.RELEASED, State.RECALLED):
        raise WrongState(f"submission {submission} is {about.state}; only what is released can be recalled")
    address = central_session(gateway, about).address
    word = recall_of(consignment_of(gateway, about))
    gateway.central.attach(address, word.name, canonical(gateway.seal(word.document())))
    left = _end_share(gateway, address, pinned(gateway, about).project)
    gateway.records.recall(submission, person, f"{reason} ({left})" if left else reason)
    say("recalled", submission=submission, place="central")
    return Recalled(left)


def _end_share(gateway: Gateway, address: Address, project: str) -> str:
    """What is still to be done."""
    if not gateway.shares:
        return f"The centre's service ends the share into {project} when it looks next."
    try:
        gateway.central.unshare(address, project)
    except ArchiveRefused as error:
        return f"Still shown in {project}; ask the central team to end that. {error}"
    return ""
