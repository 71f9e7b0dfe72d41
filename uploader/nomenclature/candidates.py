"""How well a label fits a name. The side is no part of it: it is decided before, and only excludes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cache

from uploader.nomenclature import letters, table
from uploader.nomenclature.grammar import parse
from uploader.nomenclature.labels import Label, TargetLabel, take_apart
from uploader.nomenclature.side import Side
from uploader.nomenclature.targets import looks_like_target
from uploader.nomenclature.words import Words, is_known, read

KINDS = frozenset({"artery", "vein", "ln", "bone", "muscle", "space", "nerve", "cartilage", "valve", "cn", "vb"})
"""What kind of structure it is. A label of one kind is not of another."""
_UNSAID = {"gland", "lobe", "joint", "cavity", "process", "structure", "sinus", "wall", "surface", "common", "neck"}
WEAK = KINDS | _UNSAID
"""Words that often go without saying."""
POSITIONS = frozenset(
    """
    superior inferior middle anterior posterior lateral medial proximal distal internal external ascending descending
    transverse central head tail base
    """.split()  # noqa: SIM905
)
_ONE_LETTER = {"s": "superior", "i": "inferior", "m": "middle", "a": "anterior", "p": "posterior"}
_OTHER_KIND, _OTHER_NUMBER = 0.4, 0.3
"""Factors on the likeness of what is of another kind, or has another number."""
_LIKE = 80.0
"""Percent from which two words may be one, misspelt."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name that could be meant.

    twins: whether there are names of the left and of the right of the same structure, in its list or in the standard
    is_both: this is the one that means both
    """

    name: str
    label: Label
    words: Words
    twins: bool = False
    is_both: bool = False
    plain: str = field(default="", compare=False)

    @property
    def side(self) -> Side:
        return self.words.side


def candidates(names: Iterable[str]) -> tuple[Candidate, ...]:
    """Of names, each told whether it has twins."""
    read_names = [(name, take_apart(name), _words(name)) for name in names]
    sided = _paired() | {words.meant for _, _, words in read_names if words.side.is_one}
    made = []
    for name, label, words in read_names:
        twins = words.meant in sided
        both = twins and (words.side is Side.BOTH or (words.plural and words.side is Side.UNKNOWN))
        side = Side.BOTH if both else words.side
        made.append(Candidate(name, label, Words(words.meant, side, words.plural), twins, both, _plain(name)))
    return tuple(made)


def likeness(label: Label, candidate: Candidate, plain: str) -> float:
    """From 0 to 1. plain: the label's own letters, without those of its side; they only part equals."""
    if (label.target is None) != (candidate.label.target is None):
        return 0.0
    if label.target and candidate.label.target:
        score = _targets(label.target, candidate.label.target)
        score *= 0.7 + 0.3 * _words_alike(_target_words(label), _target_words(candidate.label))
    else:
        score = _words_alike(_positioned(label.words.meant), candidate.words.meant) * _margins(label, candidate)
        score *= 1.0 if label.crop == candidate.label.crop else 0.5
    if not score:
        return 0.0
    spelt = letters.likeness(plain, candidate.plain) / 100
    return max(0.0, min(1.0, score - 0.02 * (1 - spelt)))


def plain(label: str) -> str:
    """The letters of a label, without case, separators and the letters of its side."""
    return _plain(label)


def _plain(label: str) -> str:
    bare = re.sub(r"(?i)(?<![a-z])(?:left|right|lt|rt|l|r)(?![a-z])", " ", label.replace("_", " "))
    return re.sub(r"[^a-z0-9]", "", bare.lower())


def _words(name: str) -> Words:
    """The words of a name of a list; a letter at its end is a position."""
    base = parse(name).base if not looks_like_target(name) else name
    found = take_apart(name).words
    last = re.search(r"_([SIMAP])(?:_[LR])?$", base)
    if last and not base.startswith(("VB_", "PTV", "CTV", "GTV")):
        without = read(base[: last.start()] + base[last.end() - (2 if base.endswith(("_L", "_R")) else 0) :])
        return Words(without.meant | {_ONE_LETTER[last[1].lower()]}, found.side, found.plural)
    return found


