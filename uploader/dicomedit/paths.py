"""Tag paths: their form, and which elements of a dataset they select."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from uploader.dicomedit import private
from uploader.dicomedit.values import is_sequence, items, text_of

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

ANY = -1
"""Item number that stands for any item, written [%] or left out before the last step."""
LEVELS, LEVEL = "*", "."
"""Any number of sequence levels, none included; exactly one."""

_DIGITS = r"[0-9A-Fa-fXx@#]"
_STEP = re.compile(
    rf"\(({_DIGITS}{{3}}[02468ACEace@])\s*,\s*({_DIGITS}{{4}})\)(?:\s*\[\s*(0|[1-9][0-9]*|%)\s*\])?"
    rf"|\(({_DIGITS}{{3}}[13579BDFbdf#])\s*,\s*\{{([A-Za-z][A-Za-z0-9 \-_.:]*)\}}({_DIGITS}{{2}})\)"
    r"(?:\s*\[\s*(0|[1-9][0-9]*|%)\s*\])?"
)


class BadPath(ValueError):
    """The text is not a tag path; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One tag of a path.

    mask, bits: a tag fits when `tag & mask == bits`; for a private step the low byte is the offset in its block
    creator: the private creator, None for a public step
    item: item number, ANY, or None when none is written
    """

    mask: int
    bits: int
    creator: str | None
    item: int | None
    written: str

    @property
    def exact(self) -> bool:
        return self.mask == (0xFFFFFFFF if self.creator is None else 0xFFFF00FF)

    def fits(self, dataset: Dataset, tag: int) -> bool:
        """Whether `tag` of this dataset is named by the step."""
        if tag & self.mask != self.bits:
            return False
        if self.creator is None:
            return True
        owner = text_of(dataset, tag) if private.is_creator(tag) else private.creator_of(dataset, tag)
        return owner == self.creator


@dataclass(frozen=True, slots=True)
class Path:
    """A path, its steps outermost first. A leading + is kept as one level and then any number."""

    steps: tuple[Step | str, ...]
    written: str
    singular: bool = field(init=False)
    """Names one element at most that can be read or assigned."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "singular", self._singular())

    def _singular(self) -> bool:
        *outer, last = self.steps
        return (
            isinstance(last, Step)
            and last.exact
            and last.item is None
            and all(isinstance(s, Step) and s.exact and s.item not in {None, ANY} for s in outer)
        )

    @property
    def last(self) -> Step | str:
        return self.steps[-1]

    @property
    def without_item(self) -> Path:
        """The sequence of a path that ends in the number of an item; any other path as it is."""
        ends_in_item = isinstance(self.last, Step) and self.last.item not in {None, ANY}
        return parse_path(self.written.rpartition("[")[0]) if ends_in_item else self

    @property
    def of_file_meta(self) -> bool:
        first = self.steps[0]
        return isinstance(first, Step) and first.bits >> 16 == 2 and first.mask >> 16 == 0xFFFF

    def __str__(self) -> str:
        return self.written


@lru_cache(maxsize=4096)
def parse_path(text: str) -> Path:
    """The path written as `text`. Raises BadPath."""
    parts = [part.strip() for part in text.split("/")]
    if parts[-1] in {"+", "."}:
        raise BadPath(f"a path cannot end in {parts[-1]}")
    steps: list[Step | str] = []
    for index, part in enumerate(parts):
        steps.extend(_wild(part, index) if part in {"*", "+", "."} else (_step(part),))
    return Path(tuple(steps), "/".join(parts))


def _wild(part: str, index: int) -> tuple[str, ...]:
    if part == "+":
        return (LEVEL, LEVELS) if index == 0 else (LEVELS,)
    return (part,)


def _step(text: str) -> Step:
    found = _STEP.fullmatch(text)
    if found is None:
        raise BadPath("this is not a tag path such as (0010,0010) or (0029,{CREATOR}10)")
    group, element, item, odd_group, creator, offset, odd_item = found.groups()
    if creator is None:
        mask, bits = _mask(group + element)
        return Step(mask, bits, None, _item(item), text)
    mask, bits = _mask(odd_group + "XX" + offset)
    return Step(mask, bits, creator.strip(), _item(odd_item), text)


def _item(text: str | None) -> int | None:
    return None if text is None else ANY if text == "%" else int(text)


def _mask(digits: str) -> tuple[int, int]:
    """Mask and bits of hex digits where X is any, @ even and # odd."""
    mask = bits = 0
    for digit in digits.upper():
        care = {"X": (0, 0), "@": (1, 0), "#": (1, 1)}.get(digit)
        m, b = care if care is not None else (0xF, int(digit, 16))
        mask, bits = mask << 4 | m, bits << 4 | b
    return mask, bits


@dataclass(frozen=True, slots=True)
class Hit:
    """An element that a path selects; `item` is set when the path ends in the number of an item."""

    dataset: Dataset
    tag: int
    item: int | None


def select(dataset: Dataset, path: Path, creators: bool = False) -> list[Hit]:
    """All elements at every depth that the path names; private creator elements only with `creators`."""
    return list(_hits(dataset, path.steps, _closure(path.steps, {0}), creators))


def select_as_reference(dataset: Dataset, path: Path, creators: bool = False) -> list[Hit]:
    """As `select`, but a leading + means "not beginning with this tag", and misses it in a sequence of the same tag."""
    if path.steps[:2] == (LEVEL, LEVELS) and isinstance(step := path.steps[2], Step):
        begun = {tag for tag in dataset.keys() if step.fits(dataset, tag)}  # noqa: SIM118
        return list(_hits(dataset, path.steps, _closure(path.steps, {0}), creators, frozenset(begun)))
    return select(dataset, path, creators)


def _closure(steps: tuple[Step | str, ...], positions: set[int]) -> frozenset[int]:
    """`positions` and those that a * reaches without a level."""
    reached = set(positions)
    for position in range(min(positions), len(steps) - 1):
        if position in reached and steps[position] == LEVELS:
            reached.add(position + 1)
    return frozenset(reached)


def _hits(
    dataset: Dataset,
    steps: tuple[Step | str, ...],
    positions: frozenset[int],
    creators: bool,
    passed: frozenset[int] = frozenset(),
) -> Iterator[Hit]:
    end = len(steps) - 1
    for tag in list(dataset.keys()):
        if tag in passed or (private.is_creator(tag) and not creators):
            continue
        deeper: list[tuple[int, int]] = []
        for position in positions:
            step = steps[position]
            if isinstance(step, Step):
                if not step.fits(dataset, tag):
                    continue
                if position == end:
                    yield Hit(dataset, tag, None if step.item == ANY else step.item)
                else:
                    deeper.append((ANY if step.item is None else step.item, position + 1))
            else:
                if position == end:
                    yield Hit(dataset, tag, None)
                deeper.append((ANY, position if step == LEVELS else position + 1))
        if deeper and is_sequence(dataset, tag):
            for index, item in enumerate(items(dataset, tag)):
                onward = {position for wanted, position in deeper if wanted in {ANY, index}}
                if onward:
                    yield from _hits(item, steps, _closure(steps, onward), creators)
