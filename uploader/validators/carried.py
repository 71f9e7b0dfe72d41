"""What is known of a session as it arrived, carried over to its anonymised files.

A series may be recognised, and the dose of a target told from others, by a description that anonymising removes: then
the anonymised files must be judged as what they are known to be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from uploader.ports import Case
from uploader.validators.prescriptions import Described, described
from uploader.validators.reading import text
from uploader.validators.recognition import Input, Scan, inputs


@dataclass(frozen=True, slots=True)
class Known:
    """Which series are which input, by its key, and which dose references are of which target."""

    inputs: Mapping[str, Input]
    described: Described


def known_of(case: Case) -> Known:
    """What descriptions tell of a session."""
    return Known(case.once(inputs), case.once(described))


def carry_over(known: Known, after: Case) -> None:
    """Let `after` be what is known of the session as it arrived. Its inputs have the same entries, under the series
    UIDs that these have now."""
    renamed: Mapping[str, Input] = {key: _renamed(each, after) for key, each in known.inputs.items()}
    after.take(inputs, renamed)
    after.take(described, known.described)


def _renamed(each: Input, after: Case) -> Input:
    scans, others = (tuple(_now(scan, after) for scan in some) for some in (each.scans, each.others))
    return replace(each, scans=scans, others=others)


def _now(scan: Scan, after: Case) -> Scan:
    return replace(scan, uid=text(after.headers[scan.entries[0]], "SeriesInstanceUID"))
