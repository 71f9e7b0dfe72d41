"""What an example may say: its JSON Schema, and what a header in it may hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from uploader.domain.choice import KINDS
from uploader.domain.finding import Outcome, Severity
from uploader.protocols.document import pointer
from uploader.protocols.faults import Wrong

_TEXT: Final = {"type": "string"}
_HEADER: Final = {"type": "object", "title": "Header", "description": "keywords and values"}
_CHANGE: Final = {
    "type": "object",
    "title": "Change",
    "additionalProperties": False,
    "properties": {
        "entry": {**_TEXT, "title": "Entry", "description": "the file that changes"},
        "modality": {**_TEXT, "title": "Modality", "description": "of the files that change"},
        "at": {
            **_TEXT,
            "title": "At",
            "pattern": "^(/[^/]+)+$",
            "description": "a place such as /ROIName or /ImageType/2",
        },
        "value": {"type": ["string", "number", "array"], "title": "Value", "description": "what is there instead"},
    },
}
_EXPECTED: Final = {
    "type": "object",
    "title": "Expected",
    "additionalProperties": False,
    "properties": {
        "worst": {"enum": ["nothing", *(severity.name.lower() for severity in Severity)]},
        "not_passed": {
            "title": "Not passed",
            "type": "object",
            "additionalProperties": {"enum": [outcome.value for outcome in Outcome]},
        },
        "findings": {"title": "Findings", "type": "array", "items": _TEXT},
    },
}
_SCAN: Final = {
    "type": "object",
    "title": "Scan",
    "additionalProperties": False,
    "required": ["instances"],
    "properties": {"common": _HEADER, "instances": {"type": "object", "additionalProperties": _HEADER}},
}
_PIXELS: Final = {
    "type": "object",
    "title": "Pixels",
    "additionalProperties": False,
    "required": ["shape", "type", "zlib"],
    "properties": {"shape": {"type": "array"}, "type": _TEXT, "zlib": _TEXT},
}
FORM: Final[Mapping[str, Any]] = {
    "type": "object",
    "title": "Example",
    "additionalProperties": False,
    "required": ["says"],
    "oneOf": [{"required": ["scans"]}, {"required": ["based_on"]}],
    "properties": {
        "says": {**_TEXT, "title": "Says", "description": "one sentence about it"},
        "protocol": {
            "type": "string",
            "pattern": "^v[1-9][0-9]*$",
            "description": "a version of the trial, such as v1",
        },
        "based_on": {**_TEXT, "title": "Based on", "description": "another example of the trial"},
        "changes": {"type": "array", "items": _CHANGE, "title": "Changes"},
        "chosen": {"type": "object", "additionalProperties": False, "properties": dict.fromkeys(KINDS, _TEXT)},
        "earlier": {"title": "Earlier sessions", "type": "array", "items": _HEADER},
        "visits": {"title": "Visits", "type": "array", "items": _TEXT},
        "scans": {"type": "array", "items": _SCAN, "title": "Scans"},
        "pixels": {"title": "Pixels", "type": "object", "additionalProperties": _PIXELS},
        "expected": _EXPECTED,
    },
}


def unheaderly(said: Mapping[str, Any]) -> Iterator[Wrong]:
    """What can stand in no header: of the headers and the values of the changes of a document that fits the form."""
    for index, scan in enumerate(said.get("scans", ())):
        yield from _odd(scan.get("common", {}), f"/scans/{index}/common")
        for entry, header in scan["instances"].items():
            yield from _odd(header, f"/scans/{index}/instances{pointer([entry])}")
    for index, change in enumerate(said.get("changes", ())):
        yield from _odd({name: value for name, value in change.items() if name == "value"}, f"/changes/{index}")


def _odd(header: Mapping[str, Any], where: str) -> Iterator[Wrong]:
    for keyword, value in header.items():
        place = where + pointer([keyword])
        several = value if isinstance(value, list) else [value]
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            for index, item in enumerate(value):
                yield from _odd(item, f"{place}/{index}")
        elif not all(isinstance(each, (str, int, float)) for each in several):
            yield place, "expected a text, a number, a list of these, or a list of items"
