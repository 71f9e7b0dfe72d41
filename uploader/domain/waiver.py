"""A person's word that a session may go on although it does not keep a rule of its protocol: who let which rule pass,
for which session, and why. The protocol says which rules, who may, and which reasons count.

The reason is a code of the protocol and nothing else: what a person types freely may name a patient, and the audit, the
receipt and the centre would keep it for good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from uploader.domain.renaming import ACTION as RENAMED
from uploader.domain.word import given

ACTION = "rule-waived"
"""Audit action that stands for a waiver."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """`person`, in the role `role`, let the rule at `line` pass, in the session whose files as they arrived have the
    manifest digest `digest`, judged under `protocol_digest`.

    at: ISO 8601, UTC
    check: the rule as the protocol's waivers call it
    line: JSON pointer of the rule in the protocol file
    code: one of the reason codes of the protocol
    """

    person: str
    at: str
    role: str
    check: str
    line: str
    code: str
    protocol_digest: str
    digest: str

    @classmethod
    def kept(cls, said: Mapping[str, Any]) -> Waiver:
        """One of a record. Records of before had a sentence beside the code; it is not told any more."""
        return cls(**{each.name: said[each.name] for each in fields(cls)})

    @property
    def facts(self) -> dict[str, str]:
        """What the audit keeps beside the person and the time."""
        return {name: value for name, value in asdict(self).items() if name not in ("person", "at")}


def waivers(history: Sequence[Mapping[str, Any]], digest: str, protocol_digest: str) -> tuple[Waiver, ...]:
    """Those in the audit lines of a submission that hold for these bytes under this protocol: of two for one rule the
    later one, and none that was made before trial and subject were chosen last, or structures renamed: what is called
    Larynx now may be another structure than the one that was let pass."""
    begun = max((n for n, line in enumerate(history) if line["action"] in ("chosen", RENAMED)), default=0)
    said = given(history[begun:], ACTION, digest)
    made = [Waiver.kept({**line["facts"], "person": line["actor"], "at": line["at"]}) for line in said]
    return tuple({each.line: each for each in made if each.protocol_digest == protocol_digest}.values())
