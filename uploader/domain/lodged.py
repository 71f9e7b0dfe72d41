"""A session as the centre has it."""

from __future__ import annotations

from dataclasses import dataclass

from uploader.domain.session import Address


@dataclass(frozen=True, slots=True, order=True)
class Lodged:
    """One imaging session in a site's project.

    id: the archive's own, which stays when people rename
    address: the labels as they are now
    """

    id: str
    address: Address


@dataclass(frozen=True, slots=True)
class Shown:
    """In which further projects a session is.

    whole: where session, subject and every assessor are shown
    partly: where at least one of them is
    """

    whole: frozenset[str]
    partly: frozenset[str]
