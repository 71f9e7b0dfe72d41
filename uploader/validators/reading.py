"""What validators share: reading headers that may be damaged, and saying where something is.

A header comes from outside: an attribute may be missing, empty, or of another kind than the standard says.
These readers give an empty answer then, and the rule that needs the value says so.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from uploader.domain.finding import Severity
from uploader.ports import Header, Headers

IMAGES = frozenset({"CT", "MR", "PT"})
"""Modalities (0008,0060) whose scans are volumes of parallel slices."""


def text(header: Header, keyword: str) -> str:
    """The attribute as text without outer blanks; empty when it is missing, empty or not a single value."""
    value = header.get(keyword)
    return "" if value is None or isinstance(value, (list, Mapping)) else str(value).strip()


def items(header: Header, *keywords: str) -> Iterator[Header]:
    """The items of a sequence; with several keywords, of the sequence in each item of the one before."""
    first, *rest = keywords
    value = header.get(first)
    for item in value if isinstance(value, list) else ():
        if isinstance(item, Mapping):
            yield from items(item, *rest) if rest else (item,)


def vector(header: Header, keyword: str, length: int) -> tuple[float, ...] | None:
    """`length` numbers, or None when they are not there; what is infinite or no number, as ``nan`` is, is not there."""
    value = header.get(keyword)
    if not isinstance(value, list) or len(value) != length:
        return None
    numbers = tuple(float(v) for v in value if isinstance(v, (int, float)) and abs(v) <= sys.float_info.max)
    return numbers if len(numbers) == length else None


def of_modality(headers: Headers, *modalities: str) -> Mapping[str, Header]:
    """The files whose Modality (0008,0060) is one of these."""
    return {name: header for name, header in headers.items() if text(header, "Modality") in modalities}


def severity(params: Mapping[str, Any], key: str, default: Severity) -> Severity:
    """The severity the protocol gives to a rule: ``note``, ``question`` or ``refusal``."""
    return Severity[str(params[key]).upper()] if key in params else default
