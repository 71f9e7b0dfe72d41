"""Which of our names stands for which file of IN: for the people of the site, and identifiable."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from uploader.domain.errors import Refused
from uploader.engine.find import Found
from uploader.engine.plan import Job


def write_names(path: Path, source: Path, found: Found, jobs: Sequence[Job]) -> None:
    """Write them as a JSON object, readable by the owner only. Raises Refused when `path` exists already."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Refused(f"the file of names cannot be made: {error.strerror}") from None
    with os.fdopen(descriptor, "w") as out:
        json.dump(dict(_names(source, found, jobs)), out, indent=1)


def _names(source: Path, found: Found, jobs: Sequence[Job]) -> Iterator[tuple[str, str]]:
    for job in jobs:
        for name in job.names:
            yield f"{job.pseudonym.subject}/{job.label}/{name}", str(job.original(name))
    paths = found.paths.reveal()
    for aside in found.aside:
        yield f"file {aside.number}", str(source.joinpath(*paths[aside.number - 1]))
