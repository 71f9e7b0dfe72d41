"""The search for a patient in whatever was written, said or kept: every planted value in every spelling."""

from __future__ import annotations

import gzip
import html
import io
import json
import zipfile
import zlib
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import pydicom
from pydicom.errors import InvalidDicomError

from uploader.phantom import PhantomIdentity

Blobs = Mapping[str, bytes]
"""Where it was -> what it holds."""


def planted(identity: PhantomIdentity) -> set[str]:
    """All that may not be found; dates also as people and databases write them."""
    dates = {v for v in identity.values if len(v) == 8 and v.isdigit()}
    written = {datetime.strptime(d, "%Y%m%d").strftime(f) for d in dates for f in ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y")}
    return {*identity.values, *identity.uids, *written}


def spellings(value: str) -> set[bytes]:
    """The value as encodings, escapes and base64 would hide it, all folded to lower case."""
    texts = {value, value.casefold(), quote(value), html.escape(value), json.dumps(value)[1:-1]}
    plain = {t.encode(e) for t in texts for e in ("utf-8", "latin-1", "utf-16-le", "utf-16-be", "utf-32-le")}
    return {p.lower() for p in plain} | {_hex for t in texts if (_hex := t.encode().hex().encode())}


def in_base64(value: str) -> set[bytes]:
    """The part of the value's base64 that is the same whatever stands before and after it, for each alignment."""
    data = value.encode()
    return {b64encode(bytes(shift) + data)[-(-shift * 8 // 6) : (shift + len(data)) * 8 // 6] for shift in range(3)}


def found(blobs: Blobs, identity: PhantomIdentity) -> set[tuple[str, str]]:
    """(where, value) of everything that betrays the patient."""
    sightings = set()
    needles = {value: (spellings(value), in_base64(value)) for value in planted(identity)}
    for where, blob in blobs.items():
        folded = blob.lower()
        for value, (folded_forms, exact_forms) in needles.items():
            if any(f in folded for f in folded_forms) or any(f in blob for f in exact_forms):
                sightings.add((where, value))
    return sightings


def blobs_below(folder: Path, but_for: frozenset[str] = frozenset()) -> dict[str, bytes]:
    """Every file below `folder` outside the sub-folders `but_for`: its bytes, and what they decode or inflate to."""
    blobs = {}
    for path in sorted(folder.rglob("*")):
        where = path.relative_to(folder)
        if path.is_file() and not any(where.is_relative_to(allowed) for allowed in but_for):
            data = path.read_bytes()
            blobs[str(where)] = b"\0".join([data, *_opened(data)])
    return blobs


def _opened(data: bytes) -> Iterator[bytes]:
    """What the bytes hold once unpacked: a zip's members, a stream, a DICOM file's texts in their character set."""
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as members:
            for name in members.namelist():
                yield members.read(name)
                yield from _opened(members.read(name))
    elif data[:2] == b"\x1f\x8b":
        yield gzip.decompress(data)
    elif data[:1] == b"\x78":
        try:
            yield zlib.decompress(data)
        except zlib.error:
            return
    elif data[128:132] == b"DICM":
        try:
            yield str(pydicom.dcmread(io.BytesIO(data))).encode()
        except InvalidDicomError:
            return


def names_below(folder: Path) -> bytes:
    """The names of all files and folders."""
    return "\n".join(str(p.relative_to(folder)) for p in folder.rglob("*")).encode()
