"""Structures lie to one another as the trial says: the only defence against a right name on the wrong organ.

Rules of the protocol
    roi_relations[]   `a` and `b` by name; `rel` is
        within        no more than `tolerance_cc` of a outside of b
        contains      no more than `tolerance_cc` of b outside of a
        disjoint      no more than `tolerance_cc` in both
        overlaps      more than `tolerance_cc` in both
        larger_than   the volume of a is greater than that of b
        expansion_mm  a reaches beyond b by `range`, measured in three dimensions from everywhere on its surface; along
                      the stack to half the distance of the planes, and to 0.5 mm
        side_of_body  the centre of a lies on the side of the middle of b that the name of a says
    cross_checks[] laterality_consistent   the same of every ROI whose name says a side, against the outline of the body

Findings
    relations.outside    a part of the one lies outside of the other
    relations.overlap    two structures overlap that should not
    relations.apart      two structures do not overlap that should
    relations.smaller    the structure that should be larger is not
    relations.margin     the margin is not what the trial asks for
    relations.side       the structure lies on the other side of the body than its name says

Sides: `siding`. Several ROIs may bear a name with ``*``: each of them is held against each of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from uploader.contours.margins import margin
from uploader.contours.measures import outside_cc, overlap_cc, volume_cc
from uploader.contours.structure import Structure
from uploader.domain.finding import Finding, Ruling
from uploader.domain.private import Private
from uploader.nomenclature import Side
from uploader.nomenclature.labels import take_apart
from uploader.ports import Case
from uploader.validators.answers import Answer, right, ruled_by, unasked, unknown, wrong
from uploader.validators.conditions import excused
from uploader.validators.drawn import drawn, named
from uploader.validators.judging import cc_words, ends, not_applicable, range_words, severity_of
from uploader.validators.naming import Said
from uploader.validators.siding import outline_of_body, side_of_structure

_LOOK = "look whether both structures are what their names say, and draw or rename them"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two structures under one rule."""

    line: str
    said: Said
    a: Structure
    b: Structure

    @property
    def tolerance_cc(self) -> float:
        return float(self.said.get("tolerance_cc", 0.0))

    @property
    def first(self) -> str:
        """What the protocol calls `a`; never its name in the file."""
        return str(self.said.get("a", "the structure"))

    @property
    def second(self) -> str:
        return str(self.said.get("b", "the outline of the body"))

    def wrong(self, code: str, says: str, found: str = "", expected: str = "", remedy: str = _LOOK) -> Answer:
        """They do not lie as the rule says."""
        where = f"{self.a.entry} (3006,0026) ROI {self.a.number} and {self.b.number}"
        names = Private(f"{self.a.name} | {self.b.name}")
        return wrong(Finding(code, severity_of(self.said), where, says, remedy, names, self.line, found, expected))


def check(case: Case, params: Mapping[str, Any]) -> Iterator[Finding | Ruling]:
    """The findings and rulings of all rules above."""
    for n, said in enumerate(case.asked.get("roi_relations", ())):
        yield from _ruled(case, f"/roi_relations/{n}", said)
    for n, said in enumerate(case.asked.get("cross_checks", ())):
        if said["kind"] == "laterality_consistent":
            yield from _sides(case, f"/cross_checks/{n}", said)


def _ruled(case: Case, line: str, said: Said) -> Iterator[Finding | Ruling]:
    excuse = excused(case, line, said)
    first, second = named(case, said["a"]), named(case, said["b"])
    lacking = [name for name, found in ((said["a"], first), (said["b"], second)) if not found]
    if excuse is not None:
        yield excuse
    elif lacking:
        yield not_applicable(line, f"there is no {' and no '.join(lacking)}")
    else:
        pairs = [Pair(line, said, a, b) for a, b in product(first, second) if a.entry == b.entry and a is not b]
        yield from ruled_by(line, [_judged(pair) for pair in pairs] or [unasked("they are not of one structure set")])


def _judged(pair: Pair) -> Answer:
    if not pair.a.planes or not pair.b.planes:
        return unknown("one of the structures has no areas")
    return _RELATIONS[pair.said["rel"]](pair)


