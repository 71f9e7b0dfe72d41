"""A person's word against a refusal of the verifier: who overruled which finding, in which bytes, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from uploader.domain.word import given

ACTION = "finding-overruled"
"""Audit action that stands for an override."""
BY_TWO = frozenset({"pixels.identity"})
"""Codes whose refusals count as overruled when two persons have said so: what was found is hardly a false alarm."""


@dataclass(frozen=True, slots=True)
class Override:
    """`person` looked at the finding `code` at `where`, in the session whose manifest has `digest`, and overruled it.

    where: a file with a tag, or a tag alone, which stands for all files
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
    return [Override(line["actor"], **line["facts"]) for line in given(history, ACTION, digest)]


def standing(made: Iterable[Override]) -> set[tuple[str, str]]:
    """(code, place) of what counts as overruled: by one person, or by two where `BY_TWO` asks for them."""
    persons: dict[tuple[str, str], set[str]] = {}
    for each in made:
        persons.setdefault((each.code, each.where), set()).add(each.person)
    return {what for what, who in persons.items() if len(who) >= (2 if what[0] in BY_TWO else 1)}
