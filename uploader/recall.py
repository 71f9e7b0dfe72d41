"""Taking back a session that the centre has: a signed word beside it, and an end to what the site shared.

Who sits at the desk asks for it, and a worker that reaches the centre does it; the command does it at once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from uploader.diagnostics import contained
from uploader.domain.canonical import canonical
from uploader.domain.consignment import recall_of
from uploader.domain.errors import ArchiveRefused, Transient, UploaderError, WrongState
from uploader.domain.session import Address
from uploader.domain.submission import RECALL_ASKED, State, Submission
from uploader.domain.word import reasoned
from uploader.given import Gateway, central_session, consignment_of, pinned
from uploader.logs import say
from uploader.ports import Records
from uploader.receipt import KEPT

RECALLABLE = frozenset({State.RELEASED, State.RECALLED})
"""States of what the centre has; what is left to do about them, their reason says."""
DONE, STILL_SHARED, ENDS_AT_CENTRE = "recalled", "still-shared", "ends-at-centre"
"""What is left to be done at the centre: nothing, its people must end the share, its service does so."""
_WHY = "say why the session is recalled; that stays in this hospital"


@dataclass(frozen=True, slots=True)
class Centre:
    """What people should know of the trials' centre.

    project: this site's own there
    shares: whether the line itself shows sessions in the trials' projects; else the centre's service does
    """

    project: str = ""
    shares: bool = True


@dataclass(frozen=True, slots=True)
class Recalled:
    """What became of it.

    left: DONE, STILL_SHARED or ENDS_AT_CENTRE
    open: the same as a sentence, empty when the session is shown in no trial's project any more
    """

    left: str
    open: str


def ask(records: Records, submission: str, person: str, reason: str) -> None:
    """Ask for a recall, which `recall_asked` does. Raises Refused, WrongState."""
    reason = reasoned(reason, _WHY)
    check(records.get(submission))
    records.ask_recall(submission, person, reason)


def unsettled(about: Submission) -> bool:
    """Whether a recall failed, or left something for people here to do."""
    settled = ("", DONE, ENDS_AT_CENTRE, RECALL_ASKED)
    return about.state in RECALLABLE and about.why not in settled


def check(about: Submission) -> None:
    """Raises WrongState for what cannot be recalled."""
    if about.state not in RECALLABLE:
        raise WrongState(f"submission {about.id} is {about.state}; only what is released can be recalled")


def recall_asked(gateway: Gateway, diagnostics: Path) -> None:
    """Do what people asked for. What the centre refuses is written down; while it is away, what was asked for waits."""
    for about in gateway.records.recalls_asked():
        asked = [line for line in gateway.records.history(about.id) if line["action"] == RECALL_ASKED]
        try:
            contained(diagnostics, recall, gateway, about.id, asked[-1]["actor"], about.says)
        except Transient as error:
            say("waiting", submission=about.id, code=error.code)
        except UploaderError as error:
            gateway.records.recall_failed(about.id, error.code, str(error))


def recall(gateway: Gateway, submission: str, person: str, reason: str) -> Recalled:
    """Take a released session back; doing it again tries again what was refused. The copies stay where they are.

    The reason stays in the hospital. Raises Refused, WrongState, and what the archive raises: then nothing counts as
    done, and it is safe to call again.
    """
    reason = reasoned(reason, _WHY)
    about = gateway.records.get(submission)
    check(about)
    address = central_session(gateway, about).address
    word = recall_of(consignment_of(gateway, about))
    gateway.central.attach(address, word.name, canonical(gateway.seal(word.document())))
    done = _end_share(gateway, about, address)
    gateway.records.recall(submission, person, reason, done.left)
    say("recalled", submission=submission, place="central")
    return done


def _end_share(gateway: Gateway, about: Submission, address: Address) -> Recalled:
    if not gateway.shares:
        return Recalled(ENDS_AT_CENTRE, "The centre's service ends its share when it looks next.")
    project = _shared_into(gateway, about)
    try:
        gateway.central.unshare(address, project)
    except ArchiveRefused as error:
        says = f"Still shown in {project}; ask the central team to end that. {error}"
        return Recalled(STILL_SHARED, says)
    return Recalled(DONE, "")


def _shared_into(gateway: Gateway, about: Submission) -> str:
    """The project that the receipt names; the protocol may be another by now, or gone, and is asked only where an older
    program, or the centre, did the sharing. Raises NotSigned, UnknownTrial, NotFound."""
    kept = gateway.records.provenance(about.id).get(KEPT)
    return (kept and json.loads(kept)["shared_into"]) or pinned(gateway, about).project
