"""SHA256SUMS: one line a file, as coreutils write and check it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from uploader.domain.errors import BadBackup
from uploader.domain.manifest import CHUNK

NAME = "SHA256SUMS"


def digest(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    sha256 = hashlib.sha256()
    with path.open("rb") as data:
        while chunk := data.read(CHUNK):
            sha256.update(chunk)
    return sha256.hexdigest()


def read(copy: Path) -> dict[str, str]:
    """Path below the copy -> SHA-256. Raises BadBackup for a copy that is not whole."""
    try:
        lines = (copy / NAME).read_text().splitlines()
    except OSError:
        raise BadBackup(f"{copy} has no {NAME}: it was not finished, or is no copy of a home") from None
    pairs = (line.split("  ", 1) for line in lines)
    try:
        return {path: sha256 for sha256, path in pairs}
    except ValueError:
        raise BadBackup(f"{copy / NAME} is damaged") from None


def write(copy: Path, sums: Mapping[str, str]) -> str:
    """The text of the file, sorted by path."""
    text = "".join(f"{sha256}  {path}\n" for path, sha256 in sorted(sums.items()))
    (copy / NAME).write_text(text)
    return text


def wrong(copy: Path) -> Iterator[str]:
    """Files that are not there, or not as they were copied."""
    for path, sha256 in read(copy).items():
        file = copy / path
        if not file.is_file() or digest(file) != sha256:
            yield path
