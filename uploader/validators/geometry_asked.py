"""A rule of a block `geometry` as it is asked of a scan, and what its findings share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from uploader.domain.finding import Finding
from uploader.validators.answers import Answer, right, unknown, wrong
from uploader.validators.blocks import Block
from uploader.validators.judging import number, range_words, within
from uploader.validators.planes import Floats

RIGHT_ONE = "look whether this is the scan that the trial asks for, and send that one"


@dataclass(frozen=True, slots=True)
class Asked:
    """A rule: its place in the protocol, and what stands there."""

    block: Block
    line: str
    value: Any

    def finding(self, code: str, where: str, says: str, remedy: str, found: str, expected: str) -> Finding:
        return self.block.finding(code, self.line, where, says, remedy, found, expected)


@dataclass(frozen=True, slots=True)
class Quantity:
    """What is held against a range.

    one: what has a value, for people: ``image``; says: what is wrong, of several of these
    """

    code: str
    tag: str
    unit: str
    one: str
    says: str
    remedy: str = RIGHT_ONE


def in_range(asked: Asked, what: Quantity, values: Floats, places: Sequence[str]) -> Answer:
    """Whether all values, of which NaN is none, are in the range of the rule; the finding names the first that is not.

    places: where each value is, for people
    """
    known = np.isfinite(values)
    bad = {value for value in np.unique(values[known]) if not within(float(value), asked.value)}
    if bad:
        wrongs = np.flatnonzero(np.isin(values, list(bad)))
        finding = asked.finding(
            what.code,
            f"{places[wrongs[0]]} ({what.tag})",
            f"{what.says} ({len(wrongs)} of {len(values)} {what.one}s)",
            what.remedy,
            span(values[wrongs], what.unit),
            range_words(asked.value, what.unit),
        )
        return wrong(finding)
    if not known.all():
        return unknown(f"{int((~known).sum())} of {len(values)} {what.one}s do not say ({what.tag})")
    return right(span(values, what.unit)) if len(values) else unknown(f"there is no {what.one}")


def span(values: Floats, unit: str) -> str:
    """``3 mm`` or ``2.5 to 5 mm``."""
    low, high = number(float(values.min())), number(float(values.max()))
    return f"{low if low == high else f'{low} to {high}'} {unit}".strip()
