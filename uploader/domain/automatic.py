"""Subject IDs that the program makes: keyed, so that a patient has the same one whenever asked for, and without the
trial's key nobody can tell whose it is or that two trials mean one patient."""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import Formatter

from uploader.domain.checkdigit import check_character
from uploader.domain.errors import Refused
from uploader.domain.identity import Identity, PrivateIdentity, keyed
from uploader.domain.trial import Protocol

ALPHABETS = {"digits": "0123456789", "letters": "ABCDEFGHJKMNPQRSTVWXYZ", "code": "0123456789ABCDEFGHJKMNPQRSTVWXYZ"}
"""Fields of a template -> characters they draw from. No I, L, O and U: they are misread, and make words."""
MOST_TRIES = 1000
"""IDs that are tried for one patient before the trial's IDs count as used up."""

_TOKEN = re.compile(r"[^\W\d_]+|\d+")
Parts = list[tuple[str, str, int]]
"""(text before it, field or empty, characters), in their order."""


def automatic_subjects(key: bytes, identity: PrivateIdentity, protocol: Protocol) -> Iterator[str]:
    """Subject IDs for this patient, the best first; the first that is free in the trial is to be taken.

    key: the trial's own, so that the same patient is called otherwise in every trial
    returns: at most `MOST_TRIES`, each right for the trial; those that a word or number of the patient's own ID or
        name got into by chance are passed over

    Raises Refused when the trial's template makes no ID that fits its own pattern.
    """
    who, parts, fitting = identity.reveal(), _parts(protocol), 0
    for attempt in range(MOST_TRIES):
        noise = int.from_bytes(keyed(key, f"subject ID {attempt}", who.key), "big")
        subject, made = _rendered(parts, noise, protocol.subject_check)
        if not protocol.takes(subject):
            continue
        fitting += 1
        if not _tells(made, who):
            yield subject
    if not fitting:
        raise _no_template(protocol, f"none fits the pattern {protocol.subject_pattern}")


def parsed(template: str) -> Parts:
    """The parts of a template such as ``DEMO-{digits:3}{check}``. Raises ValueError, saying what is wrong."""
    parts = []
    for text, field, spec, _ in Formatter().parse(template):
        if field and field != "check" and (field not in ALPHABETS or not re.fullmatch("[1-9][0-9]?", spec or "")):
            raise ValueError(f"the fields are {', '.join(f'{{{name}:n}}' for name in ALPHABETS)} and {{check}}")
        parts.append((text, field or "", int(spec) if spec else 0))
    fields = [field for _, field, _ in parts]
    if not set(fields) & set(ALPHABETS):
        raise ValueError("without a field like {digits:6} all subjects would have one ID")
    if "check" in fields[:-1]:
        raise ValueError("{check} must be the last character")
    return parts


def _parts(protocol: Protocol) -> Parts:
    try:
        return parsed(protocol.subject_template)
    except ValueError as error:
        raise _no_template(protocol, str(error)) from None


def _no_template(protocol: Protocol, why: str) -> Refused:
    return Refused(
        f"trial {protocol.trial} {protocol.version} has no automatic subject IDs: {why}; "
        "its protocol must say how to make them at /subject_id/automatic"
    )


def _rendered(parts: Parts, noise: int, rule: str) -> tuple[str, str]:
    """(the ID, the part of it that was drawn)."""
    subject = made = ""
    for text, field, count in parts:
        drawn = ""
        for _ in range(count):
            noise, place = divmod(noise, len(ALPHABETS[field]))
            drawn += ALPHABETS[field][place]
        subject, made = subject + text + drawn, f"{made} {drawn}"
    if parts[-1][1] == "check":
        subject += check_character(rule, subject)
    return subject, made


def _tells(made: str, who: Identity) -> bool:
    """Whether a number or word of the patient's own ID or name stands in what was drawn."""
    own = {token.lstrip("0") for token in _TOKEN.findall(f"{who.patient_id} {who.name}".casefold())}
    return any(len(token) > 1 and token in made.casefold() for token in own)
