"""The structures of a session as areas on the planes of the images they were drawn on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from uploader.contours.axes import Axes
from uploader.contours.parsing import structures
from uploader.contours.structure import Structure
from uploader.ports import Case
from uploader.validators.links import SERIES, frames
from uploader.validators.naming import stands_for
from uploader.validators.planes import PARALLEL, Planes, planes, planes_of
from uploader.validators.reading import IMAGES, items, of_modality, text

_FRAME = "FrameOfReferenceUID"


def drawn(case: Case) -> Sequence[Structure]:
    """Every ROI of every RTSTRUCT of the session; ask by ``case.once(drawn)``."""
    return [
        structure
        for entry, header in of_modality(case.headers, "RTSTRUCT").items()
        for structure in structures(entry, header, *_stack(case, entry))
    ]


def named(case: Case, name: str) -> Sequence[Structure]:
    """The structures that bear a name of the protocol, as it compares names."""
    return [structure for structure in case.once(drawn) if stands_for(case, name, structure.name)]


def _stack(case: Case, entry: str) -> tuple[Axes | None, float]:
    """Directions and distance (mm) of the images the RTSTRUCT references; where none of them is in the session, of the
    largest series in its frame of reference; nothing where they are not one stack."""
    header = case.headers[entry]
    series = {text(item, "SeriesInstanceUID") for item in items(header, *SERIES)}
    images = of_modality(case.headers, *IMAGES)
    meant = [name for name, image in images.items() if text(image, "SeriesInstanceUID") in series]
    near = (name for name, image in images.items() if text(image, _FRAME) in frames(header))
    return _axes_of(planes_of(case, meant or _largest(case, near)))


def _largest(case: Case, entries: Iterable[str]) -> Sequence[str]:
    """The entries of the series that has most images."""
    known, by_series = case.once(planes), defaultdict[str, list[str]](list)
    for entry in entries:
        by_series[text(case.headers[entry], "SeriesInstanceUID")].append(entry)
    return max(by_series.values(), key=lambda several: sum(len(known[entry]) for entry in several), default=[])


def _axes_of(images: Planes) -> tuple[Axes | None, float]:
    placed = np.isfinite(images.positions).all(axis=1) & np.isfinite(images.cosines).all(axis=1)
    positions, cosines = images.positions[placed], images.cosines[placed]
    if not placed.any() or not np.allclose(cosines, cosines[0], atol=PARALLEL):
        return None, 0.0
    try:
        axes = Axes.of(cosines[0])
    except ValueError:
        return None, 0.0
    gaps = np.diff(np.unique(np.round(axes.flat(positions)[:, 2], 3)))
    return axes, float(np.median(gaps)) if gaps.size else 0.0
