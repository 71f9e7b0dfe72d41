"""Headers of a session as an example may have them: of nobody.

Measurements stay, but of the patient's body only what the protocol's rules need, rounded. UIDs become others, the same
wherever they were; days and times of day move as `moving` says. A text stays only if the protocol says it itself or it
is the name of an organ of the standard; what the protocol must tell apart becomes ``text 1``, ``text 2``; all else
goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

import numpy as np

from uploader import dictionary
from uploader.linear import compiled
from uploader.nomenclature import table
from uploader.nomenclature.folding import folding, matches
from uploader.ports import Header, Headers
from uploader.protocols.moving import Moved, vr_of
from uploader.when import Compared, mentions, parsed

_NUMBERS = frozenset({"DS", "IS", "FL", "FD", "US", "SS", "UL", "SL", "UV", "SV", "US or SS"})
_KEPT = frozenset({"Manufacturer", "ManufacturerModelName", "CodeValue", "CodingSchemeDesignator"})
"""Texts that tell of machines and codes, and stay."""
_TOLD_APART = frozenset(
    {
        "PatientID",
        "PatientName",
        "IssuerOfPatientID",
        "ROIName",
        "ROIObservationLabel",
        "Radiopharmaceutical",
        "CodeMeaning",
    }
)
"""Texts by which files or structures are told apart, whatever the protocol says."""
_PATIENT = 0x0010
"""The group of attributes that are about the patient."""
_ROUNDED = {"PatientWeight": 5.0, "PatientSize": 0.05}
"""Steps of what may be needed of the body: kg, m."""
_BORN = "19500101"
_DECIMALS = 3
_CODE = re.compile(r"[A-Z_ ]*[0-9]{0,3}[A-Z_ ]*")
_WORD = re.compile(r"[^\W\d_]{2,}")
_DOSE = re.compile(r"[-_ ]?[0-9]{0,5}(\.[0-9]+)?(c?Gy)?", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"\d{4}")


def of_nobody(headers: Headers, protocol: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The headers under names of ours, without what tells of a person; plain lists and numbers, ready for JSON."""
    eraser = _Eraser(protocol, Moved(headers.values()), set(_people(headers.values())))
    return {f"{number:04}.dcm": eraser.header(header) for number, header in enumerate(headers.values(), 1)}


class _Eraser:
    """Remembers which UID and which text has become which."""

    def __init__(self, protocol: Mapping[str, Any], moved: Moved, people: Set[str]) -> None:
        self._texts: dict[str, str] = {}
        self._uids: dict[str, str] = {}
        self._moved = moved
        self._people = people
        self._said = {text.casefold() for text in _all_texts(protocol)}
        self._asked = set(_attributes(protocol))
        self._of_patient = {*_TOLD_APART, *self._asked, "PatientBirthDate"}
        if any("pet" in said for said in protocol.get("inputs", ())):
            self._of_patient.add("PatientWeight")
        self._fold = folding(protocol.get("nomenclature", {}).get("ignore", ()))
        self._rois = list(_names(protocol.get("rois", ())))
        self._patterns = list(_expressions(protocol))

    def header(self, header: Header) -> dict[str, Any]:
        made = ((keyword, self._value(keyword, value)) for keyword, value in header.items())
        return {keyword: value for keyword, value in made if value is not None}

    def _value(self, keyword: str, value: Any) -> Any:
        """None for what goes."""
        if (dictionary.tag_of(keyword) or 0) >> 16 == _PATIENT and keyword not in self._of_patient:
            return None
        vr = vr_of(keyword)
        if isinstance(value, np.ndarray):
            return [round(float(number), _DECIMALS) for number in value]
        if vr == "SQ":
            return [self.header(item) for item in value]
        if isinstance(value, list):
            several = [self._single(keyword, vr, each) for each in value]
            return None if None in several else several
        return self._single(keyword, vr, value)

    def _single(self, keyword: str, vr: str | None, value: Any) -> Any:
        if keyword == "PatientBirthDate":
            return _BORN if value else value
        if isinstance(value, (int, float)):
            return _rounded(keyword, value) if vr in _NUMBERS or vr is None else None
        if not isinstance(value, str):
            return None
        match vr:
            case "UI":
                return self._uid(value)
            case "DA":
                return self._moved.day(value)
            case "TM":
                return self._moved.time(value)
            case "DT":
                return self._moved.moment(value)
            case "CS":
                known = value.casefold() in self._said or (_CODE.fullmatch(value) and not self._tells(value))
                return value if known else None
            case "AS" | None:
                return None
        return self._text(keyword, value)

    def _uid(self, uid: str) -> str:
        return uid if dictionary.uid_type(uid) else self._uids.setdefault(uid, f"2.25.{len(self._uids) + 1000}")

    def _text(self, keyword: str, text: str) -> str | None:
        if keyword in _KEPT and text.casefold() not in self._said and self._tells(text):
            return None
        if keyword in _KEPT or not text or text.casefold() in self._said:
            return text if keyword in _KEPT | _TOLD_APART | self._asked else None
        if keyword in ("ROIName", "ROIObservationLabel"):
            return self._roi(text)
        if keyword not in _TOLD_APART | self._asked:
            return None
        found = next((part for words in self._patterns if (part := _spoken(words, text))), None)
        if found and (keyword in self._asked or keyword in _KEPT):
            return found
        return self._nameless(text)

    def _roi(self, name: str) -> str:
        """A name of the protocol or of the standard; of a name that a wildcard stands for, no word but a dose."""
        fold = self._fold
        if name in table.names() or any(fold(each) == fold(name) for each in self._rois):
            return name
        for listed in self._rois:
            head, star, _ = listed.partition("*")
            if star and matches(name, listed, fold):
                numbered = name[: len(head)].casefold() == head.casefold() and _DOSE.fullmatch(name[len(head) :])
                return name if numbered else listed.replace("*", self._nameless(name))
        return self._nameless(name)

    def _tells(self, text: str) -> bool:
        """Whether a word of it is one of somebody's name in the session."""
        return not self._people.isdisjoint(word.casefold() for word in _WORD.findall(text))

    def _nameless(self, text: str) -> str:
        return self._texts.setdefault(text, f"text {len(self._texts) + 1}")


