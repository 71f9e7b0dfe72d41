"""How values look in the templates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from flask import Flask
from markupsafe import Markup

from uploader.changes import named
from uploader.domain.cause import by_cause
from uploader.domain.enumeration import both, either
from uploader.domain.evidence import SignOff
from uploader.domain.finding import Finding, Outcome, Ruling, Severity, Verdict
from uploader.domain.private import Private
from uploader.domain.waiver import Waiver
from uploader.views import Change
from uploader.web.words import fact

MARKS = {"done": "done", "here": "here", "stopped": "stopped here", "ahead": "to come"}
"""A step's mark, for those who hear the page."""
SAID = frozenset({"route", "state", "kind", "place", "trial", "subject", "label", "files", "why"})
SAID |= {"arm", "timepoint", "site", "check", "role", "code"}
"""Facts of an audit line that the history shows."""
_TAG = re.compile(r"(\([0-9A-Fa-f]{4},[0-9A-Fa-f]{4}\))( |$)")


OUTCOMES = (Outcome.FAILED, Outcome.NOT_EVALUABLE, Outcome.PASSED, Outcome.NOT_APPLICABLE)
"""In the order in which people want to read them."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Findings that say the same of several places.

    severity: ``refusal``, ``question`` or ``note``
    line, found, expected: as of `Finding`
    waiver: who let the rule pass, when somebody did
    following: what follows from them, and should go with them
    """

    severity: str
    code: str
    says: str
    remedy: str
    line: str
    found: str
    expected: str
    waiver: Waiver | None
    places: tuple[str, ...]
    following: tuple[Alike, ...] = ()


def register(app: Flask) -> None:
    filters: tuple[Callable[..., Any], ...] = (mark, sentence, moment, size, shown, groups, facts)
    filters += (alike, by_outcome, outcomes, seen_of, tally, named_place, both, either, signers, breakable)
    for filter_ in filters:
        app.add_template_filter(filter_)


def mark(name: str) -> str:
    return MARKS[name]


def signers(signed: Iterable[SignOff]) -> str:
    """``ada (physicist), 29 Nov 2026, 10:00; bob (clinician), …``; signatures of before there were roles have none."""
    return "; ".join(f"{s.person}{f' ({s.role})' if s.role else ''}, {moment(s.at)}" for s in signed)


def sentence(says: str) -> str:
    """As a sentence begins and ends."""
    end = "." if says and not says.endswith((".", "?", "!", "…")) else ""
    return says[:1].upper() + says[1:] + end


def alike(verdict: Verdict) -> list[Alike]:
    """Findings in their order, those that differ in their place only taken together; each with what follows from it."""
    return list(_alike(verdict, by_cause(verdict)))


def _alike(verdict: Verdict, told: Iterable[tuple[Finding, Sequence[Finding]]]) -> Iterator[Alike]:
    together: dict[Finding, list[tuple[str, Sequence[Finding]]]] = {}
    for found, following in told:
        together.setdefault(replace(found.bare, where="", follows=""), []).append((found.where, following))
    for f, several in together.items():
        yield Alike(
            f.severity.name.lower(),
            *(f.code, f.says, f.remedy, f.line, f.found, f.expected),
            verdict.waiver(f.line, f.code),
            tuple(where for where, _ in several),
            tuple(_alike(verdict, ((each, ()) for _, following in several for each in following))),
        )


def by_outcome(verdict: Verdict) -> list[tuple[Outcome, list[Ruling]]]:
    """What became of the rules, those that failed first; an outcome that none had is left out."""
    grouped = [(outcome, [r for r in verdict.rulings if r.outcome is outcome]) for outcome in OUTCOMES]
    return [(outcome, rulings) for outcome, rulings in grouped if rulings]


def outcomes(verdict: Verdict) -> str:
    """``3 fail, 1 not evaluable, 62 pass``."""
    return ", ".join(f"{len(rulings)} {outcome}" for outcome, rulings in by_outcome(verdict))


def seen_of(verdict: Verdict) -> dict[str, str]:
    """Line of a rule that failed -> what was found and expected, of its first finding."""
    told: dict[str, str] = {}
    for f in verdict.findings:
        found = ", expected ".join(filter(None, (f.found, f.expected))) or f.says
        told.setdefault(f.line, found)
    return told


def tally(verdicts: Iterable[Verdict | None]) -> str:
    """``2 refusals and 5 findings that follow, 1 question, 1 waived``, the worst first; ``none`` without findings."""
    given = [verdict for verdict in verdicts if verdict]
    counts: Counter[Severity] = Counter()
    following: Counter[Severity] = Counter()
    for verdict in given:
        for found, more in by_cause(verdict):
            counts[found.severity] += verdict.waiver(found.line, found.code) is None
            following[found.severity] += sum(verdict.waiver(each.line, each.code) is None for each in more)
    told = [_counted(counts[s], s.name.lower()) + _that_follow(following[s]) for s in reversed(Severity) if counts[s]]
    waived = sum(len(verdict.findings) - len(verdict.standing) for verdict in given)
    return ", ".join(told + [f"{waived} waived"] * bool(waived)) or "none"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _that_follow(count: int) -> str:
    return f" and {_counted(count, 'finding')} that follow{'s' * (count == 1)}" if count else ""


def named_place(where: str) -> str:
    """The place of a finding, the element named: ``scans/3/DICOM/0001.dcm (3006,0026) ROIName, ROI 7``."""
    return _TAG.sub(lambda tag: named(tag[1]) + (", " if tag[2] else ""), where)


def breakable(line: str) -> Markup:
    """A protocol line that breaks behind a slash or an underscore, and not within a word."""
    return Markup("/<wbr>").join(Markup("_<wbr>").join(part.split("_")) for part in line.split("/"))


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
    """The telling facts of an audit line: ``9 files, anonymised archive``; of one that came to rest where it did."""
    hidden = {"route"} if line["action"] == "rested" else {"state"}
    return ", ".join(fact(name, value) for name, value in line["facts"].items() if name in SAID - hidden and value)
