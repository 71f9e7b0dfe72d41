"""Many deletions and constant `?=` in one walk over the dataset.

A de-identifying script is mostly hundreds of lines such as `-*/(0010,1040)`. One after another each would walk the
whole object; together they are one walk with one look-up an element, and only sequences are decoded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uploader.dicomedit import statements as s
from uploader.dicomedit.access import put
from uploader.dicomedit.paths import LEVELS, Path, Step
from uploader.dicomedit.values import is_sequence, items

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_CHARACTER_SET = 0x00080005
"""Not set by a sweep: texts that were read before are encoded anew when it changes."""
Verdict = bool | str
"""True: remove; False: keep; a text: set."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One statement: the tags it names (step None: all private ones), how deep, and what becomes of them."""

    step: Step | None
    deep: bool
    verdict: Verdict

    def names(self, tag: int) -> bool:
        return bool(tag >> 16 & 1) if self.step is None else tag & self.step.mask == self.step.bits


def rule(statement: s.Statement) -> Rule | None:
    """The rule that says the same as the statement; None when a sweep cannot say it."""
    match statement:
        case s.RemovePrivate():
            return Rule(None, True, True)
        case s.Delete(path=path):
            return _of_path(path, True)
        case s.AssignPresent(path=path, value=s.Literal(text=text)):
            return _of_path(path, text)
    return None


def _of_path(path: Path, verdict: Verdict) -> Rule | None:
    *outer, last = path.steps
    if path.of_file_meta or not isinstance(last, Step) or last.creator is not None or last.item is not None:
        return None
    if outer not in ([], [LEVELS]) or (isinstance(verdict, str) and last.bits == _CHARACTER_SET & last.mask):
        return None
    return Rule(last, bool(outer), verdict)


class _Verdicts(dict[int, Verdict]):
    """Tag -> verdict, worked out from the rules when a tag is first met."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        super().__init__()
        self._rules = rules

    def __missing__(self, tag: int) -> Verdict:
        verdict: Verdict = False
        for named in (r for r in self._rules if r.names(tag)):
            if verdict is not True:
                verdict = named.verdict
        self[tag] = verdict
        return verdict


class Sweep:
    """Rules of consecutive statements, applied as one; a later one has the last word, except over a removal."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._top = _Verdicts(rules)
        self._inner = _Verdicts([r for r in rules if r.deep])
        self._deep = any(r.deep for r in rules)

    def verdict(self, tag: int, *, top: bool) -> Verdict:
        """What becomes of an element, on the dataset itself or in an item of a sequence."""
        return (self._top if top else self._inner)[tag]

    def __call__(self, dataset: Dataset) -> None:
        """Raises access.Unfit when a text does not fit the element that it is to be set in."""
        self._walk(dataset, self._top)

    def _walk(self, dataset: Dataset, verdicts: _Verdicts) -> None:
        for tag in list(dataset.keys()):
            verdict = verdicts[tag]
            if verdict is True:
                del dataset[tag]
            elif is_sequence(dataset, tag):
                if self._deep:
                    for item in items(dataset, tag):
                        self._walk(item, self._inner)
            elif isinstance(verdict, str):
                put(dataset, tag, verdict, f"({tag >> 16:04X},{tag & 0xFFFF:04X})")
