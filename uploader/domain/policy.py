"""What may be done to an element on its way into a trial. The words of DICOM PS3.15 Annex E, as one small alphabet.

The table that maps elements to actions is `passes.policy`; carrying them out is `passes`; the verifier is told only
what may be there, never what was done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What becomes of one element. Codes in brackets are those of PS3.15 table E.1-1a."""

    KEEP = "keep"
    """Unchanged (K); of a sequence, each item is treated element by element."""
    REMOVE = "remove"
    """Gone (X)."""
    EMPTY = "empty"
    """Without a value (Z); a sequence without items."""
    DUMMY = "dummy"
    """A value that says nothing, valid for its VR (D); a sequence keeps its items, each treated as for Z and D."""
    UID = "uid"
    """Another UID, the same wherever this one stands in the trial (U)."""
    SHIFT = "shift"
    """A date, time of a date, or age, moved by the subject's secret offset or capped (C of DA, DT, TM, AS)."""
    CLEAN = "clean"
    """Text that keeps what it says but nothing that identifies (C of text)."""


class Option(StrEnum):
    """The options of PS3.15 E.3, which a policy switches on beside the Basic Profile."""

    CLEAN_PIXEL_DATA = "clean-pixel-data"
    CLEAN_RECOGNIZABLE_VISUAL_FEATURES = "clean-recognizable-visual-features"
    CLEAN_GRAPHICS = "clean-graphics"
    CLEAN_STRUCTURED_CONTENT = "clean-structured-content"
    CLEAN_DESCRIPTORS = "clean-descriptors"
    RETAIN_FULL_DATES = "retain-longitudinal-full-dates"
    RETAIN_MODIFIED_DATES = "retain-longitudinal-modified-dates"
    RETAIN_PATIENT_CHARACTERISTICS = "retain-patient-characteristics"
    RETAIN_DEVICE_IDENTITY = "retain-device-identity"
    RETAIN_INSTITUTION_IDENTITY = "retain-institution-identity"
    RETAIN_UIDS = "retain-uids"
    RETAIN_SAFE_PRIVATE = "retain-safe-private"


@dataclass(frozen=True, slots=True)
class Permit:
    """What the verifier is told: what may be in the files of a session, never what was done to them.

    allowed: SOP Class UID -> public tags that may be present, at any depth; under the empty string those for classes
        that are not named. Without it, any tag may be
    private: (creator, group, low byte of the element) of private elements that may be present
    may_differ: tags of measurements that the trial's scripts set or remove
    kept: tags of machines and institutions that a policy keeps as they are; what they say is not looked for
    """

    allowed: Mapping[str, frozenset[int]] | None = None
    private: frozenset[tuple[str, int, int]] = frozenset()
    may_differ: frozenset[int] = frozenset()
    kept: frozenset[int] = frozenset()


NO_PERMIT = Permit()
"""Any public element, no private one, and no measurement that differs."""
