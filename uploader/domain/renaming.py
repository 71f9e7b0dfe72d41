"""A person's word that ROIs of a session get names of the protocol: by number, and never with the old name."""

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


def standing(history: Iterable[Mapping[str, Any]], about: Submission, digest: str) -> Names:
    """The names that count now: those that were last decided for these bytes under the submission's protocol."""
    decided = [line["facts"] for line in given(history, ACTION, digest)]
    pinned = (about.trial, about.protocol_version)
    mine = [facts for facts in decided if (facts["trial"], facts["protocol_version"]) == pinned]
    names = mine[-1]["names"] if mine else {}
    return {entry: {int(number): name for number, name in new.items()} for entry, new in names.items()}
