"""`python -m bench.names [--misses]`: how often the first suggestion for a label is right, beside plain likeness of
letters, over the same labels and the whole table of TG-263, in one run.

Labels of which the meaning is published lie in `bench/labels/` with their sources, and in the table itself: its reverse
names, and its descriptions, which the library never reads. Half of them, drawn by a hash, may be looked at when words
are added to the lexicon; the other half is held out, and `--misses` never shows it.
"""

from __future__ import annotations

import csv
import difflib
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler

from bench.timing import row, table
from uploader.nomenclature import Suggester
from uploader.nomenclature.table import names, standard

LABELS = Path(__file__).parent / "labels"
FIRST = 3
Offer = Callable[[str], Sequence[str]]
"""Label -> names, the likeliest first. Empty where the method says that a person must decide."""


@dataclass(frozen=True, slots=True)
class Case:
    label: str
    meaning: str
    source: str

    @property
    def held_out(self) -> bool:
        return sha256(self.label.encode()).digest()[0] % 2 == 1


@cache
def cases() -> tuple[Case, ...]:
    """Every label once, its meaning as the first source has it."""
    found: dict[str, Case] = {}
    for case in (*_listed(), *_described(), *_reversed()):
        found.setdefault(case.label.casefold(), case)
    return tuple(found.values())


def side(name: str) -> str:
    """``L``, ``R`` or nothing, as the names of the table say it."""
    if name.startswith("VB_"):
        return ""
    if lobe := re.match(r"Lung_([LR])[UML]L", name) or re.match(r"Nasalconcha_([LR])I", name):
        return lobe[1]
    end = re.search(r"_([LR])(?:-|$)", name)
    return end[1] if end else ""


def ours() -> Offer:
    suggester = Suggester()

    def offer(label: str) -> Sequence[str]:
        found = suggester.suggest(label, limit=FIRST)
        return [s.name for s in found] if found and not found[0].undecided else []

    return offer


def peers() -> dict[str, Offer]:
    """Likenesses of letters, with case folded."""
    folded = {name.casefold(): name for name in sorted(names())}

    def by(scorer: Callable[..., float]) -> Offer:
        def offer(label: str) -> Sequence[str]:
            found = process.extract(label.casefold(), folded.keys(), scorer=scorer, limit=FIRST)
            return [folded[name] for name, _, _ in found]

        return offer

    def closest(label: str) -> Sequence[str]:
        return [folded[name] for name in difflib.get_close_matches(label.casefold(), folded, FIRST, 0.6)]

    return {
        "difflib, cut-off 0.6": closest,
        "Jaro-Winkler": by(JaroWinkler.similarity),
        "rapidfuzz ratio": by(fuzz.ratio),
        "rapidfuzz WRatio": by(fuzz.WRatio),
    }


@dataclass(slots=True)
class Score:
    labels: int = 0
    right: int = 0
    in_first: int = 0
    wrong_side: int = 0
    asks: int = 0

    def count(self, case: Case, offered: Sequence[str]) -> None:
        self.labels += 1
        self.right += offered[:1] == [case.meaning]
        self.in_first += case.meaning in offered[:FIRST]
        self.wrong_side += bool(offered) and is_wrong_side(case, offered[0])
        self.asks += not offered

    @property
    def cells(self) -> tuple[str, ...]:
        share = (f"{100 * n / self.labels:.0f} %" for n in (self.right, self.in_first))
        return (*share, str(self.wrong_side), str(self.asks))


def is_wrong_side(case: Case, offered: str) -> bool:
    """Whether a name of one side is offered for a structure of the other."""
    return bool(side(case.meaning) and side(offered)) and side(case.meaning) != side(offered)


def main() -> None:
    if "--misses" in sys.argv:
        _misses()
        return
    methods = {**peers(), "ours": ours()}
    for title, some in _groups().items():
        print(f"\n{title}: {len(some)} labels\n")
        table("method", "right first", f"in first {FIRST}", "wrong side first", "offers nothing or asks")
        for name, offer in methods.items():
            score = Score()
            for case in some:
                score.count(case, offer(case.label))
            row(name, *score.cells)


def _groups() -> dict[str, list[Case]]:
    everything = cases()
    clinical = [c for c in everything if c.source not in ("reverse", "description")]
    return {
        "all": list(everything),
        "all but reverse names": [c for c in everything if c.source != "reverse"],
        "held out, but reverse names": [c for c in everything if c.held_out and c.source != "reverse"],
        "of planning systems and contouring programs": clinical,
        "of these held out": [c for c in clinical if c.held_out],
    }


def _misses() -> None:
    """What ours gets wrong in the half that may be looked at."""
    offer = ours()
    for case in cases():
        offered = offer(case.label)
        if not case.held_out and list(offered[:1]) != [case.meaning]:
            print(f"{case.source:16} {case.label!r} means {case.meaning}, offered {list(offered)}")


def _listed() -> Iterator[Case]:
    for path in sorted(LABELS.glob("*.csv")):
        with path.open(newline="") as lines:
            yield from (Case(line["label"], line["meaning"], path.stem) for line in csv.DictReader(lines))


def _described() -> Iterator[Case]:
    """Descriptions of the worksheet that are short, are of one name only, and say the side where the name has one."""
    said: dict[str, list[str]] = {}
    for name in standard():
        text = re.sub(r"\s*\([^)]*\)|\^.*", "", name.description).strip()
        if text and len(text) <= 64 and not name.is_pattern and name.category != "Target":
            said.setdefault(text.casefold(), []).append(name.name)
            said[text.casefold()].append(text)
    for found in said.values():
        name, text = found[0], found[1]
        told = {"L": "left", "R": "right"}.get(side(name))
        if len(found) == 2 and (told is None or told in text.casefold()):
            yield Case(text, name, "description")


def _reversed() -> Iterator[Case]:
    for name in standard():
        if name.reverse != name.name and not name.is_pattern:
            yield Case(name.reverse, name.name, "reverse")


if __name__ == "__main__":
    main()
