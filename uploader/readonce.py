"""Headers of a session's files, read once: kept beside the files, as long as these are kept.

They are as identifiable as the files, so they lie in the same folder, for our eyes only, and go with it. The first line
says of which bytes they are and which program read them; what does not fit is read anew.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from sys import intern
from typing import Any, BinaryIO

import numpy as np

from uploader import __version__
from uploader.cases import headers_below
from uploader.domain.manifest import Manifest
from uploader.ports import Header, Headers

_NUMBERS = "float64"
"""Name under which an array is kept; no keyword of DICOM."""

_LARGE = "ROIContourSequence"


def headers_once(folder: Path, manifest: Manifest, kept: Path) -> Headers:
    """The headers of all files of `manifest`, which lie below `folder`, from the file `kept` or for it.

    Raises UnreadableFile, which names the entry.
    """
    head = {"digest": manifest.digest, "uploader": __version__}
    known = _read(kept, head)
    if known is None:
        known = headers_below(folder, [entry.name for entry in manifest])
        _write(kept, head, known)
    return known


def _read(kept: Path, head: dict[str, str]) -> Headers | None:
    """None where there are none, or of other bytes, or broken off."""
    try:
        with kept.open("rb") as stream:
            return dict(_entries(stream)) if json.loads(stream.readline()) == head else None
    except (OSError, ValueError):
        return None


def _entries(stream: BinaryIO) -> Iterator[tuple[str, Header]]:
    """Raises ValueError for a file that does not end as it should."""
    for line in stream:
        said = json.loads(line, object_pairs_hook=_item)
        if said == []:
            return
        yield said[0], said[1]
    raise ValueError("the end is missing")


def _item(pairs: list[tuple[str, Any]]) -> Any:
    """An object; equal texts, of which a series has thousands, are held once."""
    if pairs and pairs[0][0] == _NUMBERS:
        return np.frombuffer(base64.b64decode(pairs[0][1]), np.float64)
    return {intern(key): intern(value) if isinstance(value, str) else value for key, value in pairs}


def _write(kept: Path, head: dict[str, str], headers: Headers) -> None:
    """For our eyes only, and in one piece or not at all."""
    fresh = kept.with_name(kept.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
        out.write(json.dumps(head) + "\n")
        for entry, header in headers.items():
            out.writelines(_texts(entry, header))
        out.write("[]\n")
    fresh.replace(kept)


def _texts(entry: str, header: Header) -> Iterator[str]:
    """The line of an entry in pieces: of a structure set ROI by ROI, so that the text of all is never held at once."""
    large, keys = header.get(_LARGE), list(header)
    if not isinstance(large, list):
        yield json.dumps([entry, header], default=_array) + "\n"
        return
    at = keys.index(_LARGE)
    before, after = ({key: header[key] for key in part} for part in (keys[:at], keys[at + 1 :]))
    yield json.dumps([entry, before | {_LARGE: []}], default=_array)[: -len("]}]")]
    for n, item in enumerate(large):
        yield (", " if n else "") + json.dumps(item, default=_array)
    yield "]" + (", " + json.dumps(after, default=_array)[1:] if after else "}") + "]\n"


def _array(value: Any) -> dict[str, str]:
    """Raises TypeError for what is no array of numbers."""
    if not isinstance(value, np.ndarray):
        raise TypeError(type(value).__name__)
    return {_NUMBERS: base64.b64encode(value.astype(np.float64).tobytes()).decode()}
