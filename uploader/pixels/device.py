"""Blank what devices draw into images while a session is anonymised, by the rules of a site."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from uploader.pixels.box import Box
from uploader.pixels.rules import Blanking


@dataclass(frozen=True, slots=True)
class DeviceRules:
    """Makes images black where a rule for their device says so; what is left is searched for text."""

    rules: Blanking

    def concerns(self, modality: str) -> bool:
        """Whether any rule may fit an object of this modality."""
        wanted = (dict(rule.match).get("Modality", ("*",)) for rule in self.rules.rules)
        return any(fnmatchcase(modality, str(each)) for values in wanted for each in values)

    def __call__(self, source: Path, target: Path) -> tuple[Box, ...]:
        """Write `source` to `target`, black where a rule fits; returns the boxes, none when no file was written.
        Burned In Annotation says NO if no text is left. Raises UnreadableFile."""
        from uploader import dicom  # loads what most sessions never need, as does the next

        boxes = self.rules.boxes(dicom.header(dicom.read(source).dataset))
        if not boxes:
            return ()
        from uploader.pixels.blank import clean
        from uploader.pixels.text import Looker

        return clean(source, target, boxes, Looker()).boxes