def _people(said: Any) -> Iterator[str]:
    """Words of all names of people, at any depth, in lower case."""
    for header in said:
        for keyword, value in header.items():
            if isinstance(value, list) and value and isinstance(value[0], Mapping):
                yield from _people(value)
            elif dictionary.vr_of(dictionary.tag_of(keyword) or 0) == "PN":
                yield from (word.casefold() for word in _WORD.findall(str(value)))


def _names(rois: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for said in rois:
        if "name" in said:
            yield said["name"]
        yield from said.get("any_of", ())


def _spoken(expression: str, text: str) -> str | None:
    """What the expression finds in the text, if all its words are the expression's own."""
    match = compiled(expression, case_counts=False).search(text)
    found = str(match[0]) if match else ""
    foreign = [word for word in _WORD.findall(found) if word.casefold() not in expression.casefold()]
    return None if foreign or _LONG_NUMBER.search(found) else found or None


def _rounded(keyword: str, number: float) -> float:
    """Of the body not more than is needed; what is there does not become nothing."""
    step = _ROUNDED.get(keyword)
    return number if step is None or number <= 0 else round(max(1, round(number / step)) * step, 2)


def _all_texts(said: Any) -> Iterator[str]:
    if isinstance(said, str):
        yield said
    elif isinstance(said, Mapping):
        for value in said.values():
            yield from _all_texts(value)
    elif isinstance(said, list):
        for value in said:
            yield from _all_texts(value)


def _objects(said: Any) -> Iterator[Mapping[str, Any]]:
    """Every object of the protocol, at any depth, an outer one before those in it."""
    if isinstance(said, Mapping):
        yield said
    inner = said.values() if isinstance(said, Mapping) else said if isinstance(said, list) else ()
    for value in inner:
        yield from _objects(value)


def _attributes(protocol: Any) -> Iterator[str]:
    """Keywords that the protocol asks about."""
    for said in _objects(protocol):
        if isinstance(said.get("attr"), str):
            yield from re.findall(r"[A-Za-z]+", said["attr"])


def _expressions(protocol: Any) -> Iterator[str]:
    """Regular expressions by which the protocol looks at texts."""
    for said in _objects(protocol):
        if said.get("op") == "regex":
            yield said["value"]
        if isinstance(said.get("when"), str):
            yield from (
                each.values[0] for each in mentions(parsed(said["when"])) if isinstance(each, Compared) and each.like
            )
