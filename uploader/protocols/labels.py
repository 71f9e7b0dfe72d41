"""Lists of ROI names as DASHER has them, one name a line: ``<trial>_labels.txt``, ``<trial>_required_labels.txt``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from uploader.nomenclature.folding import folding, matches

LONGEST, LONGEST_LABEL = 64, 16
"""Characters of ROI Name (3006,0026), which is LO, and of ROI Observation Label (3006,0085), which is SH."""
IGNORED = ("case", "separators")
"""DASHER compares names without capitals and blanks."""
_fold = folding(IGNORED)
Label = tuple[int, str]
"""The line of the list, from 1, and the name on it."""


@dataclass(frozen=True, slots=True)
class Lists:
    """Names that may be there, and those of them that must."""

    permitted: Sequence[Label]
    required: Sequence[Label]


def read(raw: bytes) -> Sequence[Label]:
    """The names of a list, without outer blanks; byte order marks, kinds of line ends and blank lines do not count.

    Raises ValueError for a list that is not UTF-8.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8; save it as UTF-8 text") from None
    return [(row, line.strip()) for row, line in enumerate(text.splitlines(), 1) if line.strip()]


def faults(lists: Lists) -> Iterator[str]:
    """Why no protocol can be made of the lists."""
    if not lists.permitted:
        yield "permitted: the list is empty"
    for kind, labels in (("permitted", lists.permitted), ("required", lists.required)):
        seen: dict[str, Label] = {}
        for row, name in labels:
            other = seen.setdefault(_fold(name), (row, name))
            if other[0] != row:
                yield f"{kind}, line {row}: {name} is the same as {other[1]} in line {other[0]}"
    for row, name in lists.required:
        if not any(matches(name, each, _fold) for _, each in lists.permitted):
            yield f"required, line {row}: no permitted name covers {name}"
        if len(name) > LONGEST:
            yield f"required, line {row}: a name of {len(name)} characters; ROI Name holds {LONGEST}"


def warnings(lists: Lists) -> Iterator[str]:
    """What their maker should know."""
    for row, name in lists.permitted:
        if len(name) > LONGEST:
            yield f"permitted, line {row}: left out: {len(name)} characters, and ROI Name holds {LONGEST}"
        elif len(name) > LONGEST_LABEL:
            yield f"permitted, line {row}: {len(name)} characters; ROI Observation Label holds {LONGEST_LABEL}"
        if not name.strip("*"):
            yield f"permitted, line {row}: permits every name"


def rois(lists: Lists) -> list[dict[str, Any]]:
    """The entries of `rois` that say the same, required ones first."""
    required = {_fold(name) for _, name in lists.required}
    rest = [name for _, name in lists.permitted if _fold(name) not in required and len(name) <= LONGEST]
    needed = [{"name": name, "need": "required"} for _, name in lists.required]
    return [*needed, *({"name": name, "need": "optional"} for name in rest)]
