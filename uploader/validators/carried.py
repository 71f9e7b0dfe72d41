"""Which series is which input, carried over from a session as it arrived to its anonymised files.

A series may be recognised by a description that anonymising removes: then the anonymised files must be judged as what
they are known to be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from uploader.ports import Case
from uploader.validators.reading import text
from uploader.validators.recognition import Input, Scan, inputs


def carry_over(known: Mapping[str, Input], after: Case) -> None:
    """Let the inputs of `after` be the entries of those that are `known` of the session as it arrived, under the series
    UIDs that they have now."""
    renamed: Mapping[str, Input] = {key: _renamed(each, after) for key, each in known.items()}
    after.take(inputs, renamed)


def _renamed(each: Input, after: Case) -> Input:
    scans, others = (tuple(_now(scan, after) for scan in some) for some in (each.scans, each.others))
    return replace(each, scans=scans, others=others)


def _now(scan: Scan, after: Case) -> Scan:
    return replace(scan, uid=text(after.headers[scan.entries[0]], "SeriesInstanceUID"))
