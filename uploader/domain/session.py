"""Where a session is found, and what scans it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """Where an archive keeps a session. Labels are ours, never a patient's: they occur in URLs."""

    project: str
    subject: str
    session: str


@dataclass(frozen=True, slots=True)
class Session:
    """A session as an archive needs to know it.

    scans: scan ID -> modality (0008,0060), e.g. ``{"3": "CT", "4": "RTSTRUCT"}``
    """

    address: Address
    scans: Mapping[str, str]
