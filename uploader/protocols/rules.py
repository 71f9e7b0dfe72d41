"""What a protocol asks of a session, rule by rule.

In the schema a property, or the items of an array, that is a rule carries ``x-rule``: the name of the validator whose
it is, or ``{"kind": {"one_patient": "identity", …}}`` where that depends on a field of the item. Whatever the document
has there is a rule; nothing else is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from uploader.domain.finding import Severity
from uploader.domain.rule import Rule
from uploader.protocols.document import pointer

Node = Mapping[str, Any]
_NAMED_BY = ("id", "key", "code", "name", "roi", "target", "attr", "pattern")
"""Fields by which people know an item of a list; the first that it has counts."""
_SPOKEN_FOR = {"inputs": "{label}", "timepoints": "Time point {label}", "rois": "ROI {}"}
"""How people call an item of these lists; those of others by the title of the list's items and their name."""
_SEVERITIES = {severity.name.lower(): severity for severity in Severity}


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a document.

    pointer: RFC 6901
    names: the same, with what people call an item instead of its number
    owner: title of the block or of the item of a list in which it stands
    title: its own
    severity: the one said nearest to it, in it or around it
    """

    value: Any
    schema: Node
    pointer: str = ""
    names: tuple[str, ...] = ()
    owner: str = ""
    title: str = ""
    severity: Severity = field(default=Severity.REFUSAL)


def rules(document: Node, schema: Node) -> Iterator[Rule]:
    """The rules of a document that fits `schema`, in its order."""
    return (rule for _, rule in ruled_places(document, schema))


def ruled_places(document: Node, schema: Node) -> Iterator[tuple[Place, Rule]]:
    """The same, each with the place where it stands."""
    for place in places(document, schema):
        if "x-rule" in place.schema:
            validator = _validator(place.schema["x-rule"], place.value)
            title = ": ".join(filter(None, (place.owner, place.title)))
            yield place, Rule(place.pointer, validator, place.severity, title, _name(place))


def places(document: Node, schema: Node) -> Iterator[Place]:
    """Every place of a document that its schema describes, each before what is in it."""
    yield from _below(Place(document, schema), schema)


def resolved(node: Node, root: Node) -> Node:
    """A schema with what it refers to; what it says itself goes before."""
    if "$ref" not in node:
        return node
    return {**resolved(root["$defs"][node["$ref"].removeprefix("#/$defs/")], root), **node}


def item_name(item: Any, index: int) -> str:
    """What people call an item of a list."""
    if isinstance(item, str):
        return item
    if isinstance(item, Mapping):
        if "any_of" in item and "id" not in item:
            return "|".join(item["any_of"])
        return next((item[name] for name in _NAMED_BY if isinstance(item.get(name), str)), str(index + 1))
    return str(index + 1)


def _below(place: Place, root: Node) -> Iterator[Place]:
    yield place
    if isinstance(place.value, Mapping):
        for name, value in place.value.items():
            described = place.schema.get("properties", {}).get(name)
            if described is not None:
                yield from _below(_property(place, name, value, resolved(described, root)), root)
    elif isinstance(place.value, Sequence) and "items" in place.schema and not isinstance(place.value, str):
        schema = resolved(place.schema["items"], root)
        for index, value in enumerate(place.value):
            yield from _below(_item(place, index, value, schema), root)


def _property(outer: Place, name: str, value: Any, schema: Node) -> Place:
    return Place(
        value,
        schema,
        outer.pointer + pointer([name]),
        (*outer.names, name),
        outer.owner or (outer.title if outer.pointer else ""),
        schema.get("title", name),
        _severity(value, schema, outer.severity),
    )


def _item(outer: Place, index: int, value: Any, schema: Node) -> Place:
    name = item_name(value, index)
    title = f"{schema.get('title', '')} {name}".strip()
    owner = outer.owner
    if not owner:
        label = value.get("label", name) if isinstance(value, Mapping) else name
        owner, title = _SPOKEN_FOR.get(outer.names[-1], title).format(name, label=label), ""
    return Place(
        value,
        schema,
        f"{outer.pointer}/{index}",
        (*outer.names, name),
        owner,
        title,
        _severity(value, schema, outer.severity),
    )


def _severity(value: Any, schema: Node, around: Severity) -> Severity:
    """What the place says itself, as a value that is a severity or in its field of that name; else what is around."""
    if isinstance(value, Mapping):
        value = value.get("severity")
    elif "refusal" not in schema.get("enum", ()):
        return around
    return _SEVERITIES.get(value, around) if isinstance(value, str) else around


def _validator(said: str | Mapping[str, Mapping[str, str]], value: Any) -> str:
    if isinstance(said, str):
        return said
    ((chooser, validators),) = said.items()
    return validators[value[chooser]]


def _name(place: Place) -> str:
    if isinstance(place.value, Mapping) and "id" in place.value:
        return str(place.value["id"])
    return ".".join(place.names[1:] if place.names[:1] == ("inputs",) else place.names)