@cache
def _paired() -> frozenset[frozenset[str]]:
    """What the standard has a left and a right name of: there are two of it in every body."""
    read_names = (_words(name) for name in table.names())
    return frozenset(words.meant for words in read_names if words.side.is_one)


def _positioned(meant: frozenset[str]) -> frozenset[str]:
    """With single letters read as positions, where other words stand beside them."""
    if len(meant) < 2:
        return meant
    return frozenset(_ONE_LETTER.get(word, word) for word in meant)


def _margins(label: Label, candidate: Candidate) -> float:
    other = candidate.label
    if label.prv != other.prv:
        return 0.0
    if label.margin_mm == other.margin_mm:
        return 1.0
    return 0.9 if not label.margin_mm or not other.margin_mm else 0.5


def _weight(word: str) -> float:
    if word in WEAK:
        return 0.3
    if word in POSITIONS:
        return 0.7
    return 1.0 if len(word) > 1 or word.isdecimal() else 0.3


def _spare(word: str) -> float:
    """The weight of a label's word that the name has not: figures often count copies."""
    return 0.15 if word.isdecimal() else _weight(word)


def _words_alike(label: Collection[str], name: Collection[str]) -> float:
    """Twice what both share of what both say."""
    mine, theirs = set(label), set(name)
    shared = mine & theirs
    if not mine or not theirs or (not shared and all(map(is_known, mine))):
        return 0.0
    total = sum(_weight(word) if word in shared else _spare(word) for word in mine) + sum(map(_weight, theirs))
    common = 2 * sum(map(_weight, shared))
    common += sum(2 * like * min(_weight(a), _weight(b)) for a, b, like in _nearly(mine - shared, theirs - shared))
    return (common / total) * _numbered(mine, theirs) * _kinds(mine, theirs)


def _nearly(mine: set[str], theirs: set[str]) -> Iterable[tuple[str, str, float]]:
    """Pairs of words that are one, misspelt or shortened; each word once."""
    left = set(theirs)
    for word in sorted(mine, key=len, reverse=True):
        likes = [(_like(word, other), other) for other in sorted(left)]
        like, other = max(likes, default=(0.0, ""))
        if like:
            left.discard(other)
            yield word, other, like


def _like(word: str, other: str) -> float:
    if min(len(word), len(other)) < 3 or not word.isalpha() or not other.isalpha():
        return 0.0
    if is_known(word):
        return 0.0
    if other.startswith(word) or word.startswith(other):
        return 0.85
    ratio = letters.likeness(word, other)
    return ratio / 100 if ratio >= _LIKE and min(len(word), len(other)) > 3 else 0.0


def _numbered(mine: set[str], theirs: set[str]) -> float:
    """A name's number must be said; a label's may count copies."""
    wanted = {word for word in theirs if re.fullmatch(r"[clst]?\d+[abc]?", word)}
    said = {word for word in mine if re.fullmatch(r"[clst]?\d+[abc]?", word)}
    if wanted and wanted != wanted & said:
        return _OTHER_NUMBER
    return 1.0 if wanted or not said else 0.9


def _kinds(mine: set[str], theirs: set[str]) -> float:
    one, other = mine & KINDS, theirs & KINDS
    return _OTHER_KIND if one and other and one.isdisjoint(other) else 1.0


def _targets(label: TargetLabel, name: TargetLabel) -> float:
    """Another type is another target; the rest must not contradict."""
    if label.type != name.type:
        return 0.0
    score = 1.0
    for mine, theirs in (
        (label.classifier, name.classifier),
        (label.number, name.number),
        (label.dose_cgy, name.dose_cgy),
        (label.relative, name.relative),
    ):
        if mine != theirs:
            score *= 0.2 if mine and theirs else 0.75
    return score


def _target_words(label: Label) -> frozenset[str]:
    """What is left of a target's words behind its dose, number and classifier; a word of its own when nothing is."""
    said = frozenset(w for w in label.words.meant if not re.fullmatch(r"\d+|c?gy|[np]|ln|high|low|mid(?:dle)?", w))
    return said or frozenset({"target"})
