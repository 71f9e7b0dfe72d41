"""What goes into a copy. The order matters, for the gateway goes on working meanwhile.

The audit's anchor comes first: the chain must reach as far as it says. Then the records: whatever they speak of was
durable before, and is copied after. Then the links, which are made before a record speaks of them; the spool; and the
archives last, for what leaves the spool is in an archive.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from uploader.config import FILE
from uploader.domain.errors import BadBackup
from uploader.home import ARCHIVES, Home


class Kind(StrEnum):
    """How a part is copied."""

    DATABASE = "database"
    """A SQLite file that others write to: copied as it was at one moment."""
    TREE = "tree"
    """A file, or a folder with all in it."""


@dataclass(frozen=True, slots=True)
class Part:
    """`path` below the home; what is not there is not copied."""

    path: str
    kind: Kind


RECORDS = "records/records.sqlite"
"""Where a home has its records, and every copy."""

SECRETS = (Part("secrets", Kind.TREE),)
"""Goes to another place than the rest."""


def parts(home: Home) -> Iterator[Part]:
    """Everything but the secrets, in order. Left out: `work/` (made anew), `inbox/` (not ours yet), logs."""
    yield Part(home.anchor.relative_to(home.root).as_posix(), Kind.TREE)
    yield Part(RECORDS, Kind.DATABASE)
    yield Part(home.links.relative_to(home.root).as_posix(), Kind.DATABASE)
    for name in (FILE, "trial_protocols", "dicomedit_scripts", "privacy_policies", "blanking_rules"):
        yield Part(name, Kind.TREE)
    yield Part("spool", Kind.TREE)
    yield Part("quarantine", Kind.TREE)
    for name in ARCHIVES:
        yield Part(f"archives/{name}/archive.db", Kind.DATABASE)
        yield Part(f"archives/{name}/archive", Kind.TREE)
        yield Part(f"archives/{name}/prearchive", Kind.TREE)


def files(root: Path, part: Part) -> Iterator[Path]:
    """Every regular file of the part, in order of name. Only the part itself may be a link to a folder elsewhere.

    Raises BadBackup for any other link: a copy would lack what it leads to.
    """
    start = root / part.path
    if start.is_file():
        yield _itself(start)
    elif start.is_dir():
        for folder, names, found in os.walk(start):
            names.sort()
            for name in names:
                _itself(Path(folder) / name)
            paths = (_itself(Path(folder) / name) for name in sorted(found))
            yield from (path for path in paths if path.is_file())


def _itself(path: Path) -> Path:
    if path.is_symlink():
        raise BadBackup(f"{path} is a link, and a copy would lack what it leads to; put that itself in its place")
    return path
