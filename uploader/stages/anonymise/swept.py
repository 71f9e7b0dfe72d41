"""What scripts do to elements out of their reach, joined with the rules of the passes into one rule an element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from uploader.elements import Irregular, known_vr
from uploader.rules import Change, Concept, Fate, Rule, Rules
from uploader.stages.anonymise.recipe import Script

_TEXTS = frozenset(b"AE CS LO LT PN SH ST UC UT".split())
"""VRs in which a text is written as it is."""


class Swept:
    """`Rules` that act as the scripts and then the passes would. Pure."""

    def __init__(self, scripts: Sequence[Script], rules: Rules) -> None:
        self._scripts, self._rules = scripts, rules
        self.keeps_private = rules.keeps_private

    def public(self, tag: int, vr: bytes, *, top: bool) -> Rule:
        return self._after(self._verdict(tag, top), self._rules.public(tag, vr, top=top), tag, vr)

    def private(self, creator: str, tag: int, vr: bytes, *, top: bool) -> Rule:
        return self._after(self._verdict(tag, top), self._rules.private(creator, tag, vr, top=top), tag, vr)

    def item(self, concept: Concept) -> Fate | Mapping[int, Change]:
        return self._rules.item(concept)

    def _verdict(self, tag: int, top: bool) -> bool | str:
        verdict: bool | str = False
        for script in self._scripts:
            said = script.beyond(tag, top=top)
            if said is True:
                return True
            if isinstance(said, str):
                verdict = said
        return verdict

    def _after(self, verdict: bool | str, rule: Rule, tag: int, vr: bytes) -> Rule:
        if verdict is True:
            return Fate.REMOVE
        if verdict is False or rule is Fate.REMOVE or vr == b"SQ":
            return rule
        value = _value(str(verdict), tag, vr)
        if rule is Fate.KEEP:
            return lambda old, charset: value
        return lambda old, charset: rule(value, charset)


def _value(text: str, tag: int, vr: bytes) -> bytes:
    """Raises Irregular for a text that the script itself must write, because it may not fit the VR."""
    if not text:
        return b""
    if (known_vr(tag) if vr == b"UN" else vr) not in _TEXTS or not text.isascii():
        raise Irregular
    value = text.encode("ascii")
    return value + b" " if len(value) & 1 else value
