"""A policy carried out: what each of its actions does to the bytes of an element."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from uploader.domain.errors import CannotBeSafe
from uploader.domain.policy import Action, Option
from uploader.elements import Form, Irregular, known_vr
from uploader.passes.ages import CONCEPTS, tellable
from uploader.passes.cleantext import cleaned
from uploader.passes.dates import ShiftDates
from uploader.passes.dummies import dummy
from uploader.passes.policy import Policy
from uploader.passes.trial import TrialAttributes
from uploader.passes.uids import CLASS_TAGS, MapUids
from uploader.rules import CHARACTER_SET, Change, Concept, Fate, Note, Rule, Written


class Cleaning(Protocol):
    """Makes a text free of what identifies."""

    def clean(self, text: str) -> str: ...

    def changes(self, text: str) -> Sequence[Found]: ...


class Found(Protocol):
    """Something that identifies, of this kind, in a text."""

    @property
    def kind(self) -> str: ...


_TEXTS = frozenset(b"LO LT PN SH ST UC UT CS AE UR".split())
_DATES = frozenset({b"DA", b"DT"})
_FATES = {Action.KEEP: Fate.KEEP, Action.REMOVE: Fate.REMOVE}


@dataclass(frozen=True, slots=True)
class SessionPasses:
    """The passes for one session. They hold no identity but what `cleaner` looks for, and can be pickled."""

    policy: Policy
    uids: MapUids
    dates: ShiftDates
    trial: TrialAttributes
    cleaner: Cleaning = field(repr=False)

    def rules(self, sop_class: str, notes: set[Note]) -> ClassRules:
        """notes: takes what is found in texts. Raises CannotBeSafe for objects that the policy cannot make safe."""
        refusal = self.policy.refusal(sop_class)
        if refusal:
            raise CannotBeSafe(refusal)
        return ClassRules(self, sop_class, notes)

    def stated(self, form: Form, *, blanked: bool = False) -> tuple[Written, ...]:
        done = [Option.CLEAN_PIXEL_DATA] if blanked else []
        return self.trial.written(form, self.policy.codes(done))

    def describe(self) -> list[str]:
        """What is done, for a reviewer."""
        return [
            *self.policy.describe(),
            self.uids.describe(),
            self.dates.describe(),
            self.trial.describe(self.policy.codes()),
        ]


class ClassRules:
    """The rules for objects of one SOP class."""

    def __init__(self, passes: SessionPasses, sop_class: str, notes: set[Note]) -> None:
        self._passes, self._policy, self._sop_class = passes, passes.policy, sop_class
        self._notes = notes
        self.keeps_private = Option.RETAIN_SAFE_PRIVATE in passes.policy.options

    def public(self, tag: int, vr: bytes, *, top: bool) -> Rule:
        known = known_vr(tag)
        read = known if vr == b"UN" else vr
        if vr == b"UN" and known == b"SQ":
            raise Irregular
        if b"SQ" in (read, known) and known not in (read, b"UN"):
            return Fate.REMOVE  # written as what it cannot be
        action = self._policy.action(self._sop_class, tag, read.decode())
        return self._rule(action, tag, vr, read, known)

    def private(self, creator: str, tag: int, vr: bytes, *, top: bool) -> Rule:
        written = "" if vr == b"UN" else vr.decode()
        action = self._policy.private(creator, tag >> 16, tag & 0xFF, written)
        read = vr if written else self._policy.private_vr(creator, tag >> 16, tag & 0xFF).encode()
        if read == b"SQ" and not written:
            return Fate.REMOVE  # its items would be copied unseen
        return self._rule(action, tag, vr, read, read)

    def item(self, concept: Concept) -> Fate | Mapping[int, Change]:
        action = self._policy.content(*concept)
        if action is Action.KEEP and concept[:2] in CONCEPTS:
            return _AGED if concept.value_type == "NUM" else _SAYING_NOTHING
        if action is Action.DUMMY:
            return _SAYING_NOTHING
        return Fate.REMOVE if action is Action.REMOVE else Fate.KEEP

    def _rule(self, action: Action, tag: int, vr: bytes, read: bytes, known: bytes) -> Rule:
        """read: the VR by which the value is to be read; known: that of the dictionary. Where they differ, the more
        careful of the two decides."""
        if action is Action.REMOVE:
            return Fate.REMOVE
        if read == b"SQ":
            return _empty if action is Action.EMPTY else Fate.KEEP
        action = self._careful(action, {read, known})
        if action is Action.KEEP:
            return _kept(tag, vr, read)
        return self._change(action, tag, read if known == b"UN" else known)

    def _careful(self, action: Action, vrs: set[bytes]) -> Action:
        """No UID, date, age or name is kept because a table forgot it."""
        if action is not Action.KEEP:
            return action
        options = self._policy.options
        if b"UI" in vrs and Option.RETAIN_UIDS not in options:
            return Action.UID
        if vrs & _DATES and Option.RETAIN_FULL_DATES not in options:
            return Action.SHIFT if Option.RETAIN_MODIFIED_DATES in options else Action.EMPTY
        if b"AS" in vrs:
            return Action.SHIFT
        return Action.EMPTY if b"PN" in vrs else action

    def _change(self, action: Action, tag: int, vr: bytes) -> Change:
        passes = self._passes
        if action is Action.EMPTY:
            return _empty
        if vr == b"UI":
            names_class = tag in CLASS_TAGS
            return lambda value, charset: passes.uids.value(value, names_class)
        if action is Action.SHIFT and vr not in _TEXTS:
            return lambda value, charset: passes.dates.value(value, vr)
        if action in (Action.CLEAN, Action.SHIFT) and vr in _TEXTS:
            return lambda value, charset: cleaned(value, vr, charset, partial(self._clean, tag), dummy(vr))
        if action is Action.CLEAN:
            return _none
        return lambda value, charset: dummy(vr, value)

    def _clean(self, tag: int, text: str) -> str:
        cleaner = self._passes.cleaner
        self._notes.update((tag, found.kind) for found in cleaner.changes(text))
        return cleaner.clean(text)


def _kept(tag: int, vr: bytes, read: bytes) -> Rule:
    """As it is, but for what cannot be what its VR says."""
    if tag == CHARACTER_SET:
        return _character_sets
    if read in (b"DS", b"IS"):
        return _numerals
    return _same if vr != read else Fate.KEEP


def _nothing(vr: bytes) -> Change:
    return lambda value, charset: dummy(vr)


_SAYING_NOTHING: Mapping[int, Change] = {
    0x0040A120: _nothing(b"DT"),
    0x0040A121: _nothing(b"DA"),
    0x0040A122: _nothing(b"TM"),
    0x0040A123: _nothing(b"PN"),
    0x0040A160: _nothing(b"UT"),
}
"""The values of a content item that are text, names or times, by tag (PS3.3 C.17.3.2)."""


_AGED: Mapping[int, Change] = {0x0040A300: lambda value, charset: None if tellable(value) else b""}
"""An age that is measured (PS3.3 C.18.1); None leaves it to the other rules."""


def _empty(value: bytes, charset: bytes) -> bytes:
    return b""


_FIGURES, _NUMERAL = b"0123456789+-.,eE\\ \0", re.compile(rb" *([0-9+.,e-]*|[+-]?(nan|inf(inity)?)) *", re.IGNORECASE)
_CHARACTER_SET = re.compile(rb"(ISO|IR|UTF|GBK?|LATIN|[0-9 _-])*", re.IGNORECASE)


def _numerals(value: bytes, charset: bytes) -> bytes:
    """Numbers written in figures (PS3.5 6.2); nothing where anything else stands among them."""
    if not value.translate(None, _FIGURES) or all(map(_NUMERAL.fullmatch, value.strip(b"\0").split(b"\\"))):
        return value
    return b""


def _character_sets(value: bytes, charset: bytes) -> bytes:
    """Names of character sets, as they are also misspelled (PS3.3 C.12.1.1.2); nothing for other words."""
    return value if all(map(_CHARACTER_SET.fullmatch, value.strip(b"\0").split(b"\\"))) else b""


def _same(value: bytes, charset: bytes) -> bytes:
    return value


def _none(value: bytes, charset: bytes) -> None:
    """What cannot be cleaned goes."""
