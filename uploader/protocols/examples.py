"""Examples beside a protocol: headers of a session, and what the protocol makes of it.

An example lies at ``<trial>/examples/<name>.json``. It has the headers of a session in ``scans``, or is ``based_on``
another example with ``changes``. It has no images: their pixels count as whole, decodable and 0, but for those that are
kept in ``pixels``, as the dose of a plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uploader import dictionary
from uploader.domain.finding import Outcome, Verdict
from uploader.ports import Case, Header, Stored
from uploader.protocols import keptpixels, variants

Document = Mapping[str, Any]
MANY = 32
"""Decimal strings of more numbers are an array; see `ports.Header`."""
_EXPLICIT = "1.2.840.10008.1.2.1"


@dataclass(frozen=True, slots=True)
class Example:
    """A session without files, and what is expected of it.

    protocol: version of the trial's protocol; empty for the newest
    expected: as `expectation` tells it of a verdict
    """

    name: str
    says: str
    protocol: str
    case: Case
    expected: Document


def read(folder: Path, name: str) -> Example:
    """One example of a trial, whose folder this is. Raises BadProtocol for a file that is none."""
    return made(name, variants.document(folder, name))


def made(name: str, document: Document) -> Example:
    """The example of a document that is based on no other."""
    headers = {entry: _arrays(header) for entry, header in variants.full_headers(document).items()}
    pixels = {entry: keptpixels.unpacked(kept) for entry, kept in document.get("pixels", {}).items()}
    case = Case(
        headers=headers,
        chosen=document.get("chosen", {}),
        frames=partial(_frames, headers, pixels),
        stored=partial(_stored, headers),
        earlier=document.get("earlier", ()),
        visits=document.get("visits"),
    )
    return Example(name, document["says"], document.get("protocol", ""), case, document.get("expected") or {})


def expectation(verdict: Verdict) -> dict[str, Any]:
    """What an example says of a verdict: the worst severity, the rules that did not pass, the findings, each once."""
    found = {(finding.code, finding.severity.name.lower(), finding.line) for finding in verdict.findings}
    return {
        "worst": verdict.worst.name.lower() if verdict.findings else "nothing",
        "not_passed": {each.line: each.outcome.value for each in verdict.rulings if each.outcome is not Outcome.PASSED},
        "findings": [" ".join(filter(None, each)) for each in sorted(found)],
    }


def packed(headers: Mapping[str, Header]) -> list[dict[str, Any]]:
    """``scans`` of an example: what all instances of a scan have alike is there once."""
    scans: dict[tuple[Any, Any], dict[str, Header]] = {}
    for entry, header in headers.items():
        scans.setdefault((header.get("SeriesInstanceUID"), header.get("Modality")), {})[entry] = header
    return [_packed(scan) for scan in scans.values()]


def _arrays(header: Document) -> dict[str, Any]:
    return {keyword: _array(keyword, value) for keyword, value in header.items()}


def _array(keyword: str, value: Any) -> Any:
    if not isinstance(value, list):
        return value
    if value and isinstance(value[0], Mapping):
        return [_arrays(item) for item in value]
    tag = dictionary.tag_of(keyword)
    if len(value) > MANY and tag is not None and dictionary.vr_of(tag) == "DS":
        with suppress(ValueError):  # as the validators say of a text that is no number
            return np.array(value, dtype=np.float64)
    return value


def _packed(scan: Mapping[str, Header]) -> dict[str, Any]:
    first, *others = scan.values()
    common = {k: v for k, v in first.items() if others and all(k in each and each[k] == v for each in others)}
    rest = {entry: {k: v for k, v in header.items() if k not in common} for entry, header in scan.items()}
    return {"common": common, "instances": rest}


def _frames(headers: Mapping[str, Header], pixels: Mapping[str, NDArray[Any]], entry: str) -> Iterator[NDArray[Any]]:
    if entry in pixels:
        yield from pixels[entry]
        return
    header = headers[entry]
    for _ in range(int(header.get("NumberOfFrames", 1))):
        yield np.zeros((int(header["Rows"]), int(header["Columns"])), np.uint16)


def _stored(headers: Mapping[str, Header], entry: str) -> Stored:
    header = headers[entry]
    if "Rows" not in header:
        return Stored(_EXPLICIT, 0)
    pixels = int(header["Rows"]) * int(header["Columns"]) * int(header.get("SamplesPerPixel", 1))
    size = pixels * int(header.get("NumberOfFrames", 1)) * int(header.get("BitsAllocated", 16)) // 8
    return Stored(_EXPLICIT, size + size % 2)
