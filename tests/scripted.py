"""Recipes for tests: functions as scripts, and passes that do nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pydicom.dataset import Dataset

from uploader.elements import Form
from uploader.rules import Concept, Fate, Note, Rule, Written
from uploader.stages.anonymise import Box


@dataclass(frozen=True)
class Whole:
    """A script of which nothing is known but that it changes a dataset."""

    change: Callable[[Dataset], Dataset]
    reach: None = None
    repeatable: bool = False
    alters_pixels: bool = False
    blanked: tuple[Box, ...] = ()

    def beyond(self, tag: int, *, top: bool) -> bool | str:
        return False

    def __call__(self, dataset: Dataset) -> Dataset:
        return self.change(dataset)


class Untouched:
    """Passes, and their rules, that leave everything as it was but the file meta."""

    keeps_private = True

    def rules(self, sop_class: str, notes: set[Note]) -> Untouched:
        return self

    def stated(self, form: Form, *, blanked: bool) -> tuple[Written, ...]:
        return ()

    def public(self, tag: int, vr: bytes, *, top: bool) -> Rule:
        return Fate.KEEP

    def private(self, creator: str, tag: int, vr: bytes, *, top: bool) -> Rule:
        return Fate.KEEP

    def item(self, concept: Concept) -> Fate:
        return Fate.KEEP
