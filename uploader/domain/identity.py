"""Who the patient is (always Private) and what the trial calls them."""

from __future__ import annotations

import hmac
import unicodedata
from dataclasses import dataclass

from uploader.domain.private import Private


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells one patient from another: the ID within its issuer, and the name to show to staff.

    patient_id: PatientID (0010,0020), blanks trimmed
    issuer: IssuerOfPatientID (0010,0021), empty when the file names none
    name: PatientName (0010,0010) as written, for display to entitled staff only
    """

    patient_id: str
    issuer: str
    name: str

    @property
    def key(self) -> bytes:
        """What two records must share to be the same patient: issuer and ID, folded; never the name."""
        folded = (unicodedata.normalize("NFKC", p).strip().casefold() for p in (self.issuer, self.patient_id))
        return "\x1f".join(folded).encode()


PrivateIdentity = Private[Identity]


@dataclass(frozen=True, slots=True)
class Pseudonym:
    """A subject's name inside one trial."""

    trial: str
    subject: str


def keyed(key: bytes, purpose: str, message: bytes) -> bytes:
    """HMAC-SHA-256 of `message` under `key`, separated by `purpose` so that no two uses share outputs."""
    return hmac.digest(key, purpose.encode() + b"\x00" + message, "sha256")


def alias(key: bytes, identity: PrivateIdentity) -> str:
    """The label that stands for a patient inside the hospital, e.g. ``pt-3f9ac2d41b7e``: the same patient,
    the same label; without the key it says nothing."""
    return f"pt-{keyed(key, 'alias', identity.reveal().key).hex()[:12]}"
