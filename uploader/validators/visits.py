"""What is remembered of how a subject's images were acquired, so that later visits can be held against it.

Only what the protocol compares across visits is kept, by input: numbers and codes as they are, and of any other text no
more than a digest, which tells that two are equal and nothing else. Of the patient's own attributes and of people's
names nothing is kept.
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

_PATIENT = 0x0010
"""Group of the attributes of the Patient Module. PS3.3 C.7.1.1."""
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
    return vr(attribute) == "PN" or any(
        (dictionary.tag_of(name) or 0) >> 16 == _PATIENT for name, _ in parts(attribute)
    )
