"""The rules ``same_frame_of_reference`` and ``same_study``: objects of several inputs have one UID."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from uploader.domain.finding import Finding
from uploader.ports import Case, Header
from uploader.validators import links
from uploader.validators.answers import Answer, right, unknown, wrong
from uploader.validators.blocks import missing_of
from uploader.validators.judging import severity_of
from uploader.validators.reading import text
from uploader.validators.recognition import Input


@dataclass(frozen=True, slots=True)
class _Uid:
    """A UID that objects share. of: what an object says it is; a structure set may say several."""

    finding: str
    called: str
    tag: str
    remedy: str
    of: Callable[[Header], Collection[str]]


_FRAME = _Uid(
    "references.frames-differ",
    "frame of reference",
    "0020,0052",
    "send objects that were made on one scan, or with it",
    links.frames,
)
_STUDY = _Uid(
    "references.studies-differ",
    "study",
    "0020,000D",
    "send what was acquired in one study",
    lambda header: {text(header, "StudyInstanceUID")} - {""},
)


def frames(case: Case, line: str, said: Mapping[str, Any], asked: Sequence[Input]) -> Iterator[Answer]:
    """What each input says to ``same_frame_of_reference``."""
    yield from _answers(case, line, said, asked, _FRAME)


def studies(case: Case, line: str, said: Mapping[str, Any], asked: Sequence[Input]) -> Iterator[Answer]:
    """What each input says to ``same_study``."""
    yield from _answers(case, line, said, asked, _STUDY)


def _answers(case: Case, line: str, said: Mapping[str, Any], asked: Sequence[Input], uid: _Uid) -> Iterator[Answer]:
    yield from missing_of(case, line, asked)
    there = [each for each in asked if each.scans]
    if not there:
        return
    first = uid.of(case.headers[there[0].entries[0]])
    for each in there:
        for scan in each.scans:
            others = [entry for entry in scan.entries if set(uid.of(case.headers[entry])) - set(first)]
            if not all(uid.of(case.headers[entry]) for entry in scan.entries) or not first:
                yield unknown(f"not every object of {each.key} and {there[0].key} says its {uid.called}")
            if others and first:
                yield wrong(_differs(f"{others[0]} ({uid.tag})", line, said, each, there[0], uid))
            else:
                yield right(f"one {uid.called}")


def _differs(where: str, line: str, said: Mapping[str, Any], other: Input, first: Input, uid: _Uid) -> Finding:
    return Finding(
        uid.finding,
        severity_of(said),
        where,
        f"{other.key} has another {uid.called} than {first.key}",
        uid.remedy,
        line=line,
        found=f"another {uid.called}",
        expected=f"that of {first.key}",
    )
