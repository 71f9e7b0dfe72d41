"""Which ROIs of a session bear a name of the protocol, and which name another one probably means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import Any

from uploader.contours.parsing import roi_number
from uploader.domain.private import Private
from uploader.linear import compiled
from uploader.nomenclature import LENGTH, Fold, Rules, Suggester, faults, folding, matches
from uploader.ports import Case, Header
from uploader.validators.reading import items, of_modality, text

_STANDARD = "TG-263"
Said = Mapping[str, Any]
"""The protocol, or a block of it."""


@dataclass(frozen=True, slots=True)
class Roi:
    """An ROI as its RTSTRUCT tells it.

    number: ROINumber (3006,0022), as text; name: ROIName (3006,0026)
    contours: of those with points
    """

    entry: str
    number: str
    name: str
    contours: int

    @property
    def where(self) -> str:
        return f"{self.entry} (3006,0026) ROI {self.number}"

    @property
    def evidence(self) -> Private[str]:
        return Private(self.name)


def all_rois(case: Case) -> Sequence[Roi]:
    """Every ROI of every RTSTRUCT of the session; ask by ``case.once(all_rois)``."""
    return [roi for entry, header in of_modality(case.headers, "RTSTRUCT").items() for roi in rois(entry, header)]


def rois(entry: str, structures: Header) -> Sequence[Roi]:
    """The ROIs of an RTSTRUCT in the order of their definition, with their contours counted by ROI number."""
    contours: Counter[str] = Counter()
    for item in items(structures, "ROIContourSequence"):
        drawn = (contour.get("ContourData") for contour in items(item, "ContourSequence"))
        contours[roi_number(item, "ReferencedROINumber")] += sum(
            1 for data in drawn if isinstance(data, Sized) and len(data)
        )
    numbers = (
        (roi_number(item, "ROINumber"), text(item, "ROIName")) for item in items(structures, "StructureSetROISequence")
    )
    return [Roi(entry, number, name, contours[number]) for number, name in numbers]


def bearing(case: Case, name: str) -> Sequence[Roi]:
    """The ROIs whose name is what a protocol's name, perhaps with ``*``, stands for, as the protocol compares names."""
    return [roi for roi in case.once(all_rois) if stands_for(case, name, roi.name)]


def stands_for(case: Case, name: str, label: str) -> bool:
    """Whether a protocol's name stands for this label."""
    return matches(label, name, fold_of(case.asked))


def fitting(case: Case, said: Said) -> Sequence[Roi]:
    """The ROIs that an entry of the protocol's `rois` means: by ``name``, ``any_of`` or ``pattern``."""
    return [roi for roi in case.once(all_rois) if is_meant(case.asked, said, roi.name)]


def is_meant(asked: Said, said: Said, label: str) -> bool:
    """Whether an entry of the protocol's `rois` means an ROI of this name."""
    if "pattern" in said:
        told = label.encode("utf-8", "replace").decode()  # a damaged name may hold what is no text
        return compiled(said["pattern"]).fullmatch(told) is not None
    return any(matches(label, name, fold_of(asked)) for name in names_of(said))


def is_listed(asked: Said, label: str) -> bool:
    """Whether the protocol lists the name: in an entry of `rois` that does not forbid it, or among its own names."""
    wanted = (said for said in asked.get("rois", ()) if said.get("need") != "forbidden")
    own = {"any_of": [extra["name"] for extra in asked.get("nomenclature", {}).get("extra_names", ())]}
    return any(is_meant(asked, said, label) for said in (*wanted, own))


def is_forbidden(asked: Said, label: str) -> bool:
    """Whether an entry of `rois` forbids the name."""
    return any(said.get("need") == "forbidden" and is_meant(asked, said, label) for said in asked.get("rois", ()))


def names_of(said: Said) -> Sequence[str]:
    """The names of an entry of `rois`, with their ``*``; none for a pattern."""
    return [said["name"]] if "name" in said else list(said.get("any_of", ()))


def called(said: Said) -> str:
    """An entry of `rois` in words of the protocol; its pattern where it has no names."""
    return " or ".join(names_of(said)) or str(said.get("pattern", ""))


def own_names(asked: Said) -> list[str]:
    """Every name that the protocol spells out and does not forbid, each once, in its order."""
    wanted = (said for said in asked.get("rois", ()) if said.get("need") != "forbidden")
    spelt = [name for said in wanted for name in names_of(said)]
    spelt += [extra["name"] for extra in asked.get("nomenclature", {}).get("extra_names", ())]
    return list(dict.fromkeys(name for name in spelt if "*" not in name))


def fold_of(asked: Said) -> Fold:
    """How the protocol compares names."""
    return folding(tuple(asked.get("nomenclature", {}).get("ignore", ())))


def rules_of(asked: Said) -> Rules | None:
    """What the protocol asks of names by the standard; None where only its list counts."""
    said = asked.get("nomenclature", {})
    if said.get("standard") != _STANDARD:
        return None
    return Rules(
        form=said.get("form", "primary"),
        max_length=said.get("max_length", LENGTH),
        allow=frozenset(said.get("allow", ())),
        extra=frozenset(own_names(asked)),
    )


def is_name(asked: Said, label: str) -> bool:
    """Whether it is a name that the protocol takes: listed, or by the standard where the protocol follows it."""
    if is_forbidden(asked, label):
        return False
    rules = rules_of(asked)
    return is_listed(asked, label) or (rules is not None and not faults(label, rules))


def suggester(asked: Said, *, own_only: bool = False) -> Suggester:
    """What suggests names of this protocol, and of the standard behind them unless `own_only`."""
    said = asked.get("nomenclature", {})
    return Suggester(
        own_names(asked),
        said.get("synonyms"),
        standard=said.get("standard") == _STANDARD and not own_only,
        allow_prv="prv" in said.get("allow", ()),
        dose_style=said.get("target_dose_style", "cGy"),
        least=said.get("rename", {}).get("suggest_min_score", 0.0),
    )


def unlisted(case: Case) -> Sequence[Roi]:
    """ROIs with a name that the protocol neither lists nor forbids; ask by ``case.once(unlisted)``."""
    return list(_unlisted(case.asked, case.once(all_rois)))


def _unlisted(asked: Said, found: Iterable[Roi]) -> Iterator[Roi]:
    for roi in found:
        if not is_listed(asked, roi.name) and not is_forbidden(asked, roi.name):
            yield roi
