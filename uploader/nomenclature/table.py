"""The table of names that TG-263 published, with its known errors corrected.

`tg263/worksheet.csv` is the worksheet to the byte, its licence and SHA-256 beside it; `tg263/corrections.json` is ours
and names each error with its reason.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

EDITION = "TG263_Nomenclature_Worksheet_20170815"
"""Of the worksheet; a protocol that says which edition it was written with says this one."""
FOLDER = Path(__file__).parent / "tg263"
_PLACEHOLDER = re.compile(r"(?<=PRV)x{1,2}|(?<=_)x{2,4}")
"""Stands for figures: ``Brainstem_PRVxx``, ``Bolus_xxmm``, ``E-PTV_xxxx``."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name of the standard.

    name: in primary order, the general before the special, the side last
    reverse: the same parts backwards
    category: ``Anatomic``, ``Non_Anatomic``, ``Derived``, ``PRV``, ``Target`` or ``Surgical``
    description: what the worksheet says it is; empty where it says nothing, or something wrong
    """

    name: str
    reverse: str
    category: str
    description: str = ""

    @property
    def is_pattern(self) -> bool:
        """Whether figures have to be put in."""
        return _PLACEHOLDER.search(self.name) is not None


@cache
def standard() -> tuple[Name, ...]:
    """Every row, corrected, patterns too. Raises RuntimeError for a worksheet that is not the one that was checked."""
    corrections = json.loads((FOLDER / "corrections.json").read_text())
    rows = {row.name: row for row in (*_rows(corrections), *_added(corrections))}
    return tuple(rows.values())


@cache
def names() -> frozenset[str]:
    """Every name in primary order that is no pattern."""
    return frozenset(row.name for row in standard() if not row.is_pattern)


@cache
def reverses() -> dict[str, str]:
    """Reverse name -> primary name, where they differ."""
    return {row.reverse: row.name for row in standard() if row.reverse != row.name and not row.is_pattern}


@cache
def patterns() -> tuple[re.Pattern[str], ...]:
    """Of the rows in which figures have to be put in."""
    return tuple(_as_pattern(row.name) for row in standard() if row.is_pattern)


def _as_pattern(name: str) -> re.Pattern[str]:
    found = _PLACEHOLDER.search(name)
    assert found is not None
    begin, end = found.span()
    figures = r"\d{1,2}" if end - begin < 3 else r"\d{3,5}"
    return re.compile(re.escape(name[:begin]) + figures + re.escape(name[end:]))


def _rows(corrections: dict[str, Any]) -> Iterator[Name]:
    renamed = {row["worksheet"]: row for row in corrections["renamed"]}
    reversed_ = {row["worksheet"]: row["reverse"] for row in corrections["reversed"]}
    categories = {row["worksheet"]: row["category"] for row in corrections["categories"]}
    wrong = {name for row in corrections["descriptions"] for name in row["worksheet"]}
    for row in _worksheet():
        published, category = row["TG263-Primary Name"].strip(), row["Target Type"]
        said = row["Description"].strip()
        description = "" if published in wrong or said == "None" else said
        right = renamed.get(published)
        reverse = reversed_.get(published, row["TG-263-Reverse Order Name"].strip())
        about = categories.get(category, category), description
        if right is None or right.get("keep"):
            yield Name(published, reverse, *about)
        if right is not None:
            yield Name(right["name"], right["reverse"], *about)


def _added(corrections: dict[str, Any]) -> Iterator[Name]:
    for row in corrections["added"]:
        yield Name(row["name"], row["reverse"], row["category"])


def _worksheet() -> list[dict[str, str]]:
    data = (FOLDER / "worksheet.csv").read_bytes()
    if sha256(data).hexdigest() != (FOLDER / "worksheet.sha256").read_text().split()[0]:
        raise RuntimeError("the TG-263 worksheet is not the one that was checked; install the program again")
    return list(csv.DictReader(data.decode("utf-8").splitlines()))
