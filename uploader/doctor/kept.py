"""Whether every session is where the records say, file by file: asked of the archives, not remembered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from uploader.doctor.observation import Observation, well, wrong
from uploader.domain.errors import NotFound
from uploader.domain.session import Address
from uploader.domain.submission import ROUTES, State, Submission
from uploader.gateway import Built, build_line
from uploader.given import Gateway, central_session, identifiable_session, trial_session
from uploader.home import ARCHIVES
from uploader.ports import Destination
from uploader.review import SIGNABLE


def look(built: Built, names: Sequence[str] = ARCHIVES, routes: Sequence[str] = ROUTES) -> Iterator[Observation]:
    """Everything that was received, and what was anonymised or released since.

    names: of the archives that are asked; routes: those that touch these and no others
    """
    gateway, checked, missed = build_line(built, routes=routes), 0, 0
    for submission in built.records.all():
        for place, archive, address in _places(gateway, submission, names):
            try:
                manifest = gateway.records.manifest(submission.id, place)
            except NotFound:
                continue
            held = list(archive.held(address))
            checked += 1
            if lost := [*manifest.lacking(held), *manifest.differing(held)]:
                missed += 1
                says = f"{archive.name} lacks or changed {len(lost)} of {len(manifest)} file(s) of {submission.id}"
                yield wrong("sessions", says, "restore this archive's folder from the last good copy")
    if not missed:
        yield well("sessions", f"{checked} session(s) read back in the archives, each file as the records say")


def _places(
    gateway: Gateway, submission: Submission, names: Sequence[str]
) -> Iterator[tuple[str, Destination, Address]]:
    """Which of these archives holds which of the two manifests, as far as the submission has come."""
    if "identifiable" in names and any(
        receipt.place == gateway.identifiable.name for receipt in gateway.records.receipts(submission.id)
    ):
        yield "identifiable", gateway.identifiable, identifiable_session(gateway, submission).address
    if "anonymised" in names and submission.state in SIGNABLE:
        yield "anonymised", gateway.anonymised, trial_session(submission).address
    if "central" in names and submission.state is State.RELEASED:
        yield "anonymised", gateway.central, central_session(gateway, submission).address
