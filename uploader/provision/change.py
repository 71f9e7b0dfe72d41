"""What a step found or made."""

from __future__ import annotations

from dataclasses import dataclass

from uploader.domain.errors import ArchiveRefused
from uploader.provision.wanted import Wanted


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was to be so. `made`: it was not, and now is."""

    archive: str
    says: str
    made: bool


def must(true: bool, wish: Wanted, says: str) -> None:
    """Raises ArchiveRefused when what was set does not hold."""
    if not true:
        raise ArchiveRefused(f"{wish.name}: {says}; look into the XNAT's logs, then run this again")
