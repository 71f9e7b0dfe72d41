"""Headers as they are once structures have their new names, where no files are written: what `stages.rename` does to a
copy of the session, for examples and for folders that are only judged.

Names are put where validators read them: ROIName (3006,0026) and ROIObservationLabel (3006,0085) of the RTSTRUCT, and
DoseReferenceDescription (300A,0016) of plans that were made for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from uploader.contours.parsing import roi_number
from uploader.domain.renaming import Names
from uploader.ports import Header, Headers

_LONGEST_LABEL = 16
"""Characters of an ROIObservationLabel, whose VR is SH."""


def renamed(headers: Headers, names: Names) -> Headers:
    """The headers, in which ROIs have the names of `names`, by entry and ROI number."""
    return {**headers, **dict(_changed(headers, names))}


def _changed(headers: Headers, names: Names) -> Iterator[tuple[str, Header]]:
    for entry, new in names.items():
        structures, called = headers[entry], {str(number): name for number, name in new.items()}
        old = {
            roi_number(each, "ROINumber"): each.get("ROIName") for each in _items(structures, "StructureSetROISequence")
        }
        yield entry, _structures(structures, called)
        for plan, header in headers.items():
            if _is_made_for(header, structures):
                yield plan, _plan(header, {number: (old.get(number), name) for number, name in called.items()})


def _structures(header: Header, called: Mapping[str, str]) -> Header:
    defined = [
        _with(item, "ROIName", called.get(roi_number(item, "ROINumber")))
        for item in _items(header, "StructureSetROISequence")
    ]
    observed = [
        _with(item, "ROIObservationLabel", _label(called.get(roi_number(item, "ReferencedROINumber"))))
        for item in _items(header, "RTROIObservationsSequence")
    ]
    there = {"StructureSetROISequence": defined, "RTROIObservationsSequence": observed}
    return {**header, **{keyword: items for keyword, items in there.items() if keyword in header}}


def _label(name: str | None) -> str | None:
    return name if name is None or len(name) <= _LONGEST_LABEL else ""


def _plan(header: Header, calls: Mapping[str, tuple[Any, str]]) -> Header:
    if "DoseReferenceSequence" not in header:
        return header
    described = []
    for item in _items(header, "DoseReferenceSequence"):
        old, new = calls.get(roi_number(item, "ReferencedROINumber"), (None, None))
        described.append(
            _with(item, "DoseReferenceDescription", new if item.get("DoseReferenceDescription") == old else None)
        )
    return {**header, "DoseReferenceSequence": described}


def _is_made_for(header: Header, structures: Header) -> bool:
    """Whether the structure set is the one that a plan or dose names."""
    sets = {item.get("ReferencedSOPInstanceUID") for item in _items(header, "ReferencedStructureSetSequence")}
    return "SOPInstanceUID" in structures and sets == {structures["SOPInstanceUID"]}


def _with(item: Header, keyword: str, value: str | None) -> Header:
    """The item with another text where it has one."""
    return item if value is None or keyword not in item else {**item, keyword: value}


def _items(header: Header, keyword: str) -> list[Header]:
    found = header.get(keyword)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
