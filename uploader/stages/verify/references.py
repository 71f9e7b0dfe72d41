"""Whether all references inside the session still lead where they led."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

Sighting = tuple[str, str, str]
"""(code, path, value)"""


@dataclass(slots=True)
class Pairs:
    """Which original UID became which, over the whole session, and where that was seen.

    became, came_from: UID -> (UID on the other side, where)
    own: the new UIDs by which the files name themselves
    """

    became: dict[str, tuple[str, str]] = field(default_factory=dict)
    came_from: dict[str, tuple[str, str]] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)

    def add(self, old: str, new: str, where: str) -> Iterator[Sighting]:
        """Note one pair; yields what is wrong with it, alone or beside the pairs before it."""
        if old == new:
            yield "verify.residue-uid", where, old
        if self.became.setdefault(old, (new, where))[0] != new:
            yield "verify.uid-split", where, old
        elif self.came_from.setdefault(new, (old, where))[0] != old:
            yield "verify.uid-merged", where, old

    def open_ends(self, own: set[str]) -> Iterator[Sighting]:
        """References to the session's `own` originals that lead to nothing that is in it now."""
        for old, (new, where) in self.became.items():
            if old in own and new not in self.own:
                yield "verify.reference-open", where, old
