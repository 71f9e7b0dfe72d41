"""An RTSTRUCT under a block of rules, as the rules of `structures` see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from uploader.contours.structure import Structure
from uploader.domain.finding import Finding, Severity
from uploader.domain.private import Private
from uploader.ports import Case, Header
from uploader.validators.answers import Answer, right, wrong
from uploader.validators.blocks import Block, blocks
from uploader.validators.drawn import drawn
from uploader.validators.planes import planes_of
from uploader.validators.reading import text
from uploader.validators.recognition import inputs
from uploader.validators.stacks import Stack, stack


@dataclass(frozen=True, slots=True)
class Set:
    """One RTSTRUCT under a block of rules.

    images: those it should be drawn on, by entry; `stack`: the same as planes, None where they have no places
    """

    block: Block
    line: str
    entry: str
    header: Header
    structures: Sequence[Structure]
    images: Mapping[str, Header]

    @property
    def stack(self) -> Stack | None:
        return self.block.case.once(stacks)[self.entry, self.block.said.get("images")]

    def finding(self, code: str, tag: str, says: str, remedy: str, found: str = "", expected: str = "") -> Finding:
        """About the RTSTRUCT."""
        return self.block.finding(code, self.line, f"{self.entry} ({tag})", says, remedy, found, expected)

    def about(
        self, rois: Sequence[Structure], code: str, says: str, remedy: str, found: str = "", expected: str = ""
    ) -> Sequence[Finding]:
        """One finding about these ROIs, as one thing mends them all; none about none. Names are evidence only."""
        if not rois:
            return ()
        told = [found] if found else []
        told += [f"{len(rois)} ROIs"] if len(rois) > 1 else []
        about = self.finding(code, "3006,0026", says, remedy, ", in ".join(told), expected)
        numbers, names = ", ".join(roi.number for roi in rois), " | ".join(roi.name for roi in rois)
        return [replace(about, where=f"{about.where} ROI {numbers}", evidence=Private(names))]


def set_of(block: Block, entry: str, header: Header) -> Set:
    """The RTSTRUCT of this entry under the rules of `block`."""
    own = [structure for structure in block.case.once(drawn) if structure.entry == entry]
    return Set(block, block.line, entry, header, own, images_of(block.case, block.said.get("images")))


def images_of(case: Case, key: str | None) -> Mapping[str, Header]:
    """The images of an input, by entry; of the session where none is named."""
    if key is not None:
        found = case.once(inputs).get(key)
        return {entry: case.headers[entry] for entry in found.entries} if found else {}
    return {e: header for e, header in case.headers.items() if not text(header, "Modality").startswith("RT")}


def stacks(case: Case) -> Mapping[tuple[str, str | None], Stack | None]:
    """Entry of an RTSTRUCT and key of the input it should be drawn on -> its images as planes; see `drawn_on`. Ask by
    ``case.once(stacks)``."""
    axes = {structure.entry: structure.axes for structure in case.once(drawn)}
    asked = {(entry, block.said.get("images")) for block in blocks(case, "structure_set") for entry in block.headers}
    return {
        (entry, key): stack(planes_of(case, images_of(case, key)), axes[entry]) if entry in axes else None
        for entry, key in asked | {(entry, drawn_on(case, entry)) for entry in axes}
    }


def drawn_on(case: Case, entry: str) -> str | None:
    """Key of the input that an RTSTRUCT should be drawn on; None, which means all images, where no block says it."""
    own = (block for block in blocks(case, "structure_set") if entry in block.input.entries)
    return next((block.said.get("images") for block in own), None)


def by_said(each: Set, rule: str, findings: Sequence[Finding]) -> Answer:
    """The answer of a rule whose value is the severity of its findings."""
    severity = Severity[str(each.block.said[rule]).upper()]
    return wrong(*(replace(finding, severity=severity) for finding in findings)) if findings else right()


def gathered(findings: Sequence[Finding]) -> Answer:
    """Wrong, where there is a finding."""
    return wrong(*findings) if findings else right()
