"""Which name a label probably means, and why.

The order of decisions: target or organ, margin, what is cut out; then the side, from words alone; then the words; and
last, among names that the side leaves, the likeness of letters. Where a label says no side and the structure has two,
both are offered and marked as undecided: a person decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from uploader.nomenclature import table
from uploader.nomenclature.candidates import Candidate, candidates, likeness, plain
from uploader.nomenclature.folding import folding
from uploader.nomenclature.grammar import LENGTH
from uploader.nomenclature.labels import LONGEST, Label, TargetLabel, take_apart
from uploader.nomenclature.side import Side

LEAST = 0.6
"""Likeness below which nothing is said."""
_NO_SIDE_SAID, _SIDE_UNASKED, _NOT_BOTH = 0.9, 0.7, 0.8
"""Factors: the name has a side and the label says none; the label says one and the name has none, though its twins
have; one says both and the other does not."""
_FOLD = folding(("case", "separators"))


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A name that a label may mean.

    score: from 0 to 1; how sure, not how alike the letters are
    reason: one sentence for a person, without the label
    undecided: the side is not said, or contradicted: nobody but a person may take it
    own: it is a name of the trial's list
    """

    name: str
    score: float
    reason: str
    undecided: bool = False
    own: bool = False


class Suggester:
    """Suggests names of one trial, and of the standard behind them."""

    def __init__(
        self,
        own: Iterable[str] = (),
        synonyms: Mapping[str, Sequence[str]] | None = None,
        *,
        standard: bool = True,
        allow_prv: bool = True,
        dose_style: str = "cGy",
        least: float = LEAST,
    ) -> None:
        """
        own: the trial's names; they come first
        synonyms: of the trial: name -> labels that mean it
        standard: whether names of TG-263's table are offered behind the trial's own
        allow_prv: whether a margin's name may be made of an organ's
        dose_style: how a target's dose is written where its name is made: ``cGy`` or ``Gy``
        least: score below which nothing is offered
        """
        mine = tuple(dict.fromkeys(own))
        self._own = frozenset(mine)
        self._synonyms = {_FOLD(label): name for name, labels in (synonyms or {}).items() for label in labels}
        others = sorted(table.names() - self._own) if standard else ()
        self._tiers = (candidates(mine), candidates(others))
        self._standard, self._allow_prv, self._dose_style = standard, allow_prv, dose_style
        self._least = max(least, LEAST)

    def suggest(self, label: str, seen: Side = Side.UNKNOWN, *, limit: int = 3) -> list[Suggestion]:
        """The names it may mean, the likeliest first; none where nothing is near.

        seen: the side of the body on which its contours lie
        """
        taken = take_apart(label)
        exact = self._exact(label, taken)
        found = {s.name: s for s in reversed([*exact, *self._found(label, taken)])}
        likely = [s for s in found.values() if s.score >= self._least]
        likely.sort(key=lambda s: (not s.own, -s.score, _sided_as(s.name).contradicts(seen), s.name))
        return [_looked_at(suggestion, seen) for suggestion in likely[:limit]]

    def _exact(self, label: str, taken: Label) -> list[Suggestion]:
        folded = _FOLD(label)
        by_synonym = self._synonyms.get(folded)
        if by_synonym and not take_apart(by_synonym).words.side.contradicts(taken.words.side):
            undecided = _sided(by_synonym) and taken.words.side is Side.UNKNOWN
            return [Suggestion(by_synonym, 1.0, "the trial lists the label as another word for it", undecided, True)]
        for tier in self._tiers:
            for candidate in tier:
                if _FOLD(candidate.name) == folded:
                    own = candidate.name in self._own
                    return [Suggestion(candidate.name, 1.0, "the same but for case and separators", False, own)]
        return []

    def _found(self, label: str, taken: Label) -> Iterator[Suggestion]:
        letters = plain(label[:LONGEST])
        listed, others = (_scored(taken, tier, letters) for tier in self._tiers)
        made = self._made(taken, letters) if self._standard else []
        made = [(score, candidate) for score, candidate in made if len(candidate.name) <= LENGTH]
        for tier in (listed, [*made, *others]):
            for score, candidate in sorted(tier, key=lambda pair: (-pair[0], pair[1].name)):
                yield self._suggestion(taken, score, candidate)

    def _made(self, taken: Label, letters: str) -> list[_Scored]:
        """Names by the grammar that no table lists: a target with its dose, an organ with its margin or without a
        target."""
        if taken.target:
            made = _named_target(taken.target, self._dose_style)
            return [(0.95, c) for c in candidates([made])] if made and made not in table.names() else []
        if taken.prv and self._allow_prv:
            return [
                (score, replace(c, name=with_prv(c.name, taken.margin_mm))) for score, c in self._organs(taken, letters)
            ]
        if taken.crop and not taken.prv:
            return [(score, replace(c, name=f"{c.name}-{taken.crop}")) for score, c in self._organs(taken, letters)]
        return []

    def _organs(self, taken: Label, letters: str) -> list[_Scored]:
        """Names of the organ alone, without its margin and with what is taken out of it."""
        organ = replace(taken, prv=False, margin_mm=0, crop="")
        return [pair for tier in self._tiers for pair in _scored(organ, tier, letters)]

    def _suggestion(self, taken: Label, score: float, candidate: Candidate) -> Suggestion:
        doubt = _doubt(taken, candidate)
        reason = _reason(taken, candidate) + (f"; {doubt}" if doubt else "")
        return Suggestion(candidate.name, round(score, 2), reason, bool(doubt), candidate.name in self._own)


