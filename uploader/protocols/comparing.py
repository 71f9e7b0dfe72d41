"""What changed from one version of a protocol to the next, in sentences, and whether it asks for more or for less."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from uploader.domain.ranges import ends
from uploader.domain.rule import Rule
from uploader.domain.trial import Protocol
from uploader.protocols.rules import Place, ruled_places
from uploader.protocols.sentences import sentence

Said = Mapping[str, Any]
_NEEDS = {"optional": 0, "conditional": 1, "required": 2}


class Way(StrEnum):
    """How a change goes."""

    STRICTER = "stricter"
    LOOSER = "looser"
    OTHER = "other"
    """Both, or neither: a person must judge."""


@dataclass(frozen=True, slots=True)
class Change:
    way: Way
    says: str


@dataclass(frozen=True, slots=True)
class _Asked:
    place: Place
    rule: Rule
    says: str


def changes(old: Protocol, new: Protocol, schema: Said) -> Iterator[Change]:
    """Rules that came, went or changed, in the order of the new version, and then everything that is no rule."""
    before, after = _asked(old, schema), _asked(new, schema)
    for name, asked in after.items():
        if name not in before:
            yield Change(_coming(asked), f"{asked.rule.title}: new: {asked.says} [{_severity(asked)}]")
        elif (change := _changed(before[name], asked)) is not None:
            yield change
    for name, asked in before.items():
        if name not in after:
            way = Way.STRICTER if _coming(asked) is Way.LOOSER else Way.LOOSER
            yield Change(way, f"{asked.rule.title}: no longer: {asked.says}")
    yield from _beside(old.content, new.content, {place.pointer.split("/")[1] for place in _places(old, new, schema)})


def _asked(protocol: Protocol, schema: Said) -> dict[str, _Asked]:
    """By the name of the rule, which stays when rules before it come or go."""
    content = protocol.content
    return {rule.name: _Asked(place, rule, sentence(place, content)) for place, rule in ruled_places(content, schema)}


def _places(old: Protocol, new: Protocol, schema: Said) -> Iterator[Place]:
    for protocol in (old, new):
        yield from (place for place, _ in ruled_places(protocol.content, schema))


def _coming(asked: _Asked) -> Way:
    """A new rule asks for more; an ROI that is permitted from now on, for less."""
    value = asked.place.value
    return Way.LOOSER if isinstance(value, Mapping) and value.get("need") == "optional" else Way.STRICTER


def _changed(old: _Asked, new: _Asked) -> Change | None:
    ways, said = set(), []
    if _bare(old.place) != _bare(new.place):
        ways.add(_way(old.place, new.place))
        said.append(new.says if old.says == new.says else f"{new.says} Before: {old.says}")
    if old.rule.severity != new.rule.severity:
        ways.add(Way.STRICTER if new.rule.severity > old.rule.severity else Way.LOOSER)
        said.append(f"It is a {_severity(new)} now and was a {_severity(old)}.")
    if not ways:
        return None
    return Change(ways.pop() if len(ways) == 1 else Way.OTHER, f"{new.rule.title}: {' '.join(said)}")


def _bare(place: Place) -> Any:
    """The value without what is compared by itself: what it says of its severity, and the rules within it."""
    if "refusal" in place.schema.get("enum", ()):
        return None
    if isinstance(place.value, Mapping):
        own = {name for name, described in place.schema.get("properties", {}).items() if "x-rule" in described}
        return {name: value for name, value in place.value.items() if name != "severity" and name not in own}
    return place.value


def _way(old: Place, new: Place) -> Way:
    """Whether what the new value lets through is less or more."""
    says = str(new.schema.get("x-says", new.schema.get("title", "")))
    match _bare(old), _bare(new):
        case {"need": str(before)}, {"need": str(now)} if before != now and {before, now} <= _NEEDS.keys():
            return Way.STRICTER if _NEEDS[now] > _NEEDS[before] else Way.LOOSER
        case dict(before), dict(now):
            return _narrowed(before, now)
        case list(before), list(now):
            return _listed(set(map(str, before)), set(map(str, now)), all_of="all of" in says)
        case (int() | float()) as before, (int() | float()) as now if "at least" in says:
            return Way.STRICTER if now > before else Way.LOOSER
        case (int() | float()) as before, (int() | float()) as now if "at most" in says or "within" in says:
            return Way.STRICTER if now < before else Way.LOOSER
    return Way.OTHER


def _narrowed(old: Said, new: Said) -> Way:
    """Of a range itself, or of the one field that differs."""
    if old.keys() | new.keys() <= {"min", "max", "eq", "tol", "tol_pct"}:
        (low, high), (lower, higher) = ends(old), ends(new)
        return _direction(lower >= low and higher <= high, lower <= low and higher >= high)
    differ = [name for name in old.keys() | new.keys() if old.get(name) != new.get(name)]
    match [(name, old.get(name), new.get(name)) for name in differ]:
        case [(("range" | "total_gy" | "fraction_gy"), dict(before), dict(now))]:
            return _narrowed(before, now)
        case [("tolerance_cc" | "tol" | "tol_pct" | "max", before, now)] if before is not None and now is not None:
            return Way.STRICTER if now < before else Way.LOOSER
        case [("superior_mm" | "inferior_mm" | "lateral_mm" | "min", before, now)]:
            return Way.STRICTER if (now or 0) > (before or 0) else Way.LOOSER
    return Way.OTHER


def _listed(old: set[str], new: set[str], *, all_of: bool) -> Way:
    """Fewer permitted values, or more that must be there."""
    return _direction(new >= old, new <= old) if all_of else _direction(new <= old, new >= old)


def _direction(narrower: bool, wider: bool) -> Way:
    if narrower != wider:
        return Way.STRICTER if narrower else Way.LOOSER
    return Way.OTHER


def _severity(asked: _Asked) -> str:
    return asked.rule.severity.name.lower()


def _beside(old: Said, new: Said, ruled: set[str]) -> Iterator[Change]:
    """Blocks without rules, and fields of the head."""
    for name in [*new, *(name for name in old if name not in new)]:
        if name in ruled or name in ("version", "schema_version") or old.get(name) == new.get(name):
            continue
        if isinstance(new.get(name, ""), str) and isinstance(old.get(name, ""), str):
            says = f"{name} is {new.get(name, 'not said')!r}, and was {old.get(name, 'not said')!r}."
        else:
            says = f"{name} has changed."
        yield Change(Way.OTHER, says)
