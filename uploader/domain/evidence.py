"""Proofs: that a place held exactly these bytes, and that a person approved exactly these bytes."""

from __future__ import annotations

from collections.abc import Sequence
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
    """`person` looked, as `role`, at the session whose manifest has `digest`, judged under `protocol_digest`, and
    approved.

    role: of the protocol's ``sign_off``; empty in signatures of a program that asked for one only
    seen: SHA-256 of all that there was to look at, see `sight.sight`; empty in the same
    """

    person: str
    digest: str
    protocol_digest: str
    at: datetime
    meaning: str = MEANING
    role: str = ""
    seen: str = ""

    @property
    def matter(self) -> tuple[str, str, str]:
        """What was signed: signatures count together only where this is the same."""
        return self.digest, self.protocol_digest, self.seen


def require(signoffs: Sequence[SignOff], manifest: Manifest, protocol_digest: str) -> Sequence[SignOff]:
    """The sign-offs, all of which cover `manifest`. Raises NotSigned for none, for other bytes or another protocol."""
    if not signoffs:
        raise NotSigned("nobody has signed this session off")
    if any(signoff.digest != manifest.digest for signoff in signoffs):
        raise NotSigned("the session changed after it was signed off")
    if any(signoff.protocol_digest != protocol_digest for signoff in signoffs):
        raise NotSigned("the trial protocol changed after the session was signed off")
    return signoffs
