"""Private elements: nobody but the manufacturer knows what they hold."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset

from uploader.passes.everywhere import everywhere


@dataclass(frozen=True, slots=True)
class RemovePrivate:
    """Removes every element of an odd group. PS3.5 7.8."""

    def on(self, level: Dataset) -> None:
        for tag in [tag for tag, _ in level.items() if tag >> 16 & 1]:
            del level[tag]

    def apply(self, dataset: Dataset) -> None:
        everywhere((self,), dataset)

    def describe(self) -> str:
        return "Removes every private element, at every depth."
