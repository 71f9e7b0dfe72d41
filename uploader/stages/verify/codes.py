"""The verifier's findings: how grave each is, what it says and what the site can do. The list for people is in
docs/findings.md, kept equal to this one by a test."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from uploader.domain.finding import Finding, Severity
from uploader.domain.private import Private

REFUSAL, QUESTION = Severity.REFUSAL, Severity.QUESTION
_AGAIN = "Anonymise the session again; if it comes back, extend the trial's script."
_OTHER = "Choose another subject ID."
_LABEL = "Choose another session label."
_REPORT = "Anonymise the session again; if it comes back, this program is at fault: report it."

CODES: dict[str, tuple[Severity, str, str]] = {
    "verify.residue": (REFUSAL, "something that names the patient, or people and places around, is left", _AGAIN),
    "verify.residue-date": (REFUSAL, "a date of the original is left in a text", _AGAIN),
    "verify.residue-uid": (REFUSAL, "a UID of the original is left", _AGAIN),
    "verify.word": (
        QUESTION,
        "a word of a name is left that is also a word of the field, or too short to be sure",
        "Look at the element.",
    ),
    "verify.resembles": (QUESTION, "a word is almost a part of the patient's name", "Look at the element."),
    "verify.bomb": (REFUSAL, "a value unfolds to more bytes than can be searched", "Find out what it is."),
    "verify.technical": (QUESTION, "an attribute of the equipment has a word of a name or a place", "Look at it."),
    "verify.number": (QUESTION, "a number is one of the patient's IDs, which may be chance", "Look at it."),
    "verify.date-short": (QUESTION, "a date of the original may be left, with a short year", "Look at the element."),
    "verify.entry-name": (REFUSAL, "a scan or file is called by something of the patient", _REPORT),
    "verify.value-kept": (REFUSAL, "an identifying element still has its original value", _AGAIN),
    "verify.date-kept": (REFUSAL, "a date is the same as in the original", _AGAIN),
    "verify.private": (REFUSAL, "a private element is left", _AGAIN),
    "verify.unlisted": (REFUSAL, "an element is present that the trial's privacy policy does not list", _AGAIN),
    "verify.overlay": (REFUSAL, "a curve or overlay is left, which may show text", _AGAIN),
    "verify.preamble": (REFUSAL, "the preamble is not empty", _REPORT),
    "verify.meta": (REFUSAL, "the file meta has an element it must not have, or lacks one", _REPORT),
    "verify.meta-differs": (REFUSAL, "the file meta names another object than the data set", _REPORT),
    "verify.syntax": (REFUSAL, "the transfer syntax is not that of the original", _REPORT),
    "verify.disorder": (REFUSAL, "elements are doubled or out of order", _REPORT),
    "verify.pixels": (REFUSAL, "the pixel data are not those of the original to the byte", _REPORT),
    "verify.pixel-length": (
        REFUSAL,
        "the pixel data go on beyond the image",
        "Export the image again from its source.",
    ),
    "verify.pixel-excess": (
        QUESTION,
        "the pixel data are longer than the image by zeros, or the file does not say how long they must be",
        "Look whether the image is whole.",
    ),
    "verify.pixel-unsearched": (
        QUESTION,
        "the pixel data are compressed in a way that cannot be searched for comments",
        "Look at the compressed image with its own tools, or export it in another transfer syntax.",
    ),
    "verify.altered": (REFUSAL, "a measurement, or the number of items of a sequence, is not what it was", _REPORT),
    "verify.class": (REFUSAL, "the SOP class is not that of the original", _REPORT),
    "verify.not-marked": (REFUSAL, "the object does not say that the patient's identity was removed", _AGAIN),
    "verify.pseudonym": (REFUSAL, "the patient ID is not the subject's pseudonym", _REPORT),
    "verify.pseudonym-identifies": (REFUSAL, "the pseudonym has one of the patient's own IDs or names in it", _OTHER),
    "verify.label-identifies": (REFUSAL, "the session label has one of the patient's own IDs or names in it", _LABEL),
    "verify.pseudonym-resembles": (
        QUESTION,
        "the pseudonym or session label has a part that may be one of the patient's IDs or names",
        "Choose another one, unless it is chance.",
    ),
    "verify.subjects-differ": (REFUSAL, "the files of the session have different patient IDs", _REPORT),
    "verify.uid-split": (REFUSAL, "one original UID became two: what belonged together no longer does", _REPORT),
    "verify.uid-merged": (REFUSAL, "two original UIDs became one: what was apart no longer is", _REPORT),
    "verify.reference-lost": (REFUSAL, "a reference to an object of the session is gone", _REPORT),
    "verify.reference-open": (REFUSAL, "a reference no longer leads to the object it led to", _REPORT),
    "verify.unparsable": (REFUSAL, "the anonymised file cannot be read", _REPORT),
    "verify.original-unparsable": (REFUSAL, "the original file cannot be read", "Send it again from its source."),
    "verify.changed": (REFUSAL, "the anonymised file is not the one that was written", _REPORT),
    "verify.original-changed": (REFUSAL, "the original file is not the one that was received", "Send it again."),
    "verify.missing": (REFUSAL, "a file of the session has no anonymised counterpart", _REPORT),
    "verify.extra": (REFUSAL, "there is a file that does not belong to the session", _REPORT),
    "verify.burned-in": (QUESTION, "the object says that its image shows identifying text", "Look at the images."),
    "verify.icon": (QUESTION, "a small copy of the image is left, which may show text", "Look at the images."),
    "verify.document": (QUESTION, "a whole document is enclosed, which cannot be searched", "Read the document."),
    "verify.more": (REFUSAL, "there are more findings of this kind than are listed", "Mend the first ones."),
}
"""Code -> (severity, what it says, remedy)."""

OVERRIDABLE = frozenset(
    f"verify.{kind}"
    for kind in ("residue", "residue-date", "residue-uid", "value-kept", "date-kept", "unlisted", "altered", "bomb")
) | {"pixels.identity", "pixels.text", "pixels.unread"}
"""Refusals that may be a false alarm, which a named person may overrule with a reason, two persons where
`override.BY_TWO` asks for them: what was found can be looked at. Never that pixels are not what they were, the form of
a file, private elements, or what the subject is called."""

MOST = 50
"""Findings of one code that are listed."""


def finding(code: str, where: str, value: str = "", detail: str = "") -> Finding:
    """The finding `code` at `where`; `value` is what was seen, for the reviewer only; `detail` is free of values."""
    severity, says, remedy = CODES[code]
    text = f"{says} ({detail})" if detail else says
    return Finding(code, severity, where, text, remedy, Private(value) if value else None)


def is_overridden(found: Finding, overridden: Collection[tuple[str, str]]) -> bool:
    """Has a person overruled it? A place without a file's name stands for all files."""
    if found.code not in OVERRIDABLE or found.severity is not REFUSAL:
        return False
    return (found.code, found.where) in overridden or (found.code, place_of(found.where)) in overridden


def place_of(where: str) -> str:
    """``(0008,103E)`` of ``scans/3/DICOM/0001.dcm (0008,103E)``: the place, in whichever file."""
    return where.partition(" ")[2] or where


def overruled(found: Finding) -> Finding:
    """The finding as a question."""
    return replace(found, severity=QUESTION, says=f"{found.says}; a person has overruled this refusal")


def settled(findings: Iterable[Finding], overridden: Collection[tuple[str, str]]) -> list[Finding]:
    """The findings, those that were overruled as questions."""
    return [overruled(each) if is_overridden(each, overridden) else each for each in findings]


def capped(findings: list[Finding]) -> list[Finding]:
    """At most `MOST` of each code; the rest is counted in one finding."""
    kept: list[Finding] = []
    for code in dict.fromkeys(f.code for f in findings):
        same = [f for f in findings if f.code == code]
        kept += same[:MOST]
        if len(same) > MOST:
            severity, says, remedy = same[0].severity, CODES["verify.more"][1], CODES["verify.more"][2]
            kept.append(Finding("verify.more", severity, code, f"{says}: {len(same) - MOST} more", remedy))
    return kept
