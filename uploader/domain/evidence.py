"""Proofs: that a place held exactly these bytes, and that a person approved exactly these bytes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from uploader.domain.errors import NotSigned
from uploader.domain.manifest import Manifest

MEANING = "I have looked at this session and approve its release to the trial."
"""What a signature means, shown beside the button and kept with it (21 CFR 11.50)."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that `place` held the session with manifest `digest` when it was read back."""

    place: str
    digest: str
    files: int
    at: datetime


@dataclass(frozen=True, slots=True)
class SignOff:
    """`person` looked at the session whose manifest has `digest`, judged under `protocol_digest`, and approved."""

    person: str
    digest: str
    protocol_digest: str
    at: datetime
    meaning: str = MEANING


def require(signoff: SignOff | None, manifest: Manifest, protocol_digest: str) -> SignOff:
    """The sign-off that covers `manifest`. Raises NotSigned for none, for other bytes or another protocol."""
    if signoff is None:
        raise NotSigned("nobody has signed this session off")
    if signoff.digest != manifest.digest:
        raise NotSigned("the session changed after it was signed off")
    if signoff.protocol_digest != protocol_digest:
        raise NotSigned("the trial protocol changed after the session was signed off")
    return signoff
