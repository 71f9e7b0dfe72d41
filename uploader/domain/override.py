"""A person's word against a refusal of the verifier: who overruled which finding, in which bytes, and why.

The reason is a code and nothing else: whoever says in words why a name or a number is a false alarm quotes it, and the
audit and the receipt keep that for good.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from uploader.domain.errors import Refused
from uploader.domain.word import given

ACTION = "finding-overruled"
"""Audit action that stands for an override."""
REASONS: Mapping[str, str] = {
    "by-chance": "by chance: the same figures or letters, which mean something else here",
    "ordinary-word": "an ordinary word, or one of the field, and here nobody's name",
    "of-the-device": "of the device, the program or the protocol, and tells of nobody",
    "not-there": "not there: nothing of the kind can be read in this place",
}
"""Code -> why a finding is a false alarm."""
IN_WORDS = "in-words"
"""In place of a reason of before there were codes, which is not told any more."""
BY_TWO = frozenset({"pixels.identity"})
"""Codes whose refusals count as overruled when two persons have said so: what was found is hardly a false alarm."""


@dataclass(frozen=True, slots=True)
class Override:
    """`person` looked at the finding `code` at `where`, in the session whose manifest has `digest`, and overruled it.

    where: a file with a tag, or a tag alone, which stands for all files
    reason: one of `REASONS`, or `IN_WORDS`
    """

    person: str
    code: str
    where: str
    reason: str
    digest: str

    @property
    def facts(self) -> dict[str, str]:
        """What the audit keeps beside the person and the time."""
        return {"code": self.code, "where": self.where, "reason": self.reason, "digest": self.digest}


def overrides(history: Iterable[Mapping[str, Any]], digest: str) -> list[Override]:
    """The overrides in the audit lines of a submission that were made for these bytes; others no longer count."""
    return [Override(line["actor"], **_told(line["facts"])) for line in given(history, ACTION, digest)]


def _told(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    return facts if facts["reason"] in REASONS else {**facts, "reason": IN_WORDS}


def check_reason(reason: str) -> None:
    """Raises Refused for one that is no code."""
    if reason not in REASONS:
        raise Refused(f"say why it is a false alarm, as one of: {', '.join(REASONS)}")


def standing(made: Iterable[Override]) -> set[tuple[str, str]]:
    """(code, place) of what counts as overruled: by one person, or by two where `BY_TWO` asks for them."""
    persons: dict[tuple[str, str], set[str]] = {}
    for each in made:
        persons.setdefault((each.code, each.where), set()).add(each.person)
    return {what for what, who in persons.items() if len(who) >= (2 if what[0] in BY_TWO else 1)}
