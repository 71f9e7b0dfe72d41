"""How values look in the templates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from flask import Flask

from uploader.changes import named
from uploader.domain.finding import Finding, Severity, Verdict
from uploader.domain.private import Private
from uploader.domain.submission import State
from uploader.review import Change

WORDS = {
    State.ARRIVING: "Arriving",
    State.RECEIVED: "Choose the trial",
    State.QUEUED: "Under way",
    State.AWAITING_SIGNOFF: "Awaits sign-off",
    State.SIGNED: "Signed",
    State.RELEASED: "Released",
    State.REFUSED: "Refused by the protocol",
    State.WAITING: "Waiting, tried again",
    State.HELD: "Held: somebody must look",
    State.WITHDRAWN: "Withdrawn",
    State.RECALLED: "Recalled",
}
"""What each state means to the person in front of the screen."""
NEXT = {
    State.RECEIVED: "Choose trial and subject",
    State.AWAITING_SIGNOFF: "Look and sign",
    State.REFUSED: "Refused: read the findings",
    State.HELD: "Held: read what stopped it",
    State.SIGNED: "Release",
}
"""What the person may do about a state that waits for one."""
MARKS = {"done": "done", "here": "here", "stopped": "stopped here", "ahead": "to come"}
"""A step's mark, for those who hear the page."""
SAID = frozenset({"route", "state", "kind", "place", "trial", "subject", "label", "files", "why"})
"""Facts of an audit line that the history shows."""
_PROTOCOL_LINE = re.compile(r"(.*) \(protocol: ([^()]+)\)", re.DOTALL)
_TAG = re.compile(r"(\([0-9A-Fa-f]{4},[0-9A-Fa-f]{4}\))( |$)")


@dataclass(frozen=True, slots=True)
class Alike:
    """Findings that say the same of several places.

    severity: ``refusal``, ``question`` or ``note``
    line: where in the protocol file the rule stands; empty for a rule that is no protocol's
    """

    severity: str
    code: str
    says: str
    line: str
    remedy: str
    places: tuple[str, ...]


def register(app: Flask) -> None:
    for filter_ in (words, next_, mark, sentence, moment, size, shown, groups, facts, alike, tally, named_place):
        app.add_template_filter(filter_)


def words(state: State) -> str:
    return WORDS[state]


def next_(state: State) -> str:
    return NEXT[state]


def mark(name: str) -> str:
    return MARKS[name]


def sentence(says: str) -> str:
    """As a sentence begins and ends."""
    end = "." if says and not says.endswith((".", "?", "!", "…")) else ""
    return says[:1].upper() + says[1:] + end


def alike(findings: Iterable[Finding]) -> list[Alike]:
    """Findings in their order, those that differ in their place only taken together."""
    together: dict[tuple[Severity, str, str, str], list[str]] = {}
    for found in findings:
        together.setdefault((found.severity, found.code, found.says, found.remedy), []).append(found.where)
    return [
        Alike(severity.name.lower(), code, *_split(says), remedy, tuple(places))
        for (severity, code, says, remedy), places in together.items()
    ]


def _split(says: str) -> tuple[str, str]:
    """What a finding says, and the protocol line it names at its end."""
    parts = _PROTOCOL_LINE.fullmatch(says)
    return (parts[1], parts[2]) if parts else (says, "")


def tally(verdicts: Iterable[Verdict | None]) -> str:
    """``2 refusals, 1 question``, the worst first; ``none`` without findings."""
    counts = Counter(found.severity for verdict in verdicts if verdict for found in verdict.findings)
    told = (f"{counts[s]} {s.name.lower()}{'' if counts[s] == 1 else 's'}" for s in reversed(Severity) if counts[s])
    return ", ".join(told) or "none"


def named_place(where: str) -> str:
    """The place of a finding, the element named: ``scans/3/DICOM/0001.dcm (3006,0026) ROIName, ROI 7``."""
    return _TAG.sub(lambda tag: named(tag[1]) + (", " if tag[2] else ""), where)


def moment(at: datetime | str) -> str:
    """Local time to the minute."""
    when = datetime.fromisoformat(at) if isinstance(at, str) else at
    return when.astimezone().strftime("%d %b %Y, %H:%M")


def size(count: int) -> str:
    """Bytes for people."""
    amount, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"


def shown(value: Private[str]) -> str:
    """A private value, on the screen of the person who asked for it and whose asking was audited."""
    return value.reveal()


def groups(changes: Sequence[Change]) -> Iterator[tuple[str, list[Change]]]:
    """Changes by the outermost sequence they lie in; those that lie in none come first, under no name."""

    def outermost(change: Change) -> str:
        return change.within[0].rpartition(", item ")[0] if change.within else ""

    for name, members in groupby(sorted(changes, key=lambda c: bool(c.within)), outermost):
        yield name, list(members)


def facts(line: Mapping[str, Any]) -> str:
    """The telling facts of an audit line: ``route prepare, state held``."""
    return ", ".join(f"{name} {value}" for name, value in line["facts"].items() if name in SAID and value)
