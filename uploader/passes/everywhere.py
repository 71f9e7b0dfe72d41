"""What a pass is, and how several share one walk through a dataset."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from pydicom.dataset import Dataset

from uploader import dicom


class Pass(Protocol):
    """One kind of change to a dataset."""

    def apply(self, dataset: Dataset) -> None:
        """Change `dataset` in place, at every depth. Raises UnreadableFile."""

    def describe(self) -> str:
        """What it does, for a reviewer."""


class LevelPass(Pass, Protocol):
    """A pass that treats the dataset and every sequence item alike, each for itself."""

    def on(self, level: Dataset) -> None:
        """Change this one level, not the items below it."""


def everywhere(passes: Iterable[LevelPass], dataset: Dataset) -> None:
    """Each of `passes` on every level, outer levels first: what an outer level loses is never opened."""
    for level in dicom.walk(dataset):
        for each in passes:
            each.on(level)


@dataclass(frozen=True, slots=True)
class Together:
    """Several passes in one walk, which costs more than any of them."""

    passes: tuple[LevelPass, ...]

    def apply(self, dataset: Dataset) -> None:
        everywhere(self.passes, dataset)

    def describe(self) -> str:
        return "\n".join(each.describe() for each in self.passes)
