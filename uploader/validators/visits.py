"""What is remembered of how a subject's images were acquired, so that later visits can be held against it.

Only what the protocol compares across visits is kept, by input: numbers and codes as they are, and of any other text no
more than a digest, which tells that two are equal. As a digest proves what somebody guesses, nothing is kept of names,
days, UIDs, and attributes of the patient or the order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from uploader import dictionary
from uploader.ports import Case, Header
from uploader.validators.attributes import parts, values, vr
from uploader.validators.constraints import number_in
from uploader.validators.recognition import Input, inputs
from uploader.validators.wording import is_code

_PERSONAL = frozenset({0x0010, 0x0032, 0x0038})
"""Groups of attributes of the patient, the order and the stay. PS3.6."""
_NUMBERED = frozenset({0x00080050, 0x00200010})
"""Accession Number, Study ID."""
_COUNTABLE = frozenset({"PN", "AS", "DA", "DT", "TM", "UI"})
Acquired = Mapping[str, Sequence[float | str]]
"""Attribute as the protocol names it -> its different values."""


def acquired(case: Case) -> dict[str, Acquired]:
    """What is to be kept of a session: key of an input -> what its images say. Plain JSON; see `ports.Case.earlier`."""
    found = {each.key: of_input(case, each) for each in case.once(inputs).values() if each.scans}
    return {key: said for key, said in found.items() if said}


def of_input(case: Case, each: Input) -> Acquired:
    """The same of one input; attributes that are missing are left out."""
    headers = [case.headers[entry] for entry in each.entries]
    asked = [said["attr"] for said in each.said.get("mr", {}).get("same_across_visits", ())]
    return {attribute: kept for attribute in asked if (kept := comparable(headers, attribute))}


def comparable(headers: Iterable[Header], attribute: str) -> list[float | str]:
    """The different values of the attribute, in a form that may be kept and in order; none about people."""
    if _of_people(attribute):
        return []
    found = {_kept(value, attribute) for header in headers for value in values(header, attribute)}
    return sorted(found, key=str)


def _kept(value: Any, attribute: str) -> float | str:
    number = number_in(value) if not isinstance(value, str) else None
    if number is not None:
        return number
    text = str(value)
    return text if is_code(text, attribute) else "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _of_people(attribute: str) -> bool:
    tags = [dictionary.tag_of(name) or 0 for name, _ in parts(attribute)]
    return vr(attribute) in _COUNTABLE or any(tag >> 16 in _PERSONAL or tag in _NUMBERED for tag in tags)
