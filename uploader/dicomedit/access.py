"""Single elements: reaching, reading, assigning and removing what a path names."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from uploader.dicomedit import private
from uploader.dicomedit.paths import Path, Step, select, select_as_reference
from uploader.dicomedit.values import BadValue, Unfit, is_sequence, items, store, text_of, vr_of, wrapped

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MOST_ITEMS = 10_000
"""A path may not make more items than this in one sequence; a slip of the pen must not fill the memory."""


def root(dataset: Dataset, path: Path) -> Dataset:
    """Where the path begins: the dataset, or its file meta for group 0002."""
    if not path.of_file_meta:
        return dataset
    from pydicom.dataset import Dataset

    return cast(Dataset, getattr(dataset, "file_meta", Dataset()))


def find(dataset: Dataset, path: Path, compatible: bool = False) -> tuple[Dataset, int] | None:
    """The dataset and tag of a singular path; None when a sequence, item or private block on the way is missing.

    The element itself may be missing. Changes nothing, but for `compatible`: as in the reference, what is missing on
    the way is made. Raises Unfit for a path that can name many elements.
    """
    if compatible:
        return _made(dataset, path, compatible)
    here = root(dataset, path)
    *outer, last = _singular(path)
    for step in outer:
        tag = _tag(here, step)
        if tag is None or tag not in here or not is_sequence(here, tag):
            return None
        inside = items(here, tag)
        if cast(int, step.item) >= len(inside):
            return None
        here = inside[cast(int, step.item)]
    tag = _tag(here, last)
    return None if tag is None else (here, tag)


def read(dataset: Dataset, path: Path, compatible: bool = False) -> str | None:
    """Text of the element, None when it is missing. Raises Unfit."""
    found = find(dataset, path, compatible)
    try:
        return None if found is None else text_of(*found)
    except BadValue as error:
        raise Unfit(f"{path}: {error}") from None


def vr_at(dataset: Dataset, path: Path) -> str | None:
    """VR of the element, None when it is missing."""
    found = find(dataset, path)
    return None if found is None or found[1] not in found[0] else vr_of(*found)


def assign(dataset: Dataset, path: Path, text: str, compatible: bool = False) -> None:
    """Give the element this text, made with its sequences, items and private block where missing. Raises Unfit."""
    put(*_made(dataset, path, compatible), text, path, compatible)


def _made(dataset: Dataset, path: Path, compatible: bool) -> tuple[Dataset, int]:
    """The dataset and tag of a singular path, with sequences, items and private block made where missing."""
    here = root(dataset, path)
    *outer, last = _singular(path)
    for step in outer:
        here = item_at(here, _tag_or_reserved(here, step, compatible), cast(int, step.item), path)
    return here, _tag_or_reserved(here, last, compatible)


def put(dataset: Dataset, tag: int, text: str, path: Path | str, compatible: bool = False) -> None:
    """Store `text`; `path` is for the message. Raises Unfit."""
    try:
        store(dataset, tag, wrapped(dataset, tag, text) if compatible else text)
    except BadValue as error:
        raise Unfit(f"{path}: {error}") from None


def assign_present(dataset: Dataset, path: Path, text: str, compatible: bool = False) -> None:
    """Set every element that is there and matches; sequences stay as they are. Raises Unfit."""
    for here, tag in leaves(dataset, path, compatible, creators=compatible):
        put(here, tag, text, path, compatible)


def leaves(
    dataset: Dataset, path: Path, compatible: bool = False, *, creators: bool = False
) -> list[tuple[Dataset, int]]:
    """What the path selects and is not a sequence."""
    hits = (select_as_reference if compatible else select)(root(dataset, path), path, creators)
    return [(h.dataset, h.tag) for h in hits if h.item is None and not is_sequence(h.dataset, h.tag)]


def remove(dataset: Dataset, path: Path, compatible: bool = False) -> None:
    """Remove what matches, sequences whole. A single item is emptied and stays; private creators stay."""
    for hit in (select_as_reference if compatible else select)(root(dataset, path), path):
        if hit.tag not in hit.dataset:
            continue
        if hit.item is None:
            del hit.dataset[hit.tag]
        elif is_sequence(hit.dataset, hit.tag):
            for item in items(hit.dataset, hit.tag)[hit.item : hit.item + 1]:
                _empty(item)


def _empty(item: Dataset) -> None:
    """Remove all leaves at every depth; sequences, items and creators stay, as the language has it."""
    for tag in [t for t in item.keys() if not private.is_creator(t)]:  # noqa: SIM118
        if is_sequence(item, tag):
            for inner in items(item, tag):
                _empty(inner)
        else:
            del item[tag]


def _singular(path: Path) -> list[Step]:
    if not path.singular:
        raise Unfit(f"{path} can name more than one element here, where exactly one is wanted")
    return cast(list[Step], list(path.steps))


def _tag(dataset: Dataset, step: Step, gaps: bool = True) -> int | None:
    if step.creator is None:
        return step.bits
    return private.find(dataset, step.bits >> 16, step.creator, step.bits & 0xFF, gaps)


def _tag_or_reserved(dataset: Dataset, step: Step, compatible: bool) -> int:
    tag = _tag(dataset, step, gaps=not compatible)
    if tag is not None:
        return tag
    block = private.reserve(dataset, step.bits >> 16, str(step.creator))
    return step.bits | block << 8


def item_at(dataset: Dataset, tag: int, index: int, path: Path | str) -> Dataset:
    """Item `index` of a sequence, made with all before it where missing."""
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    if tag not in dataset:
        dataset.add_new(tag, "SQ", Sequence())
    if not is_sequence(dataset, tag):
        raise Unfit(f"{path}: an element on the way is not a sequence")
    if index >= MOST_ITEMS:
        raise Unfit(f"{path}: an item number over {MOST_ITEMS} is not believed")
    inside = items(dataset, tag)
    while len(inside) <= index:
        inside.append(Dataset())
    return inside[index]


def blank(dataset: Dataset, tag: int) -> None:
    """Empty an element, keeping its VR."""
    from uploader.dicomedit.decoded import element

    dataset.add(element(tag, vr_of(dataset, tag), ""))
