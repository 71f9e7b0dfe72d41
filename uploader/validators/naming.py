"""Which ROIs of a session bear a name of the protocol."""

from __future__ import annotations

from collections.abc import Sequence

from uploader.ports import Case
from uploader.validators.reading import of_modality
from uploader.validators.structures import Roi, folding, matches, rois


def all_rois(case: Case) -> Sequence[Roi]:
    """Every ROI of every RTSTRUCT of the session; ask by ``case.once(all_rois)``."""
    return [roi for entry, header in of_modality(case.headers, "RTSTRUCT").items() for roi in rois(entry, header)]


def bearing(case: Case, name: str) -> Sequence[Roi]:
    """The ROIs whose name is what a protocol's name, perhaps with ``*``, stands for, as the protocol compares names."""
    return [roi for roi in case.once(all_rois) if stands_for(case, name, roi.name)]


def stands_for(case: Case, name: str, label: str) -> bool:
    """Whether a protocol's name stands for this label."""
    fold = folding(frozenset(case.asked.get("nomenclature", {}).get("ignore", ())))
    return matches(label, name, fold)
