"""JSON documents held against their JSON Schema (draft 2020-12).

`jsonschema` judges. It takes longer to load than all else that a start needs, so what surely fits is let through
without it: the words of the language that our schemas use are few, and at any other it is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

Schema = Mapping[str, Any]


class _Unsure(Exception):
    """A word, or a use of one, that only `jsonschema` knows."""


def fault(document: Any, schema: Schema) -> ValidationError | None:
    """What is most wrong with the document; None when it fits."""
    try:
        if _fits(document, schema, schema):
            return None
    except _Unsure:
        pass
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    worst: ValidationError | None = best_match(Draft202012Validator(schema).iter_errors(document))
    return worst


def fits(document: Any, schema: Schema) -> bool:
    """Whether it fits. Stops at the first that is wrong, where `fault` weighs all: for what strangers send."""
    try:
        return _fits(document, schema, schema)
    except _Unsure:
        from jsonschema import Draft202012Validator

        return bool(Draft202012Validator(schema).is_valid(document))


def faults(document: Any, schema: Schema) -> list[ValidationError]:
    """All that is wrong with the document, in its order; of what is wrong in several ways, the likeliest one."""
    if fault(document, schema) is None:
        return []
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    found = [best_match([error]) for error in Draft202012Validator(schema).iter_errors(document)]
    return [error for error in found if error is not None]


def _fits(value: Any, schema: Any, root: Schema) -> bool:
    """Raises _Unsure."""
    if isinstance(schema, bool):
        return schema
    return all(_holds(word, said, value, schema, root) for word, said in schema.items() if word not in _SAY_NOTHING)


def _holds(word: str, said: Any, value: Any, schema: Schema, root: Schema) -> bool:
    """Whether one word of a schema allows the value. Raises _Unsure."""

    def fits(value: Any, schema: Any) -> bool:
        return _fits(value, schema, root)

    if word in _PLAIN:
        kinds, allows = _PLAIN[word]
        return not _is(value, kinds) or allows(value, said)
    match word:
        case "type":
            return any(_of_type(value, each) for each in ([said] if isinstance(said, str) else said))
        case "enum":
            return any(_same(value, each) for each in said)
        case "const":
            return _same(value, said)
        case "$ref":
            return fits(value, _definition(said, root))
        case "allOf":
            return all(fits(value, each) for each in said)
        case "anyOf":
            return any(fits(value, each) for each in said)
        case "oneOf":
            return sum(fits(value, each) for each in said) == 1
        case "if":
            return fits(value, schema.get("then" if fits(value, said) else "else", True))
        case "items" if "prefixItems" not in schema:
            return not isinstance(value, list) or all(fits(each, said) for each in value)
        case "properties":
            return not isinstance(value, dict) or all(fits(value[n], s) for n, s in said.items() if n in value)
        case "additionalProperties" if "patternProperties" not in schema:
            named = schema.get("properties", {})
            return not isinstance(value, dict) or all(fits(each, said) for n, each in value.items() if n not in named)
        case "propertyNames":
            return not isinstance(value, dict) or all(fits(name, said) for name in value)
    raise _Unsure


_SAY_NOTHING = frozenset(
    {"$schema", "title", "description", "default", "$defs", "then", "else", "x-rule", "x-unit", "x-says"}
)
"""Words that by themselves allow everything."""
_NUMBER = (int, float)
_PLAIN: Mapping[str, tuple[type | tuple[type, ...], Callable[[Any, Any], bool]]] = {
    "minimum": (_NUMBER, lambda value, said: value >= said),
    "maximum": (_NUMBER, lambda value, said: value <= said),
    "exclusiveMinimum": (_NUMBER, lambda value, said: value > said),
    "minLength": (str, lambda value, said: len(value) >= said),
    "maxLength": (str, lambda value, said: len(value) <= said),
    "pattern": (str, lambda value, said: re.search(said, value) is not None),
    "minItems": (list, lambda value, said: len(value) >= said),
    "uniqueItems": (list, lambda value, said: not said or _differ(value)),
    "required": (dict, lambda value, said: all(name in value for name in said)),
    "minProperties": (dict, lambda value, said: len(value) >= said),
}
"""Word -> of which values it speaks, and what it asks of them."""
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "number": _NUMBER,
}


def _is(value: Any, kinds: type | tuple[type, ...]) -> bool:
    """As isinstance, but that in JSON a truth is no number."""
    return isinstance(value, kinds) and (kinds is bool or not isinstance(value, bool))


def _of_type(value: Any, name: str) -> bool:
    if name == "integer":
        return _is(value, int) or (isinstance(value, float) and value.is_integer())
    if name not in _TYPES:
        raise _Unsure
    return _is(value, _TYPES[name])


def _same(one: Any, other: Any) -> bool:
    if not isinstance(one, (str, bool)) or not isinstance(other, (str, bool)):
        raise _Unsure
    return type(one) is type(other) and one == other


def _differ(values: Iterable[Any]) -> bool:
    """Whether no two texts, or lists of texts, are the same."""
    keys = [each if isinstance(each, str) else _texts(each) for each in values]
    return len(set(keys)) == len(keys)


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _Unsure
    return tuple(value)


def _definition(reference: str, root: Schema) -> Any:
    name = reference.removeprefix("#/$defs/")
    if name == reference or name not in root.get("$defs", {}):
        raise _Unsure
    return root["$defs"][name]