_Scored = tuple[float, Candidate]


def _scored(taken: Label, tier: Iterable[Candidate], letters: str) -> list[_Scored]:
    return [(score, c) for c in tier if (score := _score(taken, c, letters)) >= LEAST]


def _named_target(said: TargetLabel, style: str) -> str:
    """The name that the grammar gives it; empty where the label says no more than its type."""
    dose = said.relative or (_dose(said.dose_cgy, style) if said.dose_cgy else "")
    name = said.type + said.classifier + said.number + (f"_{dose}" if dose else "")
    return name if name != said.type else ""


def _dose(cgy: int, style: str) -> str:
    return f"{cgy / 100:g}Gy" if style == "Gy" else str(cgy)


def with_prv(name: str, margin_mm: int) -> str:
    """The name of an organ's planning risk volume: the side stays last, and the margin shrinks to fit 16 characters."""
    base, side = (name[:-2], name[-2:]) if _sided(name) else (name, "")
    written = f"{base}_PRV{margin_mm:02}{side}" if margin_mm else f"{base}_PRV{side}"
    return f"{base}_PRV{margin_mm}{side}" if margin_mm and len(written) > LENGTH else written


def _sided(name: str) -> bool:
    return _sided_as(name).is_one


def _sided_as(name: str) -> Side:
    return take_apart(name).words.side


def _score(taken: Label, candidate: Candidate, letters: str) -> float:
    factor = _side_factor(taken, candidate)
    return likeness(taken, candidate, letters) * factor if factor else 0.0


def _side_factor(taken: Label, candidate: Candidate) -> float:
    """0 for a name of the other side: no likeness can bring it back."""
    said, has = taken.words.side, candidate.side
    if said.is_one:
        if has.is_one:
            return 1.0 if has is said else 0.0
        if candidate.is_both:
            return 0.0
        return _SIDE_UNASKED if candidate.twins else 0.9
    if has.is_one:
        if said is Side.BOTH:
            return 0.0
        return _SIDE_UNASKED if taken.words.plural else _NO_SIDE_SAID
    if not candidate.twins:
        return 1.0
    both = said is Side.BOTH or taken.words.plural
    return 1.0 if both == candidate.is_both else _NOT_BOTH


def _reason(taken: Label, candidate: Candidate) -> str:
    said = taken.words.side
    if taken.target:
        same = taken.target == candidate.label.target
        about = "and says the same of its kind and dose" if same else "but label and name say different things of it"
        return f"it is a {taken.target.type}, {about}"
    words = "the words are the same" if taken.words.meant == candidate.words.meant else "the words are near"
    sided = candidate.side.is_one and said is candidate.side
    return f"{words}, and the label says {said}" if sided else words


def _doubt(taken: Label, candidate: Candidate) -> str:
    """What label and name say differently of the sides; then only a person may take it. Empty where they agree."""
    said, has = taken.words.side, candidate.side
    if has.is_one:
        return "the label does not say which side: look before you choose" if said is Side.UNKNOWN else ""
    if not candidate.twins or taken.target:
        return ""
    if said.is_one:
        return f"the label says {said}, and the name no side"
    if candidate.is_both and said is Side.UNKNOWN and not taken.words.plural:
        return "the name means both, and the label may mean one: look before you choose"
    return ""


def _looked_at(suggestion: Suggestion, seen: Side) -> Suggestion:
    """With what the contours say of the side: they confirm or contradict, and never choose."""
    side = _sided_as(suggestion.name)
    if not seen.is_one or not side.is_one:
        return suggestion
    if side.contradicts(seen):
        says = f"{suggestion.reason}; but the contours lie on the {seen} of the body"
        return replace(suggestion, reason=says, undecided=True)
    return replace(suggestion, reason=f"{suggestion.reason}; the contours lie on the {seen} of the body")
