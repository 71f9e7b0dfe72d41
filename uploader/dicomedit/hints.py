"""What a person probably meant, where a script is not understood."""

from __future__ import annotations

import re

from uploader.dictionary import tag_of

MEANT = {
    "'": 'texts stand in straight double quotes, "like this"',
    "“": 'texts stand in straight double quotes, "like this"',
    "”": 'texts stand in straight double quotes, "like this"',
    "„": 'texts stand in straight double quotes, "like this"',
    ";": "statements end with their line",
    "#": "comments begin with //",
    "&": "conditions are joined by and[..., ...]",
    "|": "conditions are joined by or[..., ...]",
}
"""Characters that mean nothing in the language, and what is written instead."""

_TAG = re.compile(r"\(([ \t]*)([0-9A-Za-z@#]+)[ \t]*,[ \t]*(?:\{([^}\r\n]*)\})?([ \t]*)([0-9A-Za-z@#]+)([ \t]*)\)")
_DIGITS = re.compile(r"[0-9A-Fa-fXx@#]+")
_CREATOR = re.compile(r"[A-Za-z][A-Za-z0-9 \-_.:]*")


def hint(prepared: str, at: int) -> str:
    """For what stands at `at` and should not; empty when nothing comes to mind."""
    before, rest = prepared[:at].rstrip(" \t"), prepared[at:]
    word = re.match(r"[A-Za-z_][A-Za-z0-9_]*", rest)
    if rest.startswith("("):
        return _of_bracket(before, rest)
    if word is not None:
        return _of_word(before, word[0])
    if rest.startswith("=") and before.endswith("="):
        return "equality is written with one ="
    if before.endswith("version") and rest[:1].isdigit():
        return "the version stands in quotes"
    return ""


def _of_bracket(before: str, rest: str) -> str:
    tag = _TAG.match(rest)
    if tag is not None:
        return _of_tag(*tag.groups())
    if re.search(r"[A-Za-z0-9_]$", before):
        return "the arguments of a function stand in square brackets, name[...]"
    return ""


def _of_tag(lead: str, group: str, creator: str | None, gap: str, element: str, trail: str) -> str:
    if lead or gap or trail:
        return "in a tag, blanks may stand around the comma only"
    length = 4 if creator is None else 2
    if not (_DIGITS.fullmatch(group) and _DIGITS.fullmatch(element)) or (len(group), len(element)) != (4, length):
        return "a tag is written (gggg,eeee) or (gggg,{CREATOR}ee), in hex digits or the wildcards X @ #"
    if group[-1] in "Xx":
        return "the last digit of a group must tell public from private: an even digit or @, an odd digit or #"
    private = group[-1] in "#13579BDFbdf"
    if private and creator is None:
        return f"group {group} is private: write ({group},{{CREATOR}}ee) with the name of the private creator"
    if not private and creator is not None:
        return f"group {group} is not private, and its elements have no creator: write ({group},eeee)"
    if creator is not None and not _CREATOR.fullmatch(creator):
        return "a creator begins with a letter and goes on with letters, digits, blanks and - _ . :"
    return ""


def _of_word(before: str, word: str) -> str:
    if word == "if" and before.endswith("else"):
        return "else if is one word, elseif"
    if word in {"and", "or"}:
        return f"conditions are joined by {word}[..., ...]"
    tag = tag_of(word)
    return f"{word} is written ({tag >> 16:04X},{tag & 0xFFFF:04X})" if tag is not None else ""
