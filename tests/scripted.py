"""Functions as scripts of a recipe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pydicom.dataset import Dataset

from uploader.stages.anonymise import Box


@dataclass(frozen=True)
class Whole:
    """A script of which nothing is known but that it changes a dataset."""

    change: Callable[[Dataset], Dataset]
    reach: None = None
    repeatable: bool = False
    alters_pixels: bool = False

    def take_blanked(self) -> tuple[Box, ...]:
        return ()

    def beyond(self, tag: int, *, top: bool) -> bool | str:
        return False

    def __call__(self, dataset: Dataset) -> Dataset:
        return self.change(dataset)
