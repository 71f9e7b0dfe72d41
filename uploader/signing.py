"""What whoever signs a submission has before them, and whether that is what was signed."""

from __future__ import annotations

from uploader.domain.errors import NotSigned, WrongState
from uploader.domain.evidence import require
from uploader.domain.manifest import Manifest
from uploader.domain.renaming import standing
from uploader.domain.sight import sight
from uploader.domain.signing import Asked, Signatures
from uploader.domain.submission import State, Submission
from uploader.domain.trial import Protocol
from uploader.given import trial_session
from uploader.ports import Archive, Records

KINDS = ("protocol", "anonymised", "verification")
"""Of verdicts: whoever signs has all of them before them."""


def seen(records: Records, about: Submission, manifest: Manifest) -> str:
    """SHA-256 of all that whoever signs has before them.

    manifest: of the anonymised files
    """
    arrived = records.manifest(about.id, "identifiable").digest
    names = standing(records.history(about.id), about, arrived)
    return sight(about, manifest, names, {kind: records.verdict(about.id, kind) for kind in KINDS})


def check_looked_at(records: Records, archive: Archive, about: Submission, digest_seen: str) -> Manifest:
    """The manifest of the anonymised files, when they and all about them are what was looked at.

    Raises WrongState unless it awaits its sign-off, and NotSigned where anything is another now.
    """
    if about.state is not State.AWAITING_SIGNOFF:
        raise WrongState(f"submission {about.id} is {about.state}; only what awaits sign-off can be signed")
    manifest = records.manifest(about.id, "anonymised")
    held = tuple(archive.held(trial_session(about).address))
    if seen(records, about, manifest) != digest_seen or manifest.differing(held) or manifest.lacking(held):
        raise NotSigned("the session is not the one that was on the screen; look at it again before signing")
    return manifest


def check_signed(records: Records, about: Submission, protocol: Protocol) -> None:
    """Raises NotSigned unless all signed that the protocol asks for, and nothing changed since."""
    manifest = records.manifest(about.id, "anonymised")
    signed = require(records.signoffs(about.id), manifest, protocol.digest)
    Signatures(Asked.of(protocol), tuple(signed)).require_all()
    if signed[0].seen and signed[0].seen != seen(records, about, manifest):
        raise NotSigned("what was looked at changed after the session was signed off")
