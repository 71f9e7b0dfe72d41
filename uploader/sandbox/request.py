"""What a validator is told on its standard input: one JSON object, and no more than its manifest asks for."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from uploader.ports import Case, Header, Headers
from uploader.sandbox.manifest import Manifest


def told(manifest: Manifest, headers: Headers) -> Headers:
    """The objects that the validator is told of, each with the attributes that it asks for."""
    kinds, keywords = manifest.modalities, manifest.headers
    meant = {name: header for name, header in headers.items() if kinds is None or header.get("Modality") in kinds}
    if keywords is None:
        return meant
    return {name: {word: header[word] for word in keywords & header.keys()} for name, header in meant.items()}


def request(manifest: Manifest, case: Case, told: Headers, params: Mapping[str, Any], pixels: str | None) -> bytes:
    """The object as bytes, UTF-8, on one line. pixels: where the validator finds the files.

    Raises TypeError for a header with something that JSON has no word for.
    """
    protocol = {key: case.asked[key] for key in ("trial", "version") if key in case.asked}
    said = {
        "validator": manifest.name,
        "protocol": protocol,
        "chosen": dict(case.chosen),
        "params": params,
        "pixels": pixels,
        "headers": {name: _plain(header) for name, header in told.items()},
    }
    return json.dumps(said, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def _plain(value: Any) -> Any:
    """The same in what JSON has: arrays as lists, numbers that are none as null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return _plain_header(value)
    if hasattr(value, "tolist"):
        value = value.tolist()
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _plain_header(header: Header) -> Mapping[str, Any]:
    return {str(word): _plain(value) for word, value in header.items()}
