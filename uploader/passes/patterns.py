"""What betrays somebody by its form alone: addresses of the net, paths, telephone numbers, numbers like IDs.

Every expression is linear: runs are entered at their beginning only, or bounded, or possessive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from uploader.passes.vocabulary import CLINICAL

Found = tuple[str, int, int]
"""(kind, start, end)"""

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]++(?:@|\(at\)|\[at\])[\w-]++(?:\.[\w-]++)*+")
_PATH = re.compile(
    r"(?<![A-Za-z])(?:https?|s?ftps?|file|s3|smb|dicom|mailto):/{0,2}[^\s<>\"']++"
    r"|(?<![\w.])www\.[^\s<>\"']++"
    r"|(?:\\\\|(?<![A-Za-z])[A-Za-z]:\\)[^\s<>\"'|]++"
    r"|(?<![\w/])/(?:home|users|mnt|media|tmp|var|export|opt|srv|volumes|net|raid|scratch|data)/[^\s<>\"']++",
    re.IGNORECASE,
)
_UID = re.compile(r"(?<![\d.])(?:2\.25\.[1-9][0-9]{7,38}(?!\d)|[0-2](?:\.[0-9]++){5,}+)")
"""PS3.5 9.1; fewer than six components are a version number."""

_PHONE = re.compile(
    r"(?<![\w+])(?:\+|00)[1-9][0-9]{0,2}(?:[ /.()-]{0,3}[0-9]){7,12}(?!\d)"
    r"|(?<![\w.])\(?0[1-9][0-9]{1,4}\)?[ /-]{1,3}[0-9]{3,8}(?:[ -][0-9]{2,5}){0,3}(?![\d.])"
    r"|(?<![\d.-])(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[-.])[0-9]{3}[-.][0-9]{4}(?![\d.-])"
    r"|(?<![^\W_])(?:tel|phone|telephone|telefon|fon|fax|mobile|handy|ph)\b[ .:#]{0,3}\+?[0-9]"
    r"(?:[ /.()-]{0,3}[0-9]){4,14}",
    re.IGNORECASE,
)
_LABELLED = re.compile(
    r"(?<![^\W_])(?:mrn|pid|patient[ _-]?id|pat[ _-]?id|pat[ _-]?nr|accession|acc|nhs|ssn|kvnr"
    r"|hosp[ _-]?no|case[ _-]?id)"
    r"[ _]?(?:no|nr|number|num|id)?[ _.:#=-]{1,3}(?=[A-Z0-9-]{0,30}[0-9])([A-Z0-9]{3,20}(?:-[A-Z0-9]{1,20}){0,4})",
    re.IGNORECASE,
)
_SSN = re.compile(r"(?<![\d.-])(?:[0-9]{3}-[0-9]{2}-[0-9]{4}|[0-9]{3}-[0-9]{3}-[0-9]{4})(?![\d.-])")
_NHS = re.compile(r"(?<![\d.])([0-9]{3}) ([0-9]{3}) ([0-9]{4})(?![\d.])")
_LONG = re.compile(
    r"(?P<decimal>(?<![\d.])\d{1,4}[.,]\d{6,15}(?![\d.]))"
    r"|(?P<measure>(?<![\d.])\d{6,7}(?= ?(?:c?Gy|k?Hz|[mnuµ]s|[cmµ]m|counts|cts|[kMG]?Bq|MU)(?![^\W\d_])))"
    r"|(?P<long>(?<!\d)\d{6,}+(?:\.\d++)?)"
)
_TITLED = re.compile(
    r"(?<![^\W\d_])(?:Dr|Prof|Mr|Mrs|Herr|Frau)(?:\. ?| |_)(?:(?:Dr|med)\.? ){0,2}"
    r"(?:[A-Z]\. ?){0,3}([A-Z][a-z'’]++(?:-[A-Z][a-z]++)?)"
)


def in_nets(text: str) -> Iterator[Found]:
    """E-mail addresses, URLs and paths."""
    if "@" in text or "at" in text:
        yield from (("email", *m.span()) for m in _EMAIL.finditer(text))
    if "/" in text or "\\" in text or "." in text or ":" in text:
        yield from (("path", *m.span()) for m in _PATH.finditer(text))


def uids_in(text: str) -> list[tuple[int, int]]:
    """Where UIDs stand in the text."""
    return [m.span() for m in _UID.finditer(text)] if text.count(".") > 1 else []


def labelled(text: str) -> Iterator[Found]:
    """IDs that a label announces: ``MRN: AB12C34``. Only those with a figure."""
    yield from (("id", *m.span(1)) for m in _LABELLED.finditer(text) if any(c.isdecimal() for c in m[1]))


def in_numbers(text: str) -> Iterator[Found]:
    """Telephone numbers, and numbers that look like IDs: six figures and more that are neither a decimal fraction
    nor a measure, social security and NHS numbers. Not those of technique: ``512x512``, ``120kV``, ``b1000``."""
    yield from (("phone", *m.span()) for m in _PHONE.finditer(text) if sum(c.isdecimal() for c in m[0]) >= 5)
    yield from (("number", *m.span()) for m in _SSN.finditer(text))
    yield from (("number", *m.span()) for m in _NHS.finditer(text) if _checked("".join(m.groups())))
    yield from (("number", *m.span("long")) for m in _LONG.finditer(text) if m["long"])


def titled(text: str) -> Iterator[Found]:
    """Persons that a title announces, known or not: ``Dr. A. Pembroke``."""
    yield from (("staff", *m.span()) for m in _TITLED.finditer(text) if m[1].lower() not in CLINICAL)


def _checked(number: str) -> bool:
    """Is it an NHS number? Modulus 11, weights 10 to 2."""
    rest = 11 - sum(int(c) * (10 - i) for i, c in enumerate(number[:9])) % 11
    return int(number[9]) == (0 if rest == 11 else rest)
