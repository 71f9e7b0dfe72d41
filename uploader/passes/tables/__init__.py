"""What DICOM says about attributes, read from the JSON beside this module when first asked; see tools/tables.py."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from uploader.domain.policy import Option

DEMANDS = ("1", "1C", "2", "2C", "3")
"""Types of PS3.5 7.4, the most demanding first."""

_COLUMNS = {
    "retain_uids": Option.RETAIN_UIDS,
    "retain_device_identity": Option.RETAIN_DEVICE_IDENTITY,
    "retain_institution_identity": Option.RETAIN_INSTITUTION_IDENTITY,
    "retain_patient_characteristics": Option.RETAIN_PATIENT_CHARACTERISTICS,
    "retain_longitudinal_full_dates": Option.RETAIN_FULL_DATES,
    "retain_longitudinal_modified_dates": Option.RETAIN_MODIFIED_DATES,
    "clean_descriptors": Option.CLEAN_DESCRIPTORS,
    "clean_structured_content": Option.CLEAN_STRUCTURED_CONTENT,
    "clean_graphics": Option.CLEAN_GRAPHICS,
}


class Rule(NamedTuple):
    """A row of PS3.15 table E.1-1 or E.3.4-1.

    name: of the attribute, or the meaning of the concept
    basic: action of the Basic Profile, e.g. ``X/Z``
    options: what an option asks for instead, ``K`` or ``C``
    """

    name: str
    basic: str
    options: Mapping[Option, str]


@cache
def annex_e() -> Mapping[int, Rule]:
    """Table E.1-1 by tag. The repeating groups 50xx and 60xx and private attributes have no row here."""
    rows = _read("annex_e")["rules"]
    return {int(tag, 16): _rule(name, basic, more) for tag, (name, basic, more) in rows.items() if "x" not in tag}


@cache
def content_items() -> Mapping[tuple[str, str], Mapping[str, Rule]]:
    """Table E.3.4-1 by coding scheme designator and code value of the concept name, and then by value type."""
    found: dict[tuple[str, str], dict[str, Rule]] = {}
    for key, (name, basic, more) in _read("content_items")["items"].items():
        scheme, code, value_type = key.rsplit(" ", 2)
        found.setdefault((scheme, code), {})[value_type] = _rule(name, basic, more)
    return found


@cache
def safe_private() -> Mapping[tuple[str, int, int], str]:
    """Table E.3.10-1: VR by private creator, group and the low byte of the element."""
    return {_block(key): vr for key, (vr, _) in _read("safe_private")["elements"].items()}


def iod_of(sop_class: str) -> str | None:
    """The IOD of a storage class, as `demands` names it; None for one that has none here."""
    iod: str | None = _iods()["sop_classes"].get(sop_class)
    return iod


def sop_classes() -> tuple[str, ...]:
    """UIDs of the storage classes that have an IOD here."""
    return tuple(_iods()["sop_classes"])


def modules_of(iod: str) -> tuple[str, ...]:
    return tuple(_iods()["iods"][iod])


@cache
def demands(module: str) -> Mapping[int, str]:
    """The most demanding type that a module gives each of its attributes at any depth, by tag."""
    tags = _iods()["modules"][module]
    return {int(run[i : i + 8], 16): kind for kind, run in tags.items() for i in range(0, len(run), 8)}


def source(name: str) -> Mapping[str, str]:
    """Where a table comes from: package, version, licence, file, sha256 and the part of the standard."""
    found: Mapping[str, str] = _read(name)["source"]
    return found


@cache
def _iods() -> Mapping[str, Any]:
    return _read("iods")


def _read(name: str) -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads(Path(__file__).with_name(f"{name}.json").read_bytes())
    return content


def _rule(name: str, basic: str, options: Mapping[str, str]) -> Rule:
    return Rule(name, basic, {_COLUMNS[column]: code for column, code in options.items()})


def _block(key: str) -> tuple[str, int, int]:
    creator, _, tag = key.rpartition(" ")
    return creator, int(tag[:4], 16), int(tag[-2:], 16)
