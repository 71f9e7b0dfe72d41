"""The blocks of a protocol's inputs, such as ``plan`` and ``dose``, and whether a session has what they are about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from uploader.domain.finding import Finding, Outcome, Ruling, Severity
from uploader.ports import Case, Header
from uploader.validators.answers import Answer, ruled_by
from uploader.validators.conditions import excused
from uploader.validators.judging import not_applicable, severity_of
from uploader.validators.recognition import Input, brings, inputs


@dataclass(frozen=True, slots=True)
class Block:
    """A block of rules about one input.

    line: its JSON pointer, ``/inputs/3/plan``
    said: the block as the protocol says it
    """

    case: Case
    input: Input
    line: str
    said: Mapping[str, Any]

    @property
    def headers(self) -> Mapping[str, Header]:
        """The objects it is about, by entry name."""
        return {entry: self.case.headers[entry] for entry in self.input.entries}

    def severity(self, rule: Mapping[str, Any] | None = None) -> Severity:
        """Of the findings of its rules, unless one says its own."""
        return severity_of(rule or {}, self.said, self.input.said)

    def finding(
        self, code: str, line: str, where: str, says: str, remedy: str, found: str = "", expected: str = ""
    ) -> Finding:
        """A finding of one of its rules, with the block's severity; see `Finding`."""
        return Finding(code, self.severity(), where, says, remedy, None, line, found, expected)


def blocks(case: Case, name: str) -> Iterator[Block]:
    """The blocks of this name, of all inputs that have one."""
    for each in case.once(inputs).values():
        if name in each.said:
            yield Block(case, each, f"{each.line}/{name}", each.said[name])


def idle(case: Case, each: Input, line: str) -> Ruling | None:
    """The ruling of the rule at `line` about an input of which the session has nothing; None where it has some.

    Nothing is asked of what the visit does not bring, of what is asked for in other cases only, or of what need not be
    there; of what is missing nothing can be said.
    """
    if each.scans:
        return None
    if not brings(case, each.key):
        return not_applicable(line, f"the time point does not bring {each.key}")
    excuse = excused(case, line, each.said)
    missing = Outcome.NOT_EVALUABLE if each.said["count"]["min"] else Outcome.NOT_APPLICABLE
    return excuse or Ruling(line, missing, f"the session has no {each.key}")


def answered(block: Block, line: str, answers: Iterable[Answer]) -> Iterator[Finding | Ruling]:
    """The findings and the one ruling of a rule of the block: by the answers, which are asked for only where the
    session has something of its input; see `idle`."""
    ruling = idle(block.case, block.input, line)
    yield from ruled_by(line, answers) if ruling is None else (ruling,)


def missing_of(case: Case, line: str, asked: Iterable[Input]) -> Iterator[Answer]:
    """For each input of which the session has nothing, what follows for a rule about several."""
    for each in asked:
        ruling = idle(case, each, line)
        if ruling is not None:
            yield Answer(ruling.outcome, ruling.says)
