"""Put a session into a place, and prove that it arrived.

Used three times: into the identifiable archive, the anonymised archive and the central one.
Idempotent: what is held already is not sent again, and nothing is ever overwritten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from uploader.domain.errors import ArchiveUnavailable, DigestMismatch, LabelTaken, Transient
from uploader.domain.evidence import Receipt
from uploader.domain.manifest import Entry, Held, Manifest
from uploader.domain.session import Session
from uploader.ports import Destination, Open

ROUNDS = 3
"""How often what is missing is sent before the workflow is told to wait, or a person to look."""


def deposit(
    session: Session, manifest: Manifest, open_entry: Open, target: Destination, now: Callable[[], datetime]
) -> Receipt:
    """The proof that `target` holds exactly `manifest`.

    Raises LabelTaken when the place holds other files under this label, DigestMismatch when it does not hold
    what it was given, ArchiveUnavailable when it stayed out of reach; calling again is safe after each.
    """
    held = tuple(target.held(session.address))
    refuse_others(target.name, manifest, held)
    _send(session, manifest, manifest.lacking(held), open_entry, target)
    target.settle(session)
    return confirm(target.name, manifest, tuple(target.held(session.address)), now())


def refuse_others(place: str, manifest: Manifest, held: Sequence[Held]) -> None:
    """Raises LabelTaken when `held` has a file that is not of `manifest`, or differs from it."""
    if others := manifest.differing(held):
        raise LabelTaken(
            f"{place}: {len(others)} file(s) under this label are not of this session, first {others[0]}; "
            "nothing was overwritten"
        )


def confirm(place: str, manifest: Manifest, held: Sequence[Held], at: datetime) -> Receipt:
    """A receipt if `held` is exactly `manifest`. Raises DigestMismatch for less, more, other or double."""
    missing = {entry.name for entry in manifest.lacking(held)}
    double = {name for name, times in Counter(h.name for h in held).items() if times > 1}
    if wrong := missing | double | set(manifest.differing(held)):
        raise DigestMismatch(place, tuple(sorted(wrong)))
    return Receipt(place, manifest.digest, len(manifest), at)


def _send(
    session: Session, manifest: Manifest, missing: Sequence[Entry], open_entry: Open, target: Destination
) -> None:
    """After trouble the outcome is unknown: look, and send only what is missing."""
    for rounds_left in reversed(range(ROUNDS)):
        if not missing:
            return
        trouble = _put(session, missing, open_entry, target)
        missing = manifest.lacking(target.held(session.address))
        if trouble and missing and not rounds_left:
            raise trouble


def _put(session: Session, missing: Sequence[Entry], open_entry: Open, target: Destination) -> Transient | None:
    """What went wrong and may pass, or None."""
    try:
        target.put(session, missing, open_entry)
    except ArchiveUnavailable as error:
        return error
    return None
