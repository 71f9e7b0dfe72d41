"""The structures of a session as areas on the planes of the images they were drawn on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from uploader.contours.axes import Axes
from uploader.contours.parsing import structures
from uploader.contours.structure import Structure
from uploader.ports import Case, Header
from uploader.validators.links import frames
from uploader.validators.naming import stands_for
from uploader.validators.reading import IMAGES, items, of_modality, text, vector

_SERIES = ("ReferencedFrameOfReferenceSequence", "RTReferencedStudySequence", "RTReferencedSeriesSequence")
_FRAME = "FrameOfReferenceUID"


def drawn(case: Case) -> Sequence[Structure]:
    """Every ROI of every RTSTRUCT of the session; ask by ``case.once(drawn)``."""
    return [
        structure
        for entry, header in of_modality(case.headers, "RTSTRUCT").items()
        for structure in structures(entry, header, *_stack(case, header))
    ]


def named(case: Case, name: str) -> Sequence[Structure]:
    """The structures that bear a name of the protocol, as it compares names."""
    return [structure for structure in case.once(drawn) if stands_for(case, name, structure.name)]


def _stack(case: Case, header: Header) -> tuple[Axes | None, float]:
    """Directions and distance (mm) of the images the RTSTRUCT references; where none of them is in the session, of the
    largest series in its frame of reference; nothing where they are not one stack."""
    series = {text(item, "SeriesInstanceUID") for item in items(header, *_SERIES)}
    images = of_modality(case.headers, *IMAGES).values()
    meant = [image for image in images if text(image, "SeriesInstanceUID") in series]
    return _axes_of(meant or _largest(image for image in images if text(image, _FRAME) in frames(header)))


def _largest(images: Iterable[Header]) -> Sequence[Header]:
    """The images of the series that has most of them."""
    by_series: dict[str, list[Header]] = {}
    for image in images:
        by_series.setdefault(text(image, "SeriesInstanceUID"), []).append(image)
    return max(by_series.values(), key=len, default=[])


def _axes_of(images: Sequence[Header]) -> tuple[Axes | None, float]:
    placed = [
        (orientation, position)
        for image in images
        if (orientation := vector(image, "ImageOrientationPatient", 6)) is not None
        and (position := vector(image, "ImagePositionPatient", 3)) is not None
    ]
    if not placed or not np.allclose([o for o, _ in placed], placed[0][0], atol=1e-3):
        return None, 0.0
    try:
        axes = Axes.of(placed[0][0])
    except ValueError:
        return None, 0.0
    gaps = np.diff(np.unique(np.round(axes.flat(np.array([p for _, p in placed]))[:, 2], 3)))
    return axes, float(np.median(gaps)) if gaps.size else 0.0
