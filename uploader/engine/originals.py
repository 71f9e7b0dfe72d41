"""Where the files of a session lie in IN."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from uploader.domain.private import Private
from uploader.sources.tree import Parts


@dataclass(frozen=True, slots=True)
class Originals:
    """Called with our name of a file, tells its path, which may name a patient: it never travels to another process.

    root: IN
    places: our names -> where each file lies below it
    """

    root: Path
    places: Private[Mapping[str, Parts]]

    def __call__(self, name: str) -> Path:
        return self.root.joinpath(*self.places.reveal()[name])
