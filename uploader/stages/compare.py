"""Whether anonymising changed what the rules of a protocol say of a session."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from uploader.domain.finding import OURS, Finding, Outcome, Severity, Verdict, judge
from uploader.domain.rule import Rule
from uploader.domain.trial import Protocol

AGREE = frozenset({"geometry", "references", "structures", "relations", "plan", "dose", "dvh", "pixels"})
"""Validators that read only what anonymising must keep: outcome and measured value are the same before and after."""
MAY_DIFFER: Mapping[str, str] = {
    "acquisition": "it reads attributes that the privacy policy may remove or replace",
    "completeness": "it reads descriptions that the privacy policy may remove or replace",
    "identity": "anonymising gives the patient another identity, on purpose",
    "mr": "it reads attributes that the privacy policy may remove or replace",
    "names": "it reads texts that people typed, which are cleaned",
    "pet": "it reads times, weights and private factors that the privacy policy may remove",
}
"""Validators whose rules may say something else afterwards, and why."""
_RANGE = "/pixel/expected_range"
_BLANKED = "boxes were made black in images, which changes their values"
_DATELESS = "the privacy policy removes dates"
_ELSEWHERE = "the validator came from elsewhere, so nobody here knows what it reads"
_PASSES = "it passes all the same; the validator came from elsewhere, and may note what the privacy policy removes"

_Said = tuple[Outcome | None, str, Counter[tuple[str, str]]]
"""What became of a rule, what was measured, and how often which code was found with which value."""


def compared(before: Verdict, after: Verdict, protocol: Protocol, blanked: bool = False) -> Verdict:
    """The rulings about the anonymised files, and a finding for each rule that says something else than it said before.

    A refusal is one that must not: then the fault is ours. What may differ is a note with the reason.
    blanked: whether boxes were made black in images
    """
    differing = [*_rules(before, after, protocol, blanked), *_elsewhere(before, after, protocol.rules)]
    findings = [*differing, *_for_every_trial(before, after)]
    return judge(after.protocol, after.protocol_digest, findings, after.rulings)


def _rules(before: Verdict, after: Verdict, protocol: Protocol, blanked: bool) -> Iterator[Finding]:
    intervals = _intervals(protocol)
    for rule in protocol.rules:
        was, now = _said(before, rule.line), _said(after, rule.line)
        if was != now:
            dateless = rule.line in intervals and now[0] is Outcome.NOT_EVALUABLE
            yield _differing(rule.line, rule.title, was, now, _DATELESS if dateless else _lawful(rule, blanked))


def _intervals(protocol: Protocol) -> set[str]:
    """Lines of rules on days between inputs: without dates nothing can be said of them."""
    checks = enumerate(protocol.content.get("cross_checks", ()))
    return {f"/cross_checks/{n}" for n, said in checks if said["kind"] == "time_interval_days"}


def _lawful(rule: Rule, blanked: bool) -> str:
    """Why the rule may say something else; empty where it must not."""
    if blanked and rule.line.endswith(_RANGE):
        return _BLANKED
    return "" if rule.validator in AGREE else MAY_DIFFER.get(rule.validator, _ELSEWHERE)


def _elsewhere(before: Verdict, after: Verdict, rules: Sequence[Rule]) -> Iterator[Finding]:
    """Of rules that the protocol file does not list: a plugin's own."""
    known = {rule.line for rule in rules}
    for line in sorted({ruling.line for ruling in (*before.rulings, *after.rulings)} - known):
        was, now = _said(before, line), _said(after, line)
        if was != now:
            passes = was[0] is now[0] is Outcome.PASSED
            yield _differing(line, "a rule of a plugin", was, now, _PASSES if passes else _ELSEWHERE)


def _for_every_trial(before: Verdict, after: Verdict) -> Iterator[Finding]:
    """Of findings that belong to no rule of the protocol, and of validators that broke."""
    new = _unruled(after) - _unruled(before)
    gone = _unruled(before) - _unruled(after)
    for code in sorted({code for code, _ in (*new, *gone)}):
        yield _finding(
            Severity.REFUSAL,
            "",
            f"anonymising changed what the files say of themselves: {code} was found {_times(before, code)} before "
            f"and {_times(after, code)} after",
        )


def _unruled(verdict: Verdict) -> Counter[tuple[str, str]]:
    return Counter(
        (f.code, f.found)
        for f in verdict.findings
        if f.code.startswith(OURS) or (not f.line and f.code.partition(".")[0] in AGREE)
    )


def _times(verdict: Verdict, code: str) -> str:
    count = sum(f.code == code for f in verdict.findings)
    return "once" if count == 1 else f"{count} times" if count else "never"


def _said(verdict: Verdict, line: str) -> _Said:
    ruling = next((r for r in verdict.rulings if r.line == line), None)
    found = Counter((f.code, f.found) for f in verdict.findings if f.line == line and not f.code.startswith(OURS))
    return (ruling.outcome, ruling.says, found) if ruling else (None, "", found)


def _differing(line: str, title: str, was: _Said, now: _Said, lawful: str) -> Finding:
    told = f"{title}: {_words(was)} before anonymisation, {_words(now)} after"
    if not lawful:
        return _finding(Severity.REFUSAL, line, told)
    return _finding(Severity.QUESTION if lawful == _ELSEWHERE else Severity.NOTE, line, f"{told}; {lawful}")


def _words(said: _Said) -> str:
    outcome, says, found = said
    seen = says or ", ".join(sorted(value for _, value in found if value))
    return f"{outcome or 'nothing'} ({seen})" if seen else str(outcome or "nothing")


def _finding(severity: Severity, line: str, says: str) -> Finding:
    if severity is Severity.REFUSAL:
        remedy = "tell those who run the uploader; the session is not at fault"
        return Finding("protocol.changed", severity, "session", says, remedy, line=line)
    return Finding("protocol.differs", severity, "session", says, "nothing, unless the trial needs it", line=line)
