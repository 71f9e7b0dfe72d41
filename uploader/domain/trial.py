"""A trial, and the versioned protocol that says what it expects."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from uploader.domain.checkdigit import is_right
from uploader.domain.errors import Refused
from uploader.domain.rule import Rule

LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""What XNAT keeps as it is: other characters in a label would be replaced behind our back."""
LONGEST_PREFIX = 48
"""Characters of a trial's name with which proposed subject IDs begin; they have 64 at most."""
_CLOSED = {
    "draft": "is a draft, under which nothing can be sent",
    "suspended": "is suspended by the trial; ask its contact",
    "closed": "is closed",
}


def name_apart(trial: str, subject: str) -> tuple[str, str]:
    """A subject ID as (the trial's own name before a separator, the rest), for figures of the name are no subject's."""
    own = trial[:LONGEST_PREFIX]
    return (own, subject[len(own) :]) if re.match(f"{re.escape(own)}[_-]", subject) else ("", subject)


@dataclass(frozen=True, slots=True)
class Check:
    """One validator the protocol asks for, with its parameters."""

    validator: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Protocol:
    """One version of what a trial expects, how it is judged, anonymised and where it goes."""

    trial: str
    """Clinical Trial Protocol ID (0012,0020), and the project of the trial at the centre."""
    version: str
    """``v1``, ``v2`` …; never edited once used."""
    digest: str
    """SHA-256 of the file."""
    title: str
    sponsor: str
    subject_pattern: str
    """Regular expression a subject ID must match whole."""
    subject_example: str
    session_label: str
    """Template of session labels: ``{subject}_{n}``."""
    checks: tuple[Check, ...]
    scripts: tuple[str, ...]
    """DicomEdit scripts in the order in which they are applied, paths below `dicomedit_scripts/`."""
    max_shift_days: int
    """Dates move back by a secret number of days from 1 to this, the same for all of a subject."""
    project: str
    """Project of the trial at the central archive, into which the session is shared."""
    policy: str = "basic"
    """Privacy policy that is carried out after the scripts, a file of `privacy_policies/` without .json."""
    institution_is_site: bool = False
    """Whether Institution Name (0008,0080) says the site's name in the trial, instead of nothing."""
    subject_check: str = ""
    """Rule of `checkdigit` by which the last character of a subject ID is made; empty for none."""
    subject_automatic: str = ""
    """Template of the IDs that the program makes: ``DEMO-{digits:3}{check}``; empty for one like the example."""
    content: Mapping[str, Any] = field(default_factory=dict)
    """The document as the file says it."""
    rules: tuple[Rule, ...] = ()
    """Every rule in it, in the order of the file."""
    status: str = "active"
    """``draft``, ``active``, ``suspended`` or ``closed``; only an active version can be chosen for a session."""
    valid_from: date = date.min
    valid_to: date = date.max
    """First and last day on which the version can be chosen."""
    subject_fits: Callable[[str], object] | None = field(default=None, repr=False, compare=False)
    """Matches `subject_pattern` whole, in linear time; of a protocol from a file always there."""

    @property
    def validators(self) -> tuple[str, ...]:
        """Names of the validators that its checks and its rules need, each once."""
        asked = [*(check.validator for check in self.checks), *(rule.validator for rule in self.rules)]
        return tuple(dict.fromkeys(asked))

    def rule_name(self, line: str) -> str:
        """What waivers call the rule at a line, or around it; empty where no rule is."""
        names = {rule.line: rule.name for rule in self.rules}
        while line and line not in names:
            line = line.rpartition("/")[0]
        return names.get(line, "")

    def not_open(self, on: date) -> str:
        """Why no session can be taken under this version on that day; empty when one can."""
        if self.status != "active":
            return _CLOSED[self.status]
        if on < self.valid_from:
            return f"is valid from {self.valid_from} on"
        return f"was valid until {self.valid_to}" if on > self.valid_to else ""

    @property
    def supersedes(self) -> tuple[str, ...]:
        """Earlier versions that cannot be chosen any more once this one has begun."""
        return tuple(self.content.get("supersedes", ()))

    def has_begun(self, on: date) -> bool:
        """Whether it counts on that day or did before it, suspended and closed since or not."""
        return self.status != "draft" and self.valid_from <= on

    def check_subject(self, subject: str) -> None:
        """Raises Refused when `subject` is not an ID of this trial. IDs are never rewritten."""
        fits = self.subject_fits or re.compile(self.subject_pattern).fullmatch
        if not LABEL.fullmatch(subject) or not fits(subject):
            raise Refused(
                f"the subject ID does not fit trial {self.trial} {self.version}: "
                f"expected {self.subject_pattern}, for example {self.subject_example}"
            )
        if self.subject_check and not is_right(self.subject_check, subject):
            raise Refused(
                f"the subject ID is mistyped: its last character is not the check character that trial {self.trial} "
                f"{self.version} asks for ({self.subject_check}); an example of a right one is {self.subject_example}"
            )

    def takes(self, subject: str) -> bool:
        """Whether `subject` is an ID of this trial."""
        try:
            self.check_subject(subject)
        except Refused:
            return False
        return True

    @property
    def subject_template(self) -> str:
        """How the program makes a subject ID: as the protocol says, else like the example with other figures."""
        if self.subject_automatic:
            return self.subject_automatic
        body = self.subject_example[:-1] if self.subject_check else self.subject_example
        named, rest = name_apart(self.trial, body)
        drawn = re.sub("[0-9]+", lambda figures: f"{{digits:{len(figures[0])}}}", rest)
        return named + drawn + ("{check}" if self.subject_check else "")

    def label(self, subject: str, number: int, timepoint: str = "") -> str:
        """Label of the `number`-th session of `subject`; unique in a project, not only in a subject.

        timepoint: code of the visit; raises Refused when the template asks for one and there is none
        """
        if not timepoint and "{timepoint}" in self.session_label:
            raise Refused(f"session labels of trial {self.trial} {self.version} name the time point; choose one")
        return self.session_label.format(subject=subject, n=number, timepoint=timepoint)

    def check_label(self, subject: str, label: str, timepoint: str = "") -> None:
        """Raises Refused for a session label that the template does not make: a free one could name a patient."""
        made = self.label(subject, 1, timepoint)
        template = re.escape(self.session_label).replace(r"\{timepoint\}", re.escape(timepoint))
        pattern = template.replace(r"\{subject\}", re.escape(subject)).replace(r"\{n\}", "[1-9][0-9]{0,3}")
        if not re.fullmatch(pattern, label) or not LABEL.fullmatch(label):
            raise Refused(
                f"the session label does not fit trial {self.trial} {self.version}: "
                f"expected {self.session_label}, for example {made}"
            )
