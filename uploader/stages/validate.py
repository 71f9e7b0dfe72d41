"""Judge a session against its trial protocol."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from uploader.domain.errors import Misconfigured, Transient, UnknownValidator
from uploader.domain.finding import OURS, Finding, Outcome, Ruling, Severity, Verdict, judge
from uploader.domain.rule import Rule, said_at
from uploader.domain.trial import Check, Protocol
from uploader.domain.waivable import waivable
from uploader.domain.waiver import Waiver
from uploader.ports import Case, Validator

ALWAYS = ("identity", "completeness", "structures", "references")
"""Validators with rules that hold for every trial; they run whatever the protocol says."""


def validate(
    case: Case, protocol: Protocol, validators: Mapping[str, Validator], waivers: Iterable[Waiver] = ()
) -> Verdict:
    """Run the validators the protocol needs and judge what they found.

    waivers: what people let pass; it counts for rules of which the protocol says that they may
    A validator that breaks is a refusal and not a pass: an unfinished check proves nothing. So is one that says nothing
    about a rule of its own, or about one twice.
    Raises UnknownValidator, before anything is checked, when the protocol needs one that is not in `validators`;
    Transient, Misconfigured when one could not be asked: then nothing is known of the session.
    """
    checks = needed(protocol)
    unknown = sorted({check.validator for check in checks} - validators.keys())
    if unknown:
        raise UnknownValidator(
            f"protocol {protocol.trial} {protocol.version} asks for {', '.join(unknown)}, "
            "which this site has not installed or not allowed"
        )
    said = [each for check in checks for each in _said(case, check, validators[check.validator])]
    findings = [_reasoned(each, protocol) for each in said if isinstance(each, Finding)]
    rulings = [each for each in said if isinstance(each, Ruling)]
    known = {each.rule.line for each in waivable(protocol.content, protocol.rules)}
    waived = [waiver for waiver in waivers if waiver.line in known]
    finished = _not_broken(protocol.rules, findings)
    missing = _missing(findings) - {waiver.line for waiver in waived}
    findings += [*_silent(finished, rulings), *_unsaid(finished, rulings, findings)]
    findings += _open(protocol.rules, rulings, missing, known)
    findings = [_stopping(finding, protocol) for finding in findings]
    rulings = list(_in_order(protocol.rules, rulings))
    return judge(f"{protocol.trial} {protocol.version}", protocol.digest, findings, rulings, waived)


def _stopping(finding: Finding, protocol: Protocol) -> Finding:
    """A refusal, where the protocol says that findings of this severity stop a session."""
    stops = protocol.content.get("outcome", {}).get("block_on", ())
    return replace(finding, severity=Severity.REFUSAL) if finding.severity.name.lower() in stops else finding


def _reasoned(finding: Finding, protocol: Protocol) -> Finding:
    """With what the protocol says why it asks for it: the ``why`` of the rule, of an ROI its ``note``."""
    said = said_at(protocol.content, finding.line)
    why = (said.get("why") or said.get("note")) if isinstance(said, Mapping) and finding.line else None
    return replace(finding, says=f"{finding.says} ({why})") if why and not finding.code.startswith(OURS) else finding


def needed(protocol: Protocol) -> Sequence[Check]:
    """The protocol's own checks, and the validators that its rules belong to, each once."""
    own = {check.validator for check in protocol.checks}
    ours = [*ALWAYS, *(rule.validator for rule in protocol.rules)] if protocol.rules else []
    return [*(Check(name, {}) for name in dict.fromkeys(ours) if name not in own), *protocol.checks]


def _said(case: Case, check: Check, validator: Validator) -> list[Finding | Ruling]:
    try:
        said = list(validator(case, check.params))
    except (Transient, Misconfigured):
        raise
    except Exception as error:  # a plugin is foreign code: its words may quote the patient, so only its kind is told
        return [_broken(check, f"it could not finish ({type(error).__name__})")]
    if not all(isinstance(each, Finding | Ruling) for each in said):
        return [_broken(check, "it answered with something that is not a finding")]
    return said


def _broken(check: Check, how: str) -> Finding:
    return Finding(
        "validator.broken",
        Severity.REFUSAL,
        check.validator,
        f"the validator {check.validator} broke: {how}",
        "tell those who run the uploader; the session is not at fault",
    )


