"""A scan as a stack of slices: how they follow one another along the slice normal.

Every distance is taken from Image Position Patient (0020,0032), projected on the normal of the slices: Slice Thickness
(0018,0050) says how thick a slice is and not how far the next one lies. Source: DICOM PS3.3 C.7.6.2.1.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from uploader.ports import Case
from uploader.validators.planes import PARALLEL, Floats, Planes, planes_of
from uploader.validators.recognition import Scan, scans

SAME_MM = 0.01
"""Slices that are nearer to each other lie at the same place."""
MISSING = 1.5
"""A gap of so many usual ones has room for another slice."""


@dataclass(frozen=True, eq=False)
class Volume:
    """A scan, and what follows from where its images lie."""

    scan: Scan
    planes: Planes

    @property
    def images(self) -> int:
        return len(self.planes.places)

    @cached_property
    def unknown(self) -> str:
        """Why no distance between slices can be told, in words; empty where it can."""
        if self.planes.mosaic:
            return "its images are mosaics, which do not say where their slices lie"
        silent = int(np.isnan(self.planes.positions).any(axis=1).sum())
        silent = max(silent, int(np.isnan(self.planes.cosines).any(axis=1).sum()))
        if silent or not self.images:
            return f"{silent} of its {self.images} images do not say where they lie"
        if not _upright(self.planes.cosines):
            return "an image has directions that are no right angle"
        directions = _directions(self.planes.cosines)
        if directions > 1:
            return f"its images lie in {directions} directions, as those of a localiser do"
        return ""

    @cached_property
    def normal(self) -> Floats:
        """(3,), unit; only where nothing is unknown, as all that follows."""
        return np.asarray(np.cross(self.planes.cosines[0, :3], self.planes.cosines[0, 3:]), np.float64)

    @cached_property
    def order(self) -> tuple[int, ...]:
        """Indices of the images along the normal, of those at one place the first alone."""
        along = self.planes.positions @ self.normal
        order = np.argsort(along, kind="stable")
        new = np.diff(along[order], prepend=-np.inf) > SAME_MM
        return tuple(int(n) for n in order[new])

    @cached_property
    def along(self) -> Floats:
        """(m,), mm: the places of the slices along the normal, rising."""
        return np.asarray((self.planes.positions @ self.normal)[list(self.order)], np.float64)

    @cached_property
    def gaps(self) -> Floats:
        """(m - 1,), mm: from each slice to the next; a double one for a missing slice."""
        return np.asarray(np.diff(self.along), np.float64)

    @cached_property
    def usual(self) -> float:
        """The median gap, mm, of two in the middle the smaller one; NaN for fewer than two slices."""
        return float(np.sort(self.gaps)[(len(self.gaps) - 1) // 2]) if len(self.gaps) else float("nan")

    @property
    def missing(self) -> int:
        """How many slices have room in the gaps."""
        wide = self.gaps[self.gaps > MISSING * self.usual] if len(self.gaps) else self.gaps
        return int(np.maximum(np.rint(wide / self.usual) - 1, 1).sum())

    @property
    def repeated(self) -> tuple[int, ...]:
        """Indices of the images that lie where another one lies, without one for each place."""
        return tuple(sorted(set(range(self.images)) - set(self.order)))

    @cached_property
    def sideways(self) -> Floats:
        """(m,), mm: by how much each slice lies beside the straight line from the first to the last."""
        points = self.planes.positions[list(self.order)]
        share = (self.along - self.along[0]) / (self.along[-1] - self.along[0] or 1)
        line = points[0] + share[:, None] * (points[-1] - points[0])
        return np.asarray(np.linalg.norm(points - line, axis=1), np.float64)

    @cached_property
    def lean(self) -> float:
        """Degrees between the line from the first slice to the last and the normal: the gantry was tilted so far."""
        points = self.planes.positions[[self.order[0], self.order[-1]]]
        step = points[1] - points[0]
        across = float(np.linalg.norm(step - (step @ self.normal) * self.normal))
        return float(np.degrees(np.arctan2(across, self.along[-1] - self.along[0])))

    @cached_property
    def whole(self) -> Volume:
        """The same with slices where there is room for them, evenly: what it would be if none were missing there."""
        wide = np.flatnonzero(self.gaps > MISSING * self.usual) if len(self.gaps) else np.array([], np.intp)
        added = [(self.order[n], self.order[n + 1], share) for n in wide for share in self._shares(float(self.gaps[n]))]
        first = np.array([a for a, _, _ in added], np.intp)
        second, shares = np.array([b for _, b, _ in added], np.intp), np.array([share for _, _, share in added])
        here = self.planes.positions
        positions = here[first] + shares[:, None] * (here[second] - here[first])
        return Volume(self.scan, self.planes.with_more(first, positions))

    def _shares(self, gap: float) -> Floats:
        """Where slices would lie in a gap, as parts of it."""
        rooms = max(int(np.rint(gap / self.usual)), 2)
        return np.arange(1, rooms) / rooms

    def place(self, slice_: int) -> str:
        """Where the slice of this number along the normal is, for people."""
        return self.planes.places[self.order[slice_]]


def volumes(case: Case) -> Mapping[str, Volume]:
    """By the first entry of a scan, its stack; ask by ``case.once(volumes)``.

    An input may be a part of a scan; see `volume_of`.
    """
    return {scan.entries[0]: _volume(case, scan) for scan in case.once(scans)}


def volume_of(case: Case, scan: Scan) -> Volume:
    """The stack of a scan, which is made once a case; a part of a scan is a stack of its own."""
    known = case.once(volumes).get(scan.entries[0])
    return known if known is not None and known.scan == scan else _volume(case, scan)


def _volume(case: Case, scan: Scan) -> Volume:
    return Volume(scan, planes_of(case, scan.entries))


def _upright(cosines: Floats) -> bool:
    """Whether the directions are of length one and at right angles, as far as scanners round."""
    rows, columns = cosines[:, :3], cosines[:, 3:]
    lengths = np.linalg.norm(np.concatenate([rows, columns]), axis=1)
    skew = np.abs(np.einsum("ij,ij->i", rows, columns))
    return bool(np.abs(lengths - 1).max() < 10 * PARALLEL and skew.max() < 10 * PARALLEL)


def _directions(cosines: Floats) -> int:
    """How many different orientations there are."""
    left, found = cosines, 0
    while len(left):
        left = left[np.abs(left - left[0]).max(axis=1) > PARALLEL]
        found += 1
    return found
