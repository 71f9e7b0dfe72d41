"""What of the corpus's plants is still in the files a tool made, whether in headers, documents or pixels."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.pixels.utils import pixel_array

from bench.headers import ROLES
from bench.walk import (
    SERIES_NUMBER,
    Place,
    files_of,
    gathered,
    number_in,
    places_in,
    searchers,
)

KINDS = ("direct", "staff", "site", "date", "uid")
DRAWN_IN = ("US", "SC")
"""Roles with text in the pixels."""
Site = tuple[str, str, str]
"""role, path, what"""


@dataclass(slots=True)
class Leaks:
    """files: how many came out; sites: planted and still there, in any patient's file; moved: there where nothing was
    planted; drawn: in pixels; strings: (patient, what)"""

    files: int = 0
    sites: set[Site] = field(default_factory=set)
    moved: set[Site] = field(default_factory=set)
    strings: set[tuple[int, str]] = field(default_factory=set)
    drawn: set[Site] = field(default_factory=set)

    def by_kind(self, plants: Plants) -> Counter[str]:
        return Counter(plants.kind[what] for _, _, what in self.sites | self.drawn)

    @property
    def total(self) -> int:
        return len(self.sites | self.drawn)


@dataclass(frozen=True, slots=True)
class Plants:
    """The list beside a corpus."""

    folder: Path
    strings: dict[str, dict[str, tuple[str, str]]]
    places: frozenset[Place]
    boxes: list[dict[str, Any]]

    @classmethod
    def read(cls, corpus: Path) -> Plants:
        listed = json.loads((corpus / "plants.json").read_text())
        return cls(
            corpus / "files", listed["strings"], frozenset((s, p, w) for s, p, w in listed["places"]), listed["boxes"]
        )

    @property
    def kind(self) -> dict[str, str]:
        return {what: kind for said in self.strings.values() for what, (kind, _) in said.items()}

    @property
    def sites(self) -> set[Site]:
        """Every (role, path, what), drawn ones too."""
        drawn = {(role(box["series"]), "pixels", box["what"]) for box in self.boxes}
        return {(role(series), path, what) for series, path, what in self.places} | drawn

    def sites_by_kind(self) -> Counter[str]:
        return Counter(self.kind[what] for _, _, what in self.sites)

    def count(self) -> int:
        """Distinct strings."""
        return sum(map(len, self.strings.values()))


def role(series: int) -> str:
    return ROLES[series % 100] if series and series % 100 < len(ROLES) else "?"


def leaks(plants: Plants, out: Path) -> Leaks:
    """Search every file under `out`. A place is told by its path: the same string elsewhere counts as moved."""
    found, wanted, result = set[Place](), searchers(plants.strings), Leaks()
    drawn_in: dict[int, list[Path]] = {}
    for path in files_of(out):
        values = gathered(path.read_bytes())
        if "broken" in values and len(values) == 1:
            continue  # no DICOM file: a tool's own list
        result.files += 1
        found |= places_in(values, wanted)
        series = number_in(values, SERIES_NUMBER)
        if role(series) in DRAWN_IN:
            drawn_in.setdefault(series, []).append(path)
    for series, path_in, what in found:
        site = (role(series), path_in, what)
        known = (series, path_in, what) in plants.places
        (result.sites if known else result.moved).add(site)
        result.strings.add((series // 100, what))
    for series, what in _drawn(plants, drawn_in):
        result.drawn.add((role(series), "pixels", what))
        result.strings.add((series // 100, what))
    return result


def _drawn(plants: Plants, made: dict[int, list[Path]]) -> Iterator[tuple[int, str]]:
    """Texts that can still be read in the pixels of any frame."""
    for box in plants.boxes:
        before = frames(plants.folder / box["path"])
        for path in made.get(box["series"], []):
            if legible(before, frames(path), box["box"]):
                yield box["series"], box["what"]


def frames(path: Path) -> NDArray[Any]:
    """(frames, rows, columns), grey"""
    dataset = pydicom.dcmread(io.BytesIO(path.read_bytes()), force=True)
    array = np.asarray(pixel_array(dataset))
    colour = dataset.get("SamplesPerPixel", 1) == 3
    if array.ndim == 2 + colour:
        array = array[None]
    return array[..., 1] if colour else array


def legible(before: NDArray[Any], after: NDArray[Any], box: tuple[int, int, int, int]) -> bool:
    """Whether strokes of the text still stand out from their ground at least a quarter as much as they did."""
    left, top, right, bottom = box
    if before.shape != after.shape:
        return True
    old, new = (f[:, top:bottom, left:right].astype(float) for f in (before, after))
    strokes = old > 180
    contrast = old[strokes].mean() - old[~strokes].mean()
    return any(
        abs(frame[mask].mean() - frame[~mask].mean()) > contrast / 4
        for frame, mask in zip(new, strokes, strict=True)
        if mask.any()
    )
