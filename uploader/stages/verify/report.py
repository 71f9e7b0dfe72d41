"""What the verifier did, for a person to read and for the receipt: what was looked for, where, and what was found.

Plain JSON without a value of the patient: kinds and counts only. The same session gives the same report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from uploader.domain.finding import Finding, Severity
from uploader.stages.verify.listed import Lists
from uploader.stages.verify.needles import Needles

VERSION = 1


@dataclass(slots=True)
class Reach:
    """How far the verifier came: files and elements looked into, bytes read, pairs of UIDs compared."""

    files: int = 0
    elements: int = 0
    bytes: int = 0
    uids: int = 0


def report(needles: Needles, lists: Lists, reach: Reach, findings: Iterable[Finding]) -> dict[str, Any]:
    """The report. `findings` are all there are, before the list is cut short."""
    harvest = needles.harvest
    found = list(findings)
    return {
        "kind": "verification-report",
        "version": VERSION,
        "looked_for": {
            "names": len(harvest.names),
            "ids": len(harvest.ids | harvest.patient_ids),
            "places": len(harvest.places | harvest.institutions),
            "dates": len(harvest.dates),
            "uids": len(harvest.uids),
            "spellings": len(needles.all),
            "numbers": len(needles.numbers.all),
            "sounding_alike": len(needles.close),
        },
        "looked_in": {"files": reach.files, "elements": reach.elements, "bytes": reach.bytes},
        "compared": {
            "uids": reach.uids,
            "allow_list": lists.public is not None,
            "private_allowed": len(lists.private),
        },
        "found": {
            "by_severity": {s.name.lower(): sum(f.severity is s for f in found) for s in Severity},
            "by_code": dict(sorted(Counter(f.code for f in found).items())),
        },
    }


def sentences(told: Mapping[str, Any]) -> list[str]:
    """The report in plain words. Empty for a report of another version."""
    if told.get("version") != VERSION:
        return []
    sought, reach, compared, found = (told[part] for part in ("looked_for", "looked_in", "compared", "found"))
    lists = "every element was held against the privacy policy" if compared["allow_list"] else "no list of elements"
    by_severity = found["by_severity"]
    return [
        f"Looked for: {sought['names']} names, {sought['ids']} IDs and numbers, {sought['places']} places and "
        f"institutions, {sought['dates']} dates and {sought['uids']} UIDs that the original files hold, names, IDs and "
        f"places in {sought['spellings']} spellings.",
        f"Looked in: {reach['files']} files, {reach['elements']} elements, {reach['bytes']} bytes: preamble, meta, "
        "every nested element, private data, what is folded away in values, and what lies beside the pixels.",
        f"Compared with the originals: pixels and measurements to the byte, numbers of items, {compared['uids']} "
        f"pairs of UIDs, and that references lead where they led; {lists}.",
        f"Found: {by_severity['refusal']} refusals and {by_severity['question']} questions."
        if any(by_severity.values())
        else "Found: nothing.",
    ]
