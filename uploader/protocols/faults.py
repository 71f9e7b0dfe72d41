"""What is wrong in a protocol, said so that whoever wrote it can put it right."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar, cast

from uploader.protocols.document import Fault, lines, pointer
from uploader.schema import faults

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

T = TypeVar("T")
Wrong = tuple[str, str]
"""JSON pointer of the place, and what is wrong there and was expected."""
_LONGEST = 160


def unfitting(content: Any, schema: Mapping[str, Any]) -> Iterator[Wrong]:
    """What of a document does not fit its schema."""
    for error in faults(content, schema):
        yield pointer(error.absolute_path), _words(error)


def as_far_as_read(wrong: Iterable[T]) -> Iterator[T]:
    """The same of a document that is refused already: a check that stumbles over what is wrong says no more.

    Never for a document that fits its schema: there, one that stumbles is a defect that must be seen.
    """
    with suppress(AssertionError, AttributeError, IndexError, KeyError, TypeError, ValueError):
        yield from wrong


def placed(raw: bytes, wrong: Iterable[Wrong]) -> Sequence[Fault]:
    """The same with the lines of the document, which `document.read` takes, in their order."""
    found = list(wrong)
    places = lines(raw.decode("utf-8-sig")) if found else {}
    return sorted(Fault(places.get(place, 1), place, says) for place, says in found)


def _words(error: ValidationError) -> str:
    said = error.schema if isinstance(error.schema, Mapping) else {}
    asked: Any = error.validator_value
    match error.validator:
        case "additionalProperties":
            return _unexpected(error, said)
        case "required":
            return f"lacks {', '.join(repr(name) for name in asked if name not in cast(Any, error.instance))}"
        case "const":
            return f"expected {json.dumps(asked)}; leave it out if it is not asked for"
        case "enum":
            return f"expected one of: {', '.join(map(str, asked))}"
        case "oneOf" if all("required" in each for each in asked):
            return "expected exactly one of: " + ", ".join(each["required"][0] for each in asked)
        case "pattern":
            return f"is not right; expected: {said.get('description') or asked}"
        case "type":
            return f"expected {asked if isinstance(asked, str) else ' or '.join(asked)}; {_about(said)}"
        case "minimum" | "exclusiveMinimum" | "maximum" | "minLength" | "maxLength" | "minItems" | "minProperties":
            return f"expected {_BOUNDS[error.validator]} {asked}; {_about(said)}"
    return f"{error.message[:_LONGEST]}; {_about(said)}"


_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "more than",
    "maximum": "at most",
    "minLength": "at least as many characters as",
    "maxLength": "at most as many characters as",
    "minItems": "at least as many items as",
    "minProperties": "at least as many fields as",
}


def _about(said: Mapping[str, Any]) -> str:
    return f"{said.get('title', 'it')}: {said.get('description', '')}".rstrip(": ")


def _unexpected(error: ValidationError, said: Mapping[str, Any]) -> str:
    known = list(said.get("properties", {}))
    unknown = [str(name) for name in cast(Any, error.instance) if name not in known]
    near = [match for name in unknown for match in get_close_matches(name, known, n=1)]
    meant = f"; is {near[0]!r} meant?" if near else f"; known here are: {', '.join(known)}"
    return f"nothing is known of {', '.join(map(repr, unknown))}" + meant
