"""A person's word that ROIs of a session get names of the protocol: by number, and never with the old name.

A protocol can give names by itself, to listed synonyms; then the audit names it as the one who did.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from uploader.domain.submission import Submission
from uploader.domain.word import given

ACTION = "structures-renamed"
"""Audit action that stands for a renaming."""

Names = Mapping[str, Mapping[int, str]]
"""Entry of an RTSTRUCT -> ROINumber (3006,0022) -> its new name."""


@dataclass(frozen=True, slots=True)
class Renaming:
    """`person` decided these names for the session that arrived with the manifest `digest`, under this protocol.

    The last one stands, whole; one without names takes all back.
    """

    person: str
    digest: str
    trial: str
    protocol_version: str
    names: Names

    @property
    def facts(self) -> dict[str, Any]:
        """What the audit keeps beside the person and the time."""
        names = {entry: {str(n): name for n, name in sorted(new.items())} for entry, new in self.names.items() if new}
        about = {"digest": self.digest, "trial": self.trial, "protocol_version": self.protocol_version}
        return {**about, "names": names}


def by_protocol(trial: str, version: str) -> str:
    """Whom the audit names for names that the protocol gave by itself; no account of the desk can be called so."""
    return f"protocol:{trial}/{version}"


def decided_by(history: Iterable[Mapping[str, Any]], about: Submission, digest: str) -> str:
    """Who made the decision that counts now, as the audit names them; empty where there is none."""
    decided = _decisions(history, about, digest)
    return str(decided[-1]["actor"]) if decided else ""


def standing(history: Iterable[Mapping[str, Any]], about: Submission, digest: str) -> Names:
    """The names that count now: those that were last decided for these bytes under the submission's protocol."""
    decided = _decisions(history, about, digest)
    names = decided[-1]["facts"]["names"] if decided else {}
    return {entry: {int(number): name for number, name in new.items()} for entry, new in names.items()}


def _decisions(history: Iterable[Mapping[str, Any]], about: Submission, digest: str) -> list[Mapping[str, Any]]:
    pinned = (about.trial, about.protocol_version)
    made = given(history, ACTION, digest)
    return [line for line in made if (line["facts"]["trial"], line["facts"]["protocol_version"]) == pinned]
