"""Overlays in unused bits of the pixels, as was done until 2004: they would stay there (PS3.3 C.9.2.1.1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from uploader.domain.errors import CannotBeSafe
from uploader.rows import Row, value_in

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_FIRST = 0x60000000
_GROUPS = range(0x6000, 0x6020, 2)
_BIT_POSITION, _DATA = 0x0102, 0x3000
_SAYS = "an overlay lies in unused bits of the pixels, and what is drawn there nobody has read"


def refuse_in(rows: Iterable[Row]) -> None:
    """Raises CannotBeSafe for an original whose header declares one."""
    late = [row for row in rows if row.pieces and row.pieces[-1][0] >= _FIRST]
    if late and any(_hidden(value_in(late, g << 16 | _BIT_POSITION), value_in(late, g << 16 | _DATA)) for g in _GROUPS):
        raise CannotBeSafe(_SAYS)


def refuse(dataset: Dataset) -> None:
    """The same for one that has been decoded."""
    for group in _GROUPS:
        position = dataset.get((group, _BIT_POSITION))
        if position is not None and position.value and (group, _DATA) not in dataset:
            raise CannotBeSafe(_SAYS)


def _hidden(position: bytes, data: bytes) -> bool:
    """position: Overlay Bit Position (60xx,0102), 0 for an overlay of its own; data: Overlay Data (60xx,3000)"""
    return any(position) and not data
