"""Where the files of a session lie in IN."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from uploader.domain.arrival import Origin
from uploader.domain.errors import UnreadableFile
from uploader.domain.private import Private
from uploader.sources.tree import stamp


@dataclass(frozen=True, slots=True)
class Originals:
    """Called with our name of a file, tells its path, which may name a patient: it never travels to another process.

    root: IN
    places: our names -> each file as it was when it was sorted into this session
    """

    root: Path
    places: Private[Mapping[str, Origin]]

    def __call__(self, name: str) -> Path:
        """Raises UnreadableFile for one that is gone, or was written to or replaced since: it may be another patient's
        by now, or a link that leads anywhere."""
        origin = self.places.reveal()[name]
        path = self.root.joinpath(*origin.path.reveal())
        try:
            now = stamp(path.lstat())
        except OSError:
            raise UnreadableFile("the file is gone since it was looked at") from None
        if now != origin.stamp:
            raise UnreadableFile("the file is not what it was when it was looked at: leave IN alone until the end")
        return path
