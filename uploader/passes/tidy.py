"""Take spans out of a text, and leave no sign that something stood there: no double separator, no empty bracket."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

HELD = "\ufdd0"
"""Stands for a text that has been replaced, while the rest is looked at. No character, so no text should have it."""
_SEPARATORS = frozenset(" \t\r\n\f\v_.,;:^/\\|+&=~#*-–—")
_BRACKETS = {"(": ")", "[": "]", "{": "}", "<": ">", '"': '"', "'": "'"}
_OPENING, _CLOSING = frozenset("([{<"), frozenset(")]}>")
_REPEATED = re.compile(r"([_.,;:^/\\|+&=~#*–—-])\1+")
_BLANKS = re.compile(r"[ \t\f\v]{2,}")


@dataclass(frozen=True, slots=True)
class Draft:
    """A text being cleaned.

    places: of each sign, its place in the original
    held: place in `text` of a HELD -> the text it stands for
    """

    text: str
    places: tuple[int, ...]
    held: Mapping[int, str]

    @classmethod
    def of(cls, text: str) -> Draft:
        """A text as it came; signs like ours in it become question marks."""
        return cls(text.replace(HELD, "?"), tuple(range(len(text))), {})

    def written(self) -> str:
        """The text with what was held put back."""
        return "".join(self.held.get(at, sign) for at, sign in enumerate(self.text)) if self.held else self.text


def without(draft: Draft, gone: Iterable[tuple[int, int]], instead: Mapping[tuple[int, int], str]) -> Draft:
    """The draft without the spans `gone`, and with the spans of `instead` replaced; no two overlap."""
    signs = list(draft.text)
    held = dict(draft.held)
    for (start, end), text in instead.items():
        signs[start:end] = [HELD, *[""] * (end - start - 1)]
        held[start] = text
    holes = _holes(signs, sorted(gone))
    out: list[str] = []
    places: list[int] = []
    kept: dict[int, str] = {}
    at = 0
    for start, end, joint in [*holes, (len(signs), len(signs), "")]:
        for place in range(at, start):
            if signs[place]:
                if place in held:
                    kept[len(out)] = held[place]
                out.append(signs[place])
                places.append(draft.places[place])
        out.extend(joint)
        places.extend([draft.places[min(start, len(signs) - 1)]] * len(joint))
        at = end
    return Draft("".join(out), tuple(places), kept)


def _holes(signs: list[str], gone: list[tuple[int, int]]) -> list[tuple[int, int, str]]:
    """(start, end, what joins the sides) of each hole, separators and emptied brackets around it included."""
    cores: list[tuple[int, int]] = []
    for start, end in gone:
        core = _unbracketed(signs, start, end)
        while cores and _reach(signs, *cores[-1])[1] >= core[0]:
            core = _unbracketed(signs, min(cores[-1][0], core[0]), max(cores[-1][1], core[1]))
            cores.pop()
        cores.append(core)
    glue = "_" if "_" in signs and " " not in signs else " "
    return [(*_reach(signs, *core), _joint(signs, *core, glue)) for core in cores]


def _reach(signs: list[str], start: int, end: int) -> tuple[int, int]:
    """The span with the separators around it."""
    while start > 0 and signs[start - 1] in _SEPARATORS:
        start -= 1
    while end < len(signs) and signs[end] in _SEPARATORS:
        end += 1
    return start, end


def _unbracketed(signs: list[str], start: int, end: int) -> tuple[int, int]:
    """The span with the brackets that would be empty without it."""
    while True:
        left, right = _reach(signs, start, end)
        if left == 0 or right == len(signs) or _BRACKETS.get(signs[left - 1]) != signs[right]:
            return start, end
        start, end = left - 1, right + 1


def _joint(signs: list[str], start: int, end: int, glue: str) -> str:
    left, right = _reach(signs, start, end)
    if left == 0 or right == len(signs) or signs[left - 1] in _OPENING or signs[right] in _CLOSING:
        return ""
    before, behind = "".join(signs[left:start]), "".join(signs[end:right])
    if "\n" in before + behind or "\r" in before + behind:
        return "\r\n" if "\r" in before + behind else "\n"
    if not before and not behind:
        return glue
    return _BLANKS.sub(" ", _REPEATED.sub(r"\1", before or behind))
