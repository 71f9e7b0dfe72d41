"""What a validator says of itself, in its ``validator.json``."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from uploader.domain.errors import BadSettings
from uploader.domain.finding import Severity
from uploader.schema import fault

FILE = "validator.json"
LONGEST = 1_000_000
"""Bytes."""
RESERVED = frozenset({"validator", "verify", "protocol", "quarantine", "session"})
"""Words that begin codes of ours."""


@dataclass(frozen=True, slots=True)
class Said:
    """What people read of one kind of finding."""

    severity: Severity
    says: str
    remedy: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """headers: keywords of the attributes it is told; None for all
    pixels: whether it gets the files
    modalities: it is told of these objects only; None for all
    parameters: JSON Schema of its params
    wishes: see `limits`
    """

    name: str
    version: str
    summary: str
    command: tuple[str, ...]
    headers: frozenset[str] | None
    pixels: bool
    modalities: frozenset[str] | None
    parameters: Mapping[str, Any]
    findings: Mapping[str, Said]
    reasons: Mapping[str, str]
    wishes: Mapping[str, Any]


def read_manifest(path: Path) -> Manifest:
    """Raises BadSettings, which says what is wrong with the file."""
    content = _parsed(path)
    for wrong in _wrong(content):
        raise BadSettings(f"{path}: {wrong}")
    return _manifest(content)


def _parsed(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            raw = file.read(LONGEST + 1)
        if len(raw) > LONGEST:
            raise BadSettings(f"{path}: is longer than {LONGEST} bytes; no validator has so much to say of itself")
        return json.loads(raw)
    except OSError as error:
        raise BadSettings(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise BadSettings(f"{path}: is not JSON") from None


@cache
def schema(name: str) -> Mapping[str, Any]:
    """One of the schemas beside this module."""
    read: Mapping[str, Any] = json.loads(Path(__file__).with_name(f"{name}.schema.json").read_text())
    return read


def _wrong(content: Any) -> Iterator[str]:
    if (bad := fault(content, schema("manifest"))) is not None:
        yield f"at /{'/'.join(map(str, bad.absolute_path))}: {bad.message}"
        return
    if content["name"] in RESERVED:
        yield f"at /name: {content['name']} begins codes of the uploader itself; choose another name"
    yield from _strange(content["name"], content["findings"])
    yield from (f"at {place}: has what cannot be printed" for place, text in _texts(content) if not text.isprintable())
    yield from _no_schema(content.get("parameters", {}))


def _strange(name: str, codes: Collection[str]) -> Iterator[str]:
    for code in codes:
        if code.split(".")[0] != name:
            yield f"at /findings/{code}: the code must begin with {name}."


def _texts(content: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every text in it, names of fields too, with its place."""
    if isinstance(content, str):
        yield place, content
    elif isinstance(content, list):
        for n, each in enumerate(content):
            yield from _texts(each, f"{place}/{n}")
    elif isinstance(content, dict):
        for n, (name, each) in enumerate(content.items()):
            yield f"{place}/{n}", name
            yield from _texts(each, f"{place}/{name if name.isprintable() else n}")


_ELSEWHERE = {"$id", "$anchor", "$dynamicRef", "$dynamicAnchor"}
"""Words by which a schema could hide where its references lead."""


def _no_schema(parameters: Mapping[str, Any]) -> Iterator[str]:
    from jsonschema import Draft202012Validator, SchemaError
    from referencing.exceptions import Unresolvable

    for place, text in _texts(parameters):
        if text in _ELSEWHERE or (place.endswith("/$ref") and not text.startswith("#")):
            yield f"at /parameters{place}: leads out of the file, from where nothing is fetched"
            return
    try:
        Draft202012Validator.check_schema(parameters)
        Draft202012Validator(parameters).is_valid({})
    except SchemaError as error:
        yield f"at /parameters: is not a JSON Schema: {error.message}"
    except RecursionError:
        yield "at /parameters: refers to itself without end"
    except Unresolvable:
        yield "at /parameters: refers to something that is not in it"


def _manifest(content: Mapping[str, Any]) -> Manifest:
    needs, modalities = content["needs"], content.get("modalities")
    return Manifest(
        name=content["name"],
        version=content["version"],
        summary=content["summary"],
        command=tuple(content["command"]),
        headers=None if needs["headers"] == "all" else frozenset(needs["headers"]),
        pixels=needs.get("pixels", False),
        modalities=None if modalities is None else frozenset(modalities),
        parameters=content.get("parameters", {"maxProperties": 0}),
        findings={code: _said(about) for code, about in content["findings"].items()},
        reasons=content.get("reasons", {}),
        wishes=content.get("limits", {}),
    )


def _said(about: Mapping[str, str]) -> Said:
    return Said(Severity[about["severity"].upper()], about["says"], about["remedy"], about.get("unit", ""))