def _within(pair: Pair) -> Answer:
    return _contained(pair, outside_cc(pair.a, pair.b), pair.first, pair.second)


def _contains(pair: Pair) -> Answer:
    return _contained(pair, outside_cc(pair.b, pair.a), pair.second, pair.first)


def _contained(pair: Pair, outside: float, inner: str, outer: str) -> Answer:
    if outside <= pair.tolerance_cc + 1e-6:
        return right(cc_words(outside))
    says = f"a part of {inner} lies outside of {outer}"
    return pair.wrong(
        "relations.outside", says, f"{cc_words(outside)} outside", f"at most {cc_words(pair.tolerance_cc)}"
    )


def _disjoint(pair: Pair) -> Answer:
    both = overlap_cc(pair.a, pair.b)
    if both <= pair.tolerance_cc + 1e-6:
        return right(cc_words(both))
    says = f"{pair.first} and {pair.second} overlap, which they should not"
    return pair.wrong("relations.overlap", says, f"{cc_words(both)} in both", f"at most {cc_words(pair.tolerance_cc)}")


def _overlaps(pair: Pair) -> Answer:
    both = overlap_cc(pair.a, pair.b)
    if both > pair.tolerance_cc:
        return right(cc_words(both))
    says = f"{pair.first} and {pair.second} do not overlap, which they should"
    return pair.wrong("relations.apart", says, f"{cc_words(both)} in both", f"more than {cc_words(pair.tolerance_cc)}")


def _larger(pair: Pair) -> Answer:
    first, second = volume_cc(pair.a), volume_cc(pair.b)
    if first > second:
        return right(f"{cc_words(first)} and {cc_words(second)}")
    says = f"{pair.first} is not larger than {pair.second}, which it should be"
    return pair.wrong("relations.smaller", says, cc_words(first), f"more than {cc_words(second)}")


def _expansion(pair: Pair) -> Answer:
    measured = margin(pair.b, pair.a)
    if measured is None:
        return unknown("one of the structures has no areas")
    low, high = ends(pair.said["range"])
    found = f"{measured.least:.1f} to {measured.most:.1f} mm"
    if low - MARGIN_SLACK_MM <= measured.least_at_most and measured.most_at_least <= high + MARGIN_SLACK_MM:
        return right(found)
    says = f"the margin between {pair.first} and {pair.second} is not what the trial asks for"
    return pair.wrong("relations.margin", says, found, range_words(pair.said["range"], "mm"))


MARGIN_SLACK_MM = 0.5
"""By how much a margin may miss the range: planning systems grow structures on grids, and write corners of polygons."""


def _side(pair: Pair) -> Answer:
    side, seen = take_apart(pair.a.name).words.side, side_of_structure(pair.a, pair.b)
    if not side.is_one:
        return unasked("its name says no side")
    if seen is Side.UNKNOWN:
        return unknown("its centre lies in the middle of the body")
    if seen is side:
        return right(seen.name.lower())
    says = f"{pair.first} lies on the other side of the body than its name says"
    remedy = "rename the structure, or draw it on the side of its name; if the images are mirrored, send them as made"
    return pair.wrong("relations.side", says, f"on the {seen.name.lower()}", f"on the {side.name.lower()}", remedy)


def _sides(case: Case, line: str, said: Said) -> Iterator[Finding | Ruling]:
    every = case.once(drawn)
    sided = [s for s in every if s.planes and take_apart(s.name).words.side.is_one]
    pairs = [Pair(line, said, s, body) for s in sided if (body := outline_of_body(every, s.entry)) is not None]
    if not sided:
        yield not_applicable(line, "no name of a structure says a side")
    else:
        yield from ruled_by(line, [_side(pair) for pair in pairs] or [unknown("the outline of the body is not drawn")])


_RELATIONS: Mapping[str, Callable[[Pair], Answer]] = {
    "within": _within,
    "contains": _contains,
    "disjoint": _disjoint,
    "overlaps": _overlaps,
    "larger_than": _larger,
    "expansion_mm": _expansion,
    "side_of_body": _side,
}
