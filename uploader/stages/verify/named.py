"""Whether what we ourselves call things by - subject, session label, names of the files - tells who the patient is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from uploader.stages.verify.needles import Needle, Needles
from uploader.stages.verify.residue import within_limits
from uploader.stages.verify.variants import variants
from uploader.stages.verify.words import fold

Sighting = tuple[str, str, str, str]
"""(code, where, value or empty, detail free of values or empty)"""

_SURE = 4
"""Characters from which an ID inside a name is no chance."""
_FEW = 6
"""Figures below which a number inside the name of a scan may be chance."""
_TOKEN = re.compile(r"[^\W\d_]+|\d+")
_OUR_FOLDERS = frozenset({"scans", "DICOM"})
_OUR_FILES = re.compile(r"\d{1,6}\.dcm")


def name_faults(
    named: Iterable[str], subjects: set[str], others: Iterable[str], needles: Needles
) -> Iterator[Sighting]:
    """Where a name of the session is the patient's own.

    named: subject and session label; those in `subjects` are PatientID (0010,0020) of its files
    others: names of the trial; a part of the patient's name that is also theirs is a question
    """
    shared = {word for other in others for form in variants(other) for word in form.split()}
    for name in sorted(named):
        where = "subject" if name in subjects else "session label"
        if value := _identifying(name, shared, needles):
            code = "verify.pseudonym-identifies" if name in subjects else "verify.label-identifies"
            yield code, where, value, ""
        elif value := _resembling(name, needles):
            yield "verify.pseudonym-resembles", where, value, ""


def entry_faults(names: Iterable[str], needles: Needles) -> dict[str, Sighting]:
    """Entry name -> what is wrong with it, for those that hold something of the patient."""
    pieces = {name: list(_pieces(name)) for name in sorted(names)}
    forms = {piece: variants(piece) for piece in {p for each in pieces.values() for p in each}}
    joined = "\n".join(form for each in forms.values() for form in each)
    likely = [n for n in needles.all if n.origin != "short" and n.text in joined]
    known = {piece: _entry_code(each, likely, needles) for piece, each in forms.items()}
    faults: dict[str, Sighting] = {}
    for number, (name, own) in enumerate(pieces.items(), 1):
        for code, value in filter(None, map(known.get, own)):
            faults[name] = (code, f"file {number} of the session", value, "")
    return faults


def _identifying(name: str, shared: set[str], needles: Needles) -> str | None:
    """What of the patient the name holds beyond doubt: a whole ID, a long one, a part of the name, a date."""
    forms = variants(name)
    squeezed = fold(name).replace(" ", "")
    for value in needles.harvest.patient_ids:
        if fold(value).replace(" ", "") == squeezed:
            return value
    for needle in needles.all:
        if _certain(needle) and needle.text not in shared and _stands(needle, forms):
            return needle.text
    dates = (needles.calendar.seen(form) for form in forms)
    return next((date for kind, date in filter(None, dates) if kind == "date"), None)


def _resembling(name: str, needles: Needles) -> str | None:
    """What of the patient the name may hold: a short ID, a short part of the name, a word that others use too."""
    tokens = {_plain(token) for token in _TOKEN.findall(fold(name))}
    for value in needles.harvest.patient_ids:
        short = fold(value).replace(" ", "")
        if len(_plain(short)) > 1 and _plain(short) in tokens:
            return value
    forms = variants(name)
    found = (n.text for n in needles.all if n.origin != "place" and _stands(n, forms))
    return next(found, None) or next((d for f in forms if (d := needles.calendar.seen(f))), (None, None))[1]


def _entry_code(forms: set[str], likely: list[Needle], needles: Needles) -> tuple[str, str] | None:
    hits = [n for n in likely if _stands(n, forms)]
    dates = filter(None, map(needles.calendar.seen, forms))
    if any(not _chance(n) for n in hits):
        return "verify.entry-name", hits[0].text
    if sure := [date for kind, date in dates if kind == "date"]:
        return "verify.entry-name", sure[0]
    return ("verify.number", hits[0].text) if hits else None


def _pieces(name: str) -> Iterator[str]:
    """The parts of an entry's name that are not the same for every patient."""
    *folders, last = name.split("/")
    yield from (folder for folder in folders if folder not in _OUR_FOLDERS)
    if not _OUR_FILES.fullmatch(last):
        yield last.removesuffix(".dcm")


def _stands(needle: Needle, forms: set[str]) -> bool:
    """A short number counts as a part of a name, too, as it does not in a text."""
    if needle.text.isdecimal() and len(needle.text) <= _SURE:
        return any(needle.text in form.split() for form in forms)
    return any(needle.text in form and within_limits(needle, form) for form in forms)


def _certain(needle: Needle) -> bool:
    return (
        needle.kind == "identity"
        and needle.origin in ("id", "name")
        and len(needle.text) >= (_SURE if needle.origin == "id" else 1)
    )


def _chance(needle: Needle) -> bool:
    """A short number, or a word that the field or the equipment has too."""
    return needle.kind != "identity" or (needle.text.isdecimal() and len(needle.text) < _FEW)


def _plain(token: str) -> str:
    return token.lstrip("0") if token.isdecimal() else token