def _not_broken(rules: Iterable[Rule], findings: Iterable[Finding]) -> list[Rule]:
    """Rules whose validator finished; of one that did not, the refusal that says so stands for all its rules."""
    broken = {f.where for f in findings if (f.code, f.severity) == ("validator.broken", Severity.REFUSAL)}
    return [rule for rule in rules if rule.validator not in broken]


def _silent(rules: Iterable[Rule], rulings: Iterable[Ruling]) -> Iterator[Finding]:
    """Rules of which nothing was said, or something twice."""
    times = Counter(ruling.line for ruling in rulings)
    for rule in rules:
        if times[rule.line] != 1:
            yield Finding(
                "validator.silent",
                Severity.REFUSAL,
                rule.validator,
                f"the validator {rule.validator} judged a rule {times[rule.line] or 'no'} times instead of once",
                "tell those who run the uploader; the session is not at fault",
                line=rule.line,
            )


def _unsaid(rules: Iterable[Rule], rulings: Iterable[Ruling], findings: Iterable[Finding]) -> Iterator[Finding]:
    """Rules that failed without a finding, of them or of a part: only findings refuse, so that this would pass."""
    said = "\n".join(f"{finding.line}/" for finding in findings)
    failed = {ruling.line for ruling in rulings if ruling.outcome is Outcome.FAILED}
    for rule in rules:
        if rule.line in failed and f"\n{rule.line}/" not in f"\n{said}":
            yield Finding(
                "validator.silent",
                Severity.REFUSAL,
                rule.validator,
                f"the validator {rule.validator} failed a rule and did not say why",
                "tell those who run the uploader; the session is not at fault",
                line=rule.line,
            )


def _missing(findings: Iterable[Finding]) -> set[str]:
    """Lines of the counts of inputs that are missing, and stop the session or have a person look."""
    told = (f for f in findings if f.code == "completeness.input-missing" and f.severity > Severity.NOTE)
    return {f.line for f in told if _COUNT.fullmatch(f.line)}


def _open(
    rules: Iterable[Rule], rulings: Iterable[Ruling], missing: Iterable[str], waivable: Collection[str]
) -> Iterator[Finding]:
    """Rules that would refuse and could not be judged: a person must look.

    Those of one reason are one finding, but for those at `waivable` lines: who lets one pass lets no other one pass.
    Those of an input whose count is among `missing` are none: that it is missing is said already.
    """
    reasons: dict[tuple[str, str], list[Rule]] = {}
    unjudged = {ruling.line: ruling.says for ruling in rulings if ruling.outcome is Outcome.NOT_EVALUABLE}
    inputs = tuple(line.removesuffix("count") for line in missing)
    for rule in rules:
        if rule.line in unjudged and rule.severity is Severity.REFUSAL and not rule.line.startswith(inputs):
            alone = rule.line if rule.line in waivable else ""
            reasons.setdefault((unjudged[rule.line], alone), []).append(rule)
    for (reason, _), alike in reasons.items():
        yield Finding(
            "protocol.not-evaluable",
            Severity.QUESTION,
            "session",
            f"{_named(alike)} could not be judged: {reason}",
            "look whether the session is as the trial wants it, or send what is missing",
            line=alike[0].line,
        )


_COUNT = re.compile(r"/inputs/\d+/count")
_NAMED = 3
"""Rules that a finding about several names; the list of rulings has them all."""


def _named(rules: Sequence[Rule]) -> str:
    if len(rules) == 1:
        return f"a rule of the protocol ({rules[0].title})"
    more = ", …" if len(rules) > _NAMED else ""
    return f"{len(rules)} rules of the protocol ({', '.join(rule.title for rule in rules[:_NAMED])}{more})"


def _in_order(rules: Iterable[Rule], rulings: Iterable[Ruling]) -> Iterator[Ruling]:
    """As the protocol file has its rules; rulings of plugins, whose rules the file does not list, come last."""
    places = {rule.line: n for n, rule in enumerate(rules)}
    return iter(sorted(rulings, key=lambda ruling: places.get(ruling.line, len(places))))
