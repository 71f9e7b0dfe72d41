"""The rule ``reference_chain``: each input of the list refers to the next one, to the instance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from uploader.domain.finding import Finding, Severity
from uploader.ports import Case, Header, Headers
from uploader.validators import links
from uploader.validators.answers import Answer, right, wrong
from uploader.validators.blocks import missing_of
from uploader.validators.course import phases_with
from uploader.validators.drawn_on import DrawnOn, drawn_on
from uploader.validators.links import Reference
from uploader.validators.reading import text
from uploader.validators.recognition import Input


@dataclass(frozen=True, slots=True)
class _Link:
    """A link of the chain: from the objects of one input to those of the next.

    targets: SOP Instance UID -> header, of the second input, and where its plans are phases of the others
    present: SOP Instance UIDs of all objects of the session
    drawn_on: images of structure sets, by entry
    headers: of all objects of the session
    """

    line: str
    severity: Severity
    source: Input
    target: Input
    targets: Mapping[str, Header]
    present: frozenset[str]
    drawn_on: Mapping[str, DrawnOn]
    headers: Headers

    @property
    def to_images(self) -> bool:
        """Whether the second input is no radiotherapy object."""
        return not str(self.target.said["modality"]).startswith("RT")

    def broken(self, code: str, where: str, says: str, remedy: str, found: str, expected: str) -> Finding:
        link = f"the link from {self.source.key} to {self.target.key} breaks: {says}"
        return Finding(code, self.severity, where, link, remedy, None, self.line, found, expected)


def answers(case: Case, line: str, severity: Severity, chain: Sequence[Input]) -> Iterator[Answer]:
    """What each object of the chain but the last ones says to it."""
    present = frozenset(text(header, "SOPInstanceUID") for header in case.headers.values())
    for source, target in pairwise(chain):
        missing = [*missing_of(case, line, (source, target))]
        if missing:
            yield from missing
            continue
        leads_to = [case.headers[entry] for entry in phases_with(case, target)]
        targets = {text(header, "SOPInstanceUID"): header for header in leads_to}
        link = _Link(line, severity, source, target, targets, present, case.once(drawn_on), case.headers)
        for entry in source.entries:
            yield _answer(link, entry, case.headers[entry])


def _answer(link: _Link, entry: str, header: Header) -> Answer:
    """Of the first thing that breaks the link: the others follow from it."""
    modality = str(link.target.said["modality"])
    references = links.references(header, modality)
    where = f"{entry} ({links.tag(header, modality)})"
    for judge in (_silent, _open, _elsewhere, _class, _series):
        finding = judge(link, entry, where, references)
        if finding is not None:
            return wrong(finding)
    apart = _apart(link, entry, header, references)
    return wrong(apart) if apart is not None else right(f"{link.source.key} to {link.target.key}")


Judge = Callable[[_Link, str, str, Sequence[Reference]], Finding | None]
"""(link, entry of the object, where it holds its references, these) -> what breaks the link."""


def _silent(link: _Link, entry: str, where: str, references: Sequence[Reference]) -> Finding | None:
    if references:
        return None
    return link.broken(
        "references.link-absent",
        where,
        "the object refers to none",
        "export both again from the system in which they belong together",
        "no reference",
        "at least one",
    )


def _open(link: _Link, entry: str, where: str, references: Sequence[Reference]) -> Finding | None:
    missing, asked = _missing(link, entry, references)
    if not missing:
        return None
    told = link.broken(
        "references.link-open",
        where,
        f"{missing} of {asked} referenced objects are not in the session",
        f"send the {link.target.key} that the object was made with, and all of it",
        f"{asked - missing} of {asked} objects",
        "all of them",
    )
    return replace(told, follows=_told_of(link, entry, where))


def _told_of(link: _Link, entry: str, where: str) -> str:
    """The name of the finding that says for every trial that what is referenced is missing."""
    if link.to_images:
        return link.drawn_on[entry].cause if entry in link.drawn_on else ""
    code = _MISSING.get(str(link.target.said["modality"]))
    return f"{code} {where}" if code else ""


_MISSING = {"RTSTRUCT": "references.structures-missing", "RTPLAN": "references.plan-missing"}


def _missing(link: _Link, entry: str, references: Sequence[Reference]) -> tuple[int, int]:
    """How many referenced objects are not in the session, and of how many; of what was drawn on images, each frame."""
    if link.to_images and entry in link.drawn_on:
        return len(link.drawn_on[entry].missing), len(link.drawn_on[entry].images)
    return sum(reference.instance not in link.present for reference in references), len(references)


def _elsewhere(link: _Link, entry: str, where: str, references: Sequence[Reference]) -> Finding | None:
    if any(reference.instance in link.targets for reference in references):
        return None
    return link.broken(
        "references.link-elsewhere",
        where,
        "the object refers to other objects of the session",
        f"send the {link.target.key} that the object was made with",
        "another object",
        f"the {link.target.key} of the session",
    )


def _class(link: _Link, entry: str, where: str, references: Sequence[Reference]) -> Finding | None:
    others = [r for r in _leading(link, references) if r.sop_class != text(link.targets[r.instance], "SOPClassUID")]
    if not others:
        return None
    return link.broken(
        "references.link-class",
        where,
        f"{len(others)} reference(s) name another SOP class than the object has",
        "export both again from the system in which they belong together",
        f"{len(others)} with another SOP Class UID",
        "that of the object",
    )


def _series(link: _Link, entry: str, where: str, references: Sequence[Reference]) -> Finding | None:
    said = [r for r in _leading(link, references) if r.series]
    others = [r for r in said if r.series != text(link.targets[r.instance], "SeriesInstanceUID")]
    if not others:
        return None
    return link.broken(
        "references.link-series",
        where,
        f"{len(others)} reference(s) name another series than the object is in",
        "export both again from the system in which they belong together",
        f"{len(others)} with another Series Instance UID",
        "that of the object",
    )


def _apart(link: _Link, entry: str, header: Header, references: Sequence[Reference]) -> Finding | None:
    """Frames of reference that have nothing in common, where both objects say theirs."""
    theirs = {frame for r in _leading(link, references) for frame in links.frames(link.targets[r.instance])}
    ours = links.frames(header)
    if not ours or not theirs or ours & theirs or text(header, "Modality") == "REG":
        return None
    told = link.broken(
        "references.link-frame",
        f"{entry} (0020,0052)",
        "the two have different frames of reference",
        f"send the {link.target.key} that the object was made with",
        "another frame of reference",
        f"that of the {link.target.key}",
    )
    every = link.headers.values()
    imageless = entry in link.drawn_on and not ours & links.frames_of_images(every)
    return replace(told, follows=links.astray(entry, header, every) if imageless else "")


def _leading(link: _Link, references: Sequence[Reference]) -> Sequence[Reference]:
    return [reference for reference in references if reference.instance in link.targets]
