"""Everything the protocol expects is there, and nothing else.

Rules that hold for every trial
    completeness.modality-missing   refusal   a file says no Modality (0008,0060)
    completeness.series-missing     refusal   a file says no SeriesInstanceUID (0020,000E)
    completeness.instance-doubled   refusal   two files hold the same SOPInstanceUID (0008,0018)
    completeness.ambiguous          question  a series is recognised as two inputs of the protocol at once

Rules of the protocol, each by its severity; see `expected` and `uninvited`
    completeness.input-missing      fewer of an input than `count` asks for
    completeness.input-surplus      more of an input than `count` allows; a question where `prefer` is ask
    completeness.input-uncalled     an input that the time point does not bring, or that is not asked for in this case
    completeness.aside              recognised as an input, and by `prefer` not the one that is meant
    completeness.unmatched          a scan is no input of the protocol
    completeness.visits             more sessions of a time point than it may have
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from uploader.domain.finding import Finding, Ruling, Severity
from uploader.ports import Case, Headers
from uploader.validators import expected
from uploader.validators.reading import text

WHAT, WHICH = "what kind of image or object it holds", "which series it belongs to"
AGAIN = "export the object again from the system that made it"


def check(case: Case, params: Mapping[str, Any]) -> Iterator[Finding | Ruling]:
    """The findings of all rules above."""
    yield from _nameless(case.headers, "Modality", "0008,0060", "completeness.modality-missing", WHAT)
    yield from _nameless(case.headers, "SeriesInstanceUID", "0020,000E", "completeness.series-missing", WHICH)
    yield from _doubled(case.headers)
    if "inputs" in case.asked:
        yield from expected.said(case)


def _nameless(headers: Headers, keyword: str, tag: str, code: str, meaning: str) -> Iterator[Finding]:
    silent = [name for name, header in headers.items() if not text(header, keyword)]
    yield from _wrong(code, silent, tag, f"does not say {meaning}", AGAIN)


def _doubled(headers: Headers) -> Iterator[Finding]:
    seen: set[str] = set()
    again = []
    for name, header in headers.items():
        uid = text(header, "SOPInstanceUID")
        if uid in seen:
            again.append(name)
        seen.add(uid)
    says = "holds an instance with the UID of another one"
    yield from _wrong("completeness.instance-doubled", again, "0008,0018", says, "send each object once")


def _wrong(code: str, names: Sequence[str], tag: str, says: str, remedy: str) -> Iterator[Finding]:
    """One finding for all files of which it is so; it names the first."""
    if names:
        others = f", as do {len(names) - 1} others" if len(names) > 1 else ""
        yield Finding(code, Severity.REFUSAL, f"{names[0]} ({tag})", f"the file {says}{others}", remedy)
