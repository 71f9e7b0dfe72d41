"""What devices draw into their images, and where: rules of a site, as JSON in `blanking_rules/`.

Every rule that fits a header adds its boxes. See docs/pixels.md for the form.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from uploader.domain.errors import BadSettings
from uploader.pixels.box import Box, clipped
from uploader.schema import fault

Wanted = tuple[str | int, ...]
"""Values of which one must fit."""
_SCHEMA = "schema.json"


@dataclass(frozen=True, slots=True)
class Rule:
    """One device's habit.

    match: keyword -> what it must be; all must fit
    blank: boxes to be made black; keep: boxes outside of which all is made black
    ultrasound: all outside the header's ultrasound regions is made black, when it declares any
    """

    name: str
    reason: str
    source: str
    match: tuple[tuple[str, Wanted], ...]
    blank: tuple[Box, ...] = ()
    keep: tuple[Box, ...] = ()
    ultrasound: bool = False

    def fits(self, header: Mapping[str, Any]) -> bool:
        return all(_fits(header.get(keyword), wanted) for keyword, wanted in self.match)

    def boxes(self, header: Mapping[str, Any], rows: int, columns: int) -> tuple[Box, ...]:
        """What it makes black in an image of this size with this header, which it fits."""
        keep = _regions(header) if self.ultrasound else self.keep
        return clipped(outside(keep, rows, columns) if keep else self.blank, rows, columns)

    def describe(self) -> str:
        """For a person: what it is about and how this is known."""
        return f"{self.name}: {self.reason} ({self.source})"


@dataclass(frozen=True, slots=True)
class Blanking:
    """The rules of a site; it travels to other processes."""

    rules: tuple[Rule, ...]

    def boxes(self, header: Mapping[str, Any]) -> tuple[Box, ...]:
        """What must be made black in an image with this header, see `ports.Header`: nothing where no rule fits."""
        rows, columns = int(header.get("Rows") or 0), int(header.get("Columns") or 0)
        found = (box for rule in self.fitting(header) for box in rule.boxes(header, rows, columns))
        return tuple(sorted(set(found)))

    def fitting(self, header: Mapping[str, Any]) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.fits(header))


def load(folder: Path) -> Blanking:
    """The rules of all JSON files of a folder but its schema; none without a folder, and then what devices draw is
    found and held. Raises BadSettings, which names the file."""
    if not folder.is_dir():
        return Blanking(())
    return _loaded(_text(folder / _SCHEMA), tuple((path.name, _text(path)) for path in _files(folder)))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.json") if path.name != _SCHEMA)


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, ValueError) as error:
        raise BadSettings(f"blanking rules: {path.name} cannot be read ({type(error).__name__})") from None


@lru_cache(maxsize=4)
def _loaded(schema: str, files: tuple[tuple[str, str], ...]) -> Blanking:
    """The rules of these texts, by the names of their files: the sessions of a run have the same."""
    holds = _json(_SCHEMA, schema)
    rules = tuple(rule for name, text in files for rule in _rules(name, text, holds))
    names = [rule.name for rule in rules]
    if doubled := {name for name in names if names.count(name) > 1}:
        raise BadSettings(f"blanking rules: two rules are called {min(doubled)}")
    return Blanking(rules)


def outside(keep: Iterable[Box], rows: int, columns: int) -> tuple[Box, ...]:
    """Boxes that cover exactly what none of `keep` covers in an image of this size."""
    kept = clipped(keep, rows, columns)
    edges = sorted({0, rows, *(box.y for box in kept), *(box.bottom for box in kept)})
    return tuple(
        Box(left, top, right - left, bottom - top)
        for top, bottom in pairwise(edges)
        for left, right in _gaps([box for box in kept if box.y <= top < box.bottom], columns)
    )


def _gaps(boxes: list[Box], columns: int) -> Iterator[tuple[int, int]]:
    """(begin, end) of the columns that no box covers."""
    at = 0
    for box in sorted(boxes):
        if box.x > at:
            yield at, box.x
        at = max(at, box.right)
    if at < columns:
        yield at, columns


def _regions(header: Mapping[str, Any]) -> tuple[Box, ...]:
    """The ultrasound regions of a header, whose last row and column belong to them. PS3.3 C.8.5.5.1.3.

    One of which not all four edges are known as a rectangle counts as none: more is made black then, not less.
    """
    names = ("RegionLocationMinX0", "RegionLocationMinY0", "RegionLocationMaxX1", "RegionLocationMaxY1")
    edges = [[item.get(name) for name in names] for item in header.get("SequenceOfUltrasoundRegions") or ()]
    return tuple(
        Box(x0, y0, x1 - x0 + 1, y1 - y0 + 1)
        for x0, y0, x1, y1 in (each for each in edges if all(isinstance(edge, int) for edge in each))
        if x1 >= x0 and y1 >= y0
    )


def _fits(value: Any, wanted: Wanted) -> bool:
    """Whether any of a value's parts is any of what is wanted."""
    parts = value if isinstance(value, (list, tuple)) else [value]
    return any(_same(part, each) for part in parts if part is not None for each in wanted)


def _same(part: Any, wanted: str | int) -> bool:
    if isinstance(wanted, int):
        return isinstance(part, (int, float)) and part == wanted
    return fnmatchcase(str(part).strip().casefold(), wanted.casefold().replace("[", "[[]"))


def _rules(name: str, text: str, schema: Any) -> Iterator[Rule]:
    said = _json(name, text)
    if (wrong := fault(said, schema)) is not None:
        raise BadSettings(f"blanking rules: {name}, {wrong.json_path}: {wrong.message}")
    yield from map(_rule, said["rules"])


def _json(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadSettings(f"blanking rules: {name} is not JSON ({type(error).__name__})") from None


def _rule(said: Mapping[str, Any]) -> Rule:
    return Rule(
        *(said["name"], said["reason"], said["source"]),
        tuple((keyword, _wanted(value)) for keyword, value in said["match"].items()),
        tuple(Box(**box) for box in said.get("blank", ())),
        tuple(Box(**box) for box in said.get("keep", ())),
        "keep_ultrasound_regions" in said,
    )


def _wanted(value: Any) -> Wanted:
    return tuple(value) if isinstance(value, list) else (value,)
