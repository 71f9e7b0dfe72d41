"""How one session is anonymised: what the stage asks of scripts and passes, which come in as arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from uploader.elements import Form
from uploader.rules import Note, Rules, Written

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Encoded: TypeAlias = tuple[str, bytes]
"""VR of an element, and its value as it is written."""
Box: TypeAlias = tuple[int, int, int, int]
"""(x, y, width, height) in pixels, from the upper left corner, in every frame."""


class Reach(Protocol):
    """A set of tags at the top of a dataset."""

    def __contains__(self, tag: int) -> bool: ...


class Script(Protocol):
    """A change to a dataset that the site wrote down.

    reach: the elements it must see; None for all, pixels aside
    repeatable: whether the same elements become the same every time
    alters_pixels: it must see the pixels too
    """

    @property
    def reach(self) -> Reach | None: ...

    @property
    def repeatable(self) -> bool: ...

    @property
    def alters_pixels(self) -> bool: ...

    def __call__(self, dataset: Dataset) -> Dataset:
        """Change the dataset in place. Raises ScriptFailed, ScriptRejected."""

    def edit(self, elements: Mapping[int, Encoded]) -> Mapping[int, Encoded] | None:
        """As calling it, on elements as they are encoded; None when it must be given a dataset."""

    @property
    def blanked(self) -> tuple[Box, ...]:
        """The boxes of the image that its last run has made black."""

    def beyond(self, tag: int, *, top: bool) -> bool | str:
        """What it does to an element out of its reach: True removes it, False keeps it, a text becomes its value."""


class Blanking(Protocol):
    """Makes black what devices draw into images, by the rules of a site."""

    def concerns(self, modality: str) -> bool:
        """Whether an object of this modality may be meant by any rule."""

    def __call__(self, source: Path, target: Path) -> tuple[Box, ...]:
        """Write `source` to `target` with what the rules name made black; returns the boxes. No file is written where
        no rule fits. Raises UnreadableFile."""


class Passes(Protocol):
    """The changes made to every object after the scripts."""

    def rules(self, sop_class: str, notes: set[Note]) -> Rules:
        """notes: takes what the rules find in texts that are kept.
        Raises CannotBeSafe when objects of this class must not be passed on."""

    def stated(self, form: Form, *, blanked: bool) -> Sequence[Written]:
        """Elements that every object has in the end, whatever it had before; none is of a group behind the pixels.

        blanked: whether its image was made black where something identifying may stand, and says that nothing is left
        """


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is blanked, the scripts in their order, then the passes. It travels to other processes, so all of it must be
    picklable."""

    scripts: Sequence[Script]
    passes: Passes
    blanking: Blanking | None = None
