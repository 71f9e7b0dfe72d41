"""On which side of the body a structure is seen to lie: the one place that tells it, for rules and for suggestions.

Beside a name it is an argument, never a name. The patient's left is where x grows, whatever the patient's position:
PS3.3 C.7.6.2.1.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from uploader.contours.axes import Floats
from uploader.contours.measures import centroid, reach
from uploader.contours.parsing import structures as structures_of
from uploader.contours.structure import Structure
from uploader.nomenclature import Side
from uploader.ports import Case, Header
from uploader.validators.drawn import drawn
from uploader.validators.naming import Roi

MIDLINE_MM = 5.0
"""What is centred nearer to the middle of the body than this lies on neither side. The middle is not known better: a
cord, which lies in it, is found up to 1 mm beside it in phantoms, and a head that is turned by 3 degrees puts what lies
80 mm before its axis 4 mm aside. Organs in pairs, down to the optic tracts, are centred further away."""
_LEVEL = 0.5
"""Planes whose normal has less than this of the axis from right to left cross the middle of the body."""


def side_of_structure(structure: Structure, body: Structure) -> Side:
    """Where the centre of mass lies from the middle of the body; UNKNOWN in the midline, and for what has no areas."""
    own, middle = centroid(structure), _middle(body, structure)
    if own is None or middle is None or abs(own[0] - middle[0]) < MIDLINE_MM:
        return Side.UNKNOWN
    return Side.LEFT if own[0] > middle[0] else Side.RIGHT


def outline_of_body(several: Iterable[Structure], entry: str) -> Structure | None:
    """The ROI of type EXTERNAL of a structure set; None where it is not drawn."""
    return next((s for s in several if (s.entry, s.kind) == (entry, "EXTERNAL") and s.planes), None)


@dataclass(frozen=True, slots=True)
class Extents:
    """The ROIs of one structure set by number, and the outline of the body."""

    rois: Mapping[str, Structure] = field(default_factory=dict)
    body: Structure | None = None


def extents_of(structures: Header) -> Extents:
    """Of the ROIs of an RTSTRUCT, seen without its images."""
    return _extents(structures_of("", structures), "")


def side_of(extents: Extents, number: str) -> Side:
    """Of an ROI, for what its name may mean. UNKNOWN, too, for one that is half as wide as the body: a pair has no
    side, wherever its centre lies."""
    body, own = extents.body, extents.rois.get(number)
    if body is None or own is None or _width(body) < 2 * _width(own):
        return Side.UNKNOWN
    return side_of_structure(own, body)


def side_seen(case: Case, roi: Roi) -> Side:
    """Of an ROI of the session; see `side_of`."""
    return side_of(case.once(_sets).get(roi.entry, Extents()), roi.number)


def _sets(case: Case) -> Mapping[str, Extents]:
    every = case.once(drawn)
    return {entry: _extents(every, entry) for entry in {structure.entry for structure in every}}


def _extents(several: Iterable[Structure], entry: str) -> Extents:
    own = [structure for structure in several if structure.entry == entry]
    return Extents({structure.number: structure for structure in own}, outline_of_body(own, entry))


def _width(structure: Structure) -> float:
    """From the rightmost to the leftmost point of its contours, mm."""
    across = [structure.axes.back(contour.points)[:, 0] for contour in structure.contours]
    return max((float(x.max()) for x in across), default=0.0) - min((float(x.min()) for x in across), default=0.0)


def _middle(body: Structure, structure: Structure) -> Floats | None:
    """The centre of the body: on the planes of the structure, for a body may be bent or cut by the scan; of the whole
    body where there is none, or where planes do not cross its middle, as sagittal ones."""
    planes = reach(structure)
    across = abs(structure.axes.matrix[2, 0]) < _LEVEL
    there = centroid(body, planes) if planes and across else None
    return centroid(body) if there is None else there
