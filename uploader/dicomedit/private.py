"""Private blocks: who reserved which elements (PS3.5 7.8.1), reserving more, removing and retaining them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from uploader.dicomedit.values import Unfit, is_sequence, items, text_of

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


def is_private(tag: int) -> bool:
    return bool(tag >> 16 & 1)


def is_creator(tag: int) -> bool:
    """(gggg,0010-00FF) of an odd group."""
    return bool(tag >> 16 & 1) and 0x10 <= tag & 0xFFFF <= 0xFF


def creator_of(dataset: Dataset, tag: int) -> str | None:
    """The creator that reserved the block of a private element; None for an orphan or a creator element."""
    block = tag >> 8 & 0xFF
    if block < 0x10:
        return None
    return text_of(dataset, tag & 0xFFFF0000 | block)


def blocks(dataset: Dataset, group: int, creator: str, gaps: bool = True) -> Iterator[int]:
    """Numbers of the blocks that `creator` has reserved in `group`, ascending; `gaps`: beyond unused numbers too."""
    for block in range(0x10, 0x100):
        tag = group << 16 | block
        if tag not in dataset and not gaps:
            return
        if tag in dataset and text_of(dataset, tag) == creator:
            yield block


def find(dataset: Dataset, group: int, creator: str, offset: int, gaps: bool = True) -> int | None:
    """The tag of an element in a block of `creator`: one that is there, else in the first block; None without block."""
    tags = [group << 16 | block << 8 | offset for block in blocks(dataset, group, creator, gaps)]
    return next((tag for tag in tags if tag in dataset), tags[0] if tags else None)


def reserve(dataset: Dataset, group: int, creator: str) -> int:
    """Reserve the first free block for `creator`; returns its number. Raises Unfit when none is free."""
    taken = {tag & 0xFF if is_creator(tag) else tag >> 8 & 0xFF for tag in dataset.keys() if tag >> 16 == group}  # noqa: SIM118
    for block in range(0x10, 0x100):
        if block not in taken:
            dataset.add_new(group << 16 | block, "LO", creator)
            return block
    raise Unfit("the group has no free private block")


def retain(dataset: Dataset, kept: set[tuple[int, int]]) -> None:
    """Remove all private elements but `kept`: pairs of the id of the dataset that holds it and the tag.

    A kept sequence stays whole; of another private sequence only what is kept inside it stays.
    """
    _retain(dataset, kept, inside_private=False)


def _retain(dataset: Dataset, kept: set[tuple[int, int]], *, inside_private: bool) -> bool:
    """Whether anything stays."""
    here = id(dataset)
    for tag in [t for t in dataset.keys() if not is_creator(t)]:  # noqa: SIM118
        if (here, tag) in kept:
            continue
        private = is_private(tag) or inside_private
        if is_sequence(dataset, tag):
            if not _retain_items(dataset, tag, kept, private) and private:
                del dataset[tag]
        elif private:
            del dataset[tag]
    _drop_idle_creators(dataset)
    return len(dataset) > 0


def _retain_items(dataset: Dataset, tag: int, kept: set[tuple[int, int]], private: bool) -> bool:
    inside = items(dataset, tag)
    filled = [_retain(item, kept, inside_private=private) for item in inside]
    while private and filled and not filled[-1]:
        filled.pop()
        inside.pop()
    return any(filled)


def _drop_idle_creators(dataset: Dataset) -> None:
    """Remove creator elements whose block is empty."""
    tags = list(dataset.keys())
    used = {t >> 16 << 16 | t >> 8 & 0xFF for t in tags if is_private(t) and not is_creator(t)}
    for tag in tags:
        if is_creator(tag) and tag not in used:
            del dataset[tag]
