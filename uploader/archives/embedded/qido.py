"""Questions of QIDO-RS: what is looked for, and what fits. Source: PS3.18 8.3.4, PS3.4 C.2.2.2."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydicom.datadict import dictionary_VR, tag_for_keyword
from werkzeug.exceptions import BadRequest

from uploader.archives.embedded.dicomjson import Json

NO_FUZZY = "The fuzzymatching parameter is not supported. Only literal matching has been performed."
"""The sentence of PS3.18 8.3.4.2."""
_CONTROLS = frozenset({"limit", "offset", "includefield", "fuzzymatching", "accept", "charset"})
_TAG = re.compile(r"[0-9A-Fa-f]{8}")


@dataclass(frozen=True, slots=True)
class Question:
    """filters: tag in eight hex digits -> what is wanted of its value
    include: tags that are wanted besides the usual ones; None: all
    warnings: what of the question is not heeded
    """

    filters: Mapping[str, str]
    include: frozenset[str] | None
    limit: int | None
    offset: int
    warnings: tuple[str, ...]

    def page(self, rows: Sequence[Any]) -> Sequence[Any]:
        """The part that is wanted of all that fits."""
        return rows[self.offset :] if self.limit is None else rows[self.offset : self.offset + self.limit]


def asked(parameters: Sequence[tuple[str, str]]) -> Question:
    """The question in a query string. Raises BadRequest for numbers that are none."""
    filters: dict[str, str] = {}
    include: set[str] = set()
    warnings: list[str] = []
    for name, value in parameters:
        if name == "includefield":
            include |= {tag(part) or part for part in value.split(",")}
        elif name == "fuzzymatching" and value.lower() == "true":
            warnings.append(NO_FUZZY)
        elif name not in _CONTROLS:
            if (found := tag(name)) is None:
                warnings.append("A parameter that is no attribute of the top level was not heeded.")
            elif value:
                filters[found] = value
    everything = "all" in include
    known = None if everything else frozenset(part for part in include if _TAG.fullmatch(part))
    numbers = dict(parameters)
    limit, offset = (_number(numbers.get(name)) for name in ("limit", "offset"))
    return Question(filters, known, limit, offset or 0, tuple(dict.fromkeys(warnings)))


def fits(found: Json, filters: Mapping[str, str]) -> bool:
    """Whether the attributes are what is looked for."""
    return all(_matches(found.get(tag, {}), wanted, _vr(tag)) for tag, wanted in filters.items())


def tag(name: str) -> str | None:
    """``PatientID`` or ``00100020`` -> ``00100020``; None for anything else."""
    if _TAG.fullmatch(name):
        return name.upper()
    number = tag_for_keyword(name)
    return None if number is None else f"{number:08X}"


def _number(value: str | None) -> int | None:
    if value is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", value):
        raise BadRequest("limit and offset are whole numbers from 0.")
    return int(value)


def _vr(tag: str) -> str:
    try:
        return str(dictionary_VR(int(tag, 16)))
    except KeyError:
        return "UN"


def _matches(element: Mapping[str, Any], wanted: str, vr: str) -> bool:
    texts = [text for value in element.get("Value", []) for text in _texts(value)]
    if vr == "UI":
        return bool({*re.split(r"[,\\]", wanted)} & set(texts))
    if vr in ("DA", "TM", "DT") and "-" in wanted:
        return any(_between(text, *wanted.split("-", 1)) for text in texts)
    if vr in ("IS", "US", "SS", "UL", "SL", "DS", "FL", "FD"):
        return any(_same_number(text, wanted) for text in texts)
    pattern = _pattern(wanted, re.IGNORECASE if vr == "PN" else 0)
    return any(pattern.fullmatch(text) for text in texts) or (not texts and wanted == "*")


def _texts(value: Any) -> list[str]:
    """The texts of one value; a person's name has up to three."""
    return [str(v) for v in value.values()] if isinstance(value, dict) else [] if value is None else [str(value)]


def _between(text: str, low: str, high: str) -> bool:
    """Whether a date or time lies in the range, ends included; ``1015`` as an end holds all of that minute."""
    return bool(text) and low <= text and (not high or text[: len(high)] <= high)


def _same_number(text: str, wanted: str) -> bool:
    try:
        return float(text) == float(wanted)
    except ValueError:
        return False


def _pattern(wanted: str, flags: int) -> re.Pattern[str]:
    """``*`` and ``?`` stand for any text and any character; nothing else is special.

    What lies between two stars is found once and for all: going back would take for ever with many of them.
    """
    first, *rest = (re.escape(part).replace(r"\?", ".") for part in wanted.split("*"))
    if not rest:
        return re.compile(first, flags | re.DOTALL)
    middle = "".join(f"(?>.*?{part})" for part in rest[:-1])
    return re.compile(f"{first}{middle}.*{rest[-1]}", flags | re.DOTALL)
